"""Figures over lists agree with a model in plain Python, and are refused where they mean nothing."""

import json
import os
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services import kinds
from services.records.statement import aggregates
from tests.fixtures.records import Records
from tests.fixtures.schema import refused
from tests.fixtures.tenants import Tenant
from tests.records.test_filters import FILTERS, ROWS, SORTS, comparable, holds, sorted_by

EXAMPLES = int(os.environ.get("ROWHOUSE_EXAMPLES", "300"))
FIGURES = st.one_of(
    st.tuples(st.sampled_from(("n", "i")), st.sampled_from(("sum", "avg", "median", "min", "max", "count"))),
    st.tuples(st.sampled_from(("t", "d")), st.sampled_from(("min", "max", "count_distinct", "count_null"))),
    st.tuples(st.just("t"), st.just("count_empty")),
)
WINDOWS = st.none() | st.tuples(st.integers(0, 160) | st.none(), st.integers(1, 160) | st.none())


@pytest_asyncio.fixture
async def things(records: Records, tenant: Tenant) -> Records:
    await tenant.run("CREATE TABLE things (id int PRIMARY KEY, t text, n numeric, i int, d date, b boolean)")
    await records.of("things").create(*ROWS)
    return records.of("things")


def figure(rows: list[dict[str, Any]], name: str, function: str) -> Any:
    """A figure by the rules of arithmetic; numbers exactly, as Decimal."""
    cells = [row[name] for row in rows if row[name] is not None]
    match function:
        case "count":
            return len(cells)
        case "count_null":
            return len(rows) - len(cells)
        case "count_empty":
            return len([row for row in rows if row[name] in (None, "")])
        case "count_distinct":
            return len({comparable(name, cell) for cell in cells})
        case "min" | "max":
            chosen = (min if function == "min" else max)(cells, key=lambda cell: comparable(name, cell), default=None)
            return Decimal(chosen) if chosen is not None and name in ("n", "i") else chosen
    numbers = [Decimal(str(cell)) for cell in cells]
    if not numbers:
        return None
    if function == "median":
        ordered = sorted(cells, key=lambda cell: comparable(name, cell))
        middle = [Decimal(str(ordered[at])) for at in ((len(ordered) - 1) // 2, len(ordered) // 2)]
        return sum(middle) / 2
    return sum(numbers) if function == "sum" else sum(numbers) / len(numbers)


def same(found: Any, expected: Any, function: str) -> bool:
    if not isinstance(expected, Decimal):
        return bool(found == expected)
    if found is None:
        return False
    number = Decimal(found)
    if function == "avg" and not expected.is_nan():  # a division ends somewhere
        return abs(number - expected) <= abs(expected) * Decimal("1e-15")
    return number.is_nan() if expected.is_nan() else number == expected


@pytest.mark.soak
@given(
    figures=st.lists(FIGURES, min_size=1, max_size=4),
    filter_=st.none() | FILTERS,
    sort=SORTS,
    window=WINDOWS,
)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None, print_blob=True)
async def test_figures_agree_with_the_model(
    things: Records, figures: list[tuple[str, str]], filter_: Any, sort: list[tuple[str, str]], window: Any
) -> None:
    rows = sorted_by([row for row in ROWS if filter_ is None or holds(filter_, row)], sort)
    query: dict[str, Any] = {"filter": filter_ or "", "sort": ",".join(name + how for name, how in sort)}
    if window is not None:
        offset, limit = window
        query |= {name: number for name, number in (("offset", offset), ("limit", limit)) if number is not None}
        rows = rows[offset or 0 :][:limit]
    answer = await things.figures(*figures, numbers="string", **query)
    assert answer["rows"] == len(rows)
    for (name, function), found in zip(figures, answer["aggregates"], strict=True):
        assert (found["column"], found["function"]) == (name, function)
        assert same(found["value"], figure(rows, name, function), function), (found, figure(rows, name, function))


async def test_figures_have_all_their_digits(records: Records, tenant: Tenant) -> None:
    await tenant.run("""
        CREATE TABLE people (id bigint PRIMARY KEY, n numeric, m money, f float8, v interval, b boolean);
        INSERT INTO people VALUES (9007199254740993, 1e-40, 0.1, 0.1, '1 mon', true), (9007199254740995, 1e20, 0.2, 0.2, '3 days', true),
            (1, NULL, NULL, NULL, NULL, false), (2, NULL, NULL, NULL, NULL, NULL);
    """)
    asked = [
        ("id", "sum"),
        ("id", "median"),
        ("n", "sum"),
        ("n", "median"),
        ("m", "sum"),
        ("f", "sum"),
        ("v", "sum"),
        ("v", "max"),
    ]
    asked += [("b", "percent_true")]
    texts = [one["value"] for one in (await records.figures(*asked, numbers="string"))["aggregates"]]
    digits = f"100000000000000000000.{'0' * 39}1"
    assert texts[:3] == ["18014398509481991", "4503599627370497.5", digits]
    assert texts[3] == f"50000000000000000000.{'0' * 40}5"
    assert texts[4:8] == ["0.30", 0.30000000000000004, "1 mon 3 days", "1 mon"]
    assert round(texts[8], 6) == round(200 / 3, 6)
    plain = [one["value"] for one in (await records.figures(*asked))["aggregates"]]
    assert plain[0] == 18014398509481991
    assert plain[4] == 0.3


TYPES = {
    "array": ["integer[]", "text[]", "json[]"], "other": ["inet", "point", "int4range", "bytea", "tsvector"],
    "choice": ["mood", "text"], "datetime": ["timestamptz", "timestamp"], "time": ["time", "timetz"], "json": ["json", "jsonb"],
    "text": ["text", "varchar(9)", "bpchar(9)", "name"], "number": ["smallint", "bigint", "numeric(9,2)", "real", "double precision"],
    "money": ["money", "numeric", "double precision"],
}  # fmt: skip


async def test_every_figure_of_every_kind_can_be_worked_out(
    records: Records, tenant: Tenant, subtests: pytest.Subtests
) -> None:
    await tenant.run("CREATE TYPE mood AS ENUM ('sad', 'ok')")
    for kind in kinds.KINDS.values():
        assert set(kind.aggregates) <= set(aggregates.FUNCTIONS), kind.name
        for type_ in TYPES.get(kind.name, [kind.default_type or "text"]):
            await tenant.run(
                f"DROP TABLE IF EXISTS people; CREATE TABLE people (id int PRIMARY KEY, c {type_}); INSERT INTO people VALUES (1, NULL)"
            )
            await tenant.run("SELECT rowhouse.reconcile()")
            async with tenant.binding.connected("ddl_a") as connection:
                await connection.execute(
                    "SELECT rowhouse.set_display(a.id, kind => $1) FROM rowhouse.attribute a WHERE name = 'c'",
                    kind.name,
                )
            for function in kind.aggregates:
                with subtests.test(kind=kind.name, type=type_, function=function):
                    if function in ("min", "max") and type_ in ("point", "json", "json[]"):
                        with refused("AGGREGATE_INVALID", "no order"):
                            await records.figures(("c", function))
                    else:
                        (found,) = (await records.figures(("c", function)))["aggregates"]
                        assert found["value"] in (None, 0, 1)


async def test_a_figure_that_means_nothing_is_refused(things: Records, subtests: pytest.Subtests) -> None:
    with refused("AGGREGATE_INVALID", "'t'", "did you mean 'min'"):
        await things.figures(("t", "minn"))
    with refused("AGGREGATE_INVALID", "'t'", "It has count"):
        await things.figures(("t", "sum"))
    with refused("COLUMN_UNKNOWN", "'tt'"):
        await things.figures(("tt", "count"))
    wrong: list[Any] = [
        [],
        {},
        "x",
        [{"column": "t"}],
        [{"column": "t", "function": "count", "more": 1}],
        [{"column": 1, "function": "count"}],
    ]
    for body in wrong:
        with subtests.test(body=body), refused("AGGREGATE_INVALID", "function"):
            await things.figures(body=json.dumps(body))
    for text in ("", "[", "[NaN]"):
        with subtests.test(body=text), refused("MALFORMED"):
            await things.figures(body=text)


async def test_figures_have_bounds(things: Records) -> None:
    assert len((await things.figures(*[("t", "count")] * 200))["aggregates"]) == 200
    with refused("AGGREGATE_INVALID", "200"):
        await things.figures(*[("t", "count")] * 201)
    for limit in (0, -1, 2**53 + 1):
        with refused("AGGREGATE_INVALID", "'limit'"):
            await things.figures(("t", "count"), limit=limit)
    with refused("START_INVALID", "'offset'"):
        await things.figures(("t", "count"), offset=-1)
