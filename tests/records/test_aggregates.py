"""Figures over lists agree with a model in plain Python, and are refused where they mean nothing."""

from tests.fixtures.records import Records
from tests.fixtures.schema import refused
from tests.fixtures.tenants import Tenant

PEOPLE = """
    CREATE TABLE people (id int PRIMARY KEY, name text, n numeric);
    INSERT INTO people VALUES (1, 'Zoe', 1.5), (2, 'ada', 2.5), (3, NULL, NULL);
"""


def figure(column: str, function: str, value: object) -> dict[str, object]:
    return {"column": column, "function": function, "value": value}


async def test_figures_are_over_all_records_that_match(records: Records, tenant: Tenant) -> None:
    await tenant.run(PEOPLE)
    assert await records.figures(("name", "min"), ("name", "max"), ("n", "sum"), ("n", "median")) == {
        "aggregates": [
            figure("name", "min", "ada"),
            figure("name", "max", "Zoe"),
            figure("n", "sum", 4.0),
            figure("n", "median", 2),
        ],
        "rows": 3,
    }
    some = await records.figures(("n", "sum"), filter={"column": "id", "op": "gt", "value": 1}, numbers="string")
    assert some == {"aggregates": [figure("n", "sum", "2.5")], "rows": 2}


async def test_figures_over_a_window_of_the_list(records: Records, tenant: Tenant) -> None:
    await tenant.run(PEOPLE)
    window = await records.figures(("id", "sum"), sort="id:desc", offset=1, limit=1)
    assert window == {"aggregates": [figure("id", "sum", 2)], "rows": 1}


async def test_a_figure_that_means_nothing_is_refused(records: Records, tenant: Tenant) -> None:
    await tenant.run(PEOPLE)
    with refused("AGGREGATE_INVALID", "'name'", "did you mean 'min'"):
        await records.figures(("name", "minn"))
