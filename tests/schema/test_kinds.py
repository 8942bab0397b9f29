"""Kinds on a real database: what a kind asks of values is a constraint that psql meets too, and every change of it can be taken back."""

from typing import Any

import asyncpg
import pytest

from tests.fixtures.schema import Schema, refused
from tests.fixtures.tenants import Tenant

PEOPLE = {"schema": "public", "table": "people"}
STATES = {"options": ["open", {"value": "won't do", "color": "#cc0000"}]}
ADD: dict[str, Any] = {"do": "add_column", **PEOPLE}
RULES: list[tuple[str, dict[str, Any], list[Any], list[Any]]] = [
    ("email", {}, ["ada@example.com", "ö.k+a@bücher.example", None], ["ada", "ada@localhost", "a b@example.com", "", "a@b.co\n"]),
    ("url", {}, ["https://example.com/a?b#c", "mailto:a@b.c"], ["javascript:alert(1)", "example.com", "https://a b.com", ""]),
    ("phone", {}, ["+47 22 12 34 56", "112"], ["call me", "12", "+", ""]),
    ("choice", STATES, ["open", "won't do"], ["Open", "", "wont do"]),
    ("choices", STATES, [[], ["open"], ["won't do", "open"]], [["shut"], ["open", None], [["open"], ["open"]]]),
    ("rating", {"max": 3}, [1, 3, None], [0, 4, -1]),
]  # fmt: skip


@pytest.fixture
async def people(schema: Schema, tenant: Tenant) -> Schema:
    """The service, on a database with a table that has three rows."""
    await tenant.run("CREATE TABLE people (id int PRIMARY KEY, mail text, born date)")
    await tenant.run("INSERT INTO people VALUES (1, 'ada@example.com'), (2, NULL), (3, 'bo@example.com')")
    return schema


async def _column(schema: Schema, name: str, table: str = "people") -> dict[str, Any]:
    columns = (await schema.table(table))["columns"]
    found: dict[str, Any] = next(column for column in columns if column["name"] == name)
    return found


@pytest.mark.parametrize(("kind", "display", "good", "bad"), RULES, ids=[kind for kind, *_ in RULES])
async def test_what_a_kind_asks_is_asked_in_psql_too(
    people: Schema, tenant: Tenant, kind: str, display: dict[str, Any], good: list[Any], bad: list[Any]
) -> None:
    await people.apply(**ADD, name="x", kind=kind, display=display)
    async with tenant.psql("write") as connection:
        for value in good:
            await connection.execute("UPDATE people SET x = $1 WHERE id = 1", value)
        for value in bad:
            with pytest.raises(asyncpg.CheckViolationError, match=f"people_x_{kind}"):
                await connection.execute("UPDATE people SET x = $1 WHERE id = 1", value)


async def test_a_column_shows_its_kind_its_settings_and_its_options(people: Schema) -> None:
    await people.apply(
        **ADD, name="price", kind="money", type="numeric(10,2)", display={"currency": "EUR", "decimals": 2}
    )
    await people.apply(**ADD, name="state", type="choice", display=STATES)
    price, state, born = [await _column(people, name) for name in ("price", "state", "born")]
    assert (price["kind"], price["type"]) == ("money", "numeric(10,2)")
    assert price["display"] == {"currency": "EUR", "decimals": 2}
    assert "options" not in price
    assert (state["kind"], state["type"], state["options"]) == ("choice", "text", ["open", "won't do"])
    assert state["display"] == {"options": [{"value": "open"}, {"value": "won't do", "color": "#cc0000"}]}
    assert (born["kind"], born["display"]) == ("date", {})


async def test_a_time_zone_that_is_none_is_refused(people: Schema) -> None:
    await people.apply(**ADD, name="at", kind="datetime", display={"zone": "Europe/Oslo"})
    for zone, reason in (("Europe/Olso", "no time zone 'Europe/Olso'"), ("UTC; drop", "'zone'"), ("BC", "'BC'")):
        with refused("DISPLAY_INVALID", reason):
            await people.apply(do="set_display", **PEOPLE, column="at", display={"zone": zone})


async def test_an_enumeration_is_a_choice_of_its_own_values_in_colours_that_people_give(
    people: Schema, tenant: Tenant
) -> None:
    await tenant.run("CREATE TYPE mood AS ENUM ('sad', 'ok'); ALTER TABLE people ADD COLUMN mood mood")
    assert (await _column(people, "mood"))["options"] == ["sad", "ok"]
    await people.apply(
        do="set_display", **PEOPLE, column="mood", display={"options": [{"value": "ok", "color": "#00ff00"}]}
    )
    await tenant.run("ALTER TYPE mood ADD VALUE 'glad' AFTER 'ok'")
    mood = await _column(people, "mood")
    assert (mood["kind"], mood["options"]) == ("choice", ["sad", "ok", "glad"])
    assert mood["display"]["options"][1] == {"value": "ok", "color": "#00ff00"}
    assert "CHECK" not in tenant.dump("--table=people")


async def test_a_table_is_made_with_kinds_and_a_default_that_they_allow(schema: Schema, tenant: Tenant) -> None:
    columns: list[dict[str, Any]] = [
        {"name": "state", "kind": "choice", "display": STATES, "default": {"value": "open"}, "nullable": False},
        {"name": "stars", "kind": "rating"},
    ]
    await schema.apply(do="create_table", schema="public", name="tasks", columns=columns)
    assert [c["kind"] for c in (await schema.table("tasks"))["columns"]] == ["number", "choice", "rating"]
    assert await tenant.value("INSERT INTO tasks DEFAULT VALUES RETURNING state") == "open"
    columns[0]["default"]["value"] = "shut"
    with refused("DEFAULT_INVALID", "'shut'", "choice"):
        await schema.apply(do="create_table", schema="public", name="more", columns=columns)


async def test_text_that_is_there_becomes_a_kind_if_all_of_it_keeps_to_the_rule(people: Schema, tenant: Tenant) -> None:
    before = tenant.dump()
    made = await people.apply(do="set_display", **PEOPLE, column="mail", kind="email")
    assert (await _column(people, "mail"))["kind"] == "email"
    with pytest.raises(asyncpg.CheckViolationError, match="people_mail_email"):
        await tenant.run("INSERT INTO people VALUES (4, 'nobody')")
    await people.undo(made["id"])
    assert (await _column(people, "mail"))["kind"] == "text"
    assert tenant.dump() == before
    await tenant.run("INSERT INTO people VALUES (4, 'nobody')")
    with refused("ROWS_BREAK_KIND", "1 value is", "'nobody'"):
        await people.apply(do="set_display", **PEOPLE, column="mail", kind="email")
    with refused("UNDO_CONFLICT"):
        await people.redo(made["id"])


async def test_options_may_change_as_long_as_no_row_has_one_that_goes(people: Schema, tenant: Tenant) -> None:
    await people.apply(**ADD, name="state", kind="choice", display=STATES)
    await tenant.run("UPDATE people SET state = 'open'")
    await tenant.run("COMMENT ON CONSTRAINT people_state_choice ON people IS 'ours'; ALTER TABLE people RENAME TO folk")
    before = tenant.dump()
    where = {"do": "set_display", "schema": "public", "table": "folk", "column": "state"}
    with refused("ROWS_BREAK_KIND", "3 values", "'open'"):
        await people.apply(**where, display={"options": ["done"]})
    step = await people.apply(**where, display={"options": ["done", "open"]})
    with pytest.raises(asyncpg.CheckViolationError):
        await tenant.run("UPDATE folk SET state = 'won''t do'")
    await people.undo(step["id"])
    assert tenant.dump() == before
    assert (await _column(people, "state", "folk"))["options"] == ["open", "won't do"]
    await people.redo(step["id"])
    await tenant.run("UPDATE folk SET state = 'done' WHERE id = 1")
    undone = await people.undo(step["id"])
    assert undone["detail"]["not_restored"][0]["name"] == "people_state_choice"


async def test_settings_change_one_by_one_and_come_back(people: Schema, tenant: Tenant) -> None:
    await people.apply(**ADD, name="price", kind="money", display={"currency": "EUR", "grouping": True})
    before = tenant.dump()
    where = {"do": "set_display", **PEOPLE, "column": "price"}
    step = await people.apply(**where, display={"decimals": 2, "grouping": None})
    assert (await _column(people, "price"))["display"] == {"currency": "EUR", "decimals": 2}
    with refused("DISPLAY_INVALID", "'currency'"):
        await people.apply(**where, display={"currency": None})
    await people.undo(step["id"])
    assert (await _column(people, "price"))["display"] == {"currency": "EUR", "grouping": True}
    await people.redo(step["id"])
    assert (await _column(people, "price"))["display"] == {"currency": "EUR", "decimals": 2}
    assert tenant.dump() == before


async def test_a_kind_that_is_left_takes_its_settings_and_its_constraint_along(people: Schema, tenant: Tenant) -> None:
    before = tenant.dump()
    await people.apply(**ADD, name="state", kind="choice", display=STATES)
    await people.apply(do="set_display", **PEOPLE, column="state", kind="text")
    state = await _column(people, "state")
    assert (state["kind"], state["display"]) == ("text", {})
    assert "CHECK" not in tenant.dump()
    for step in (await people.operations())["operations"][:2]:
        await people.undo(step["id"])
    assert tenant.dump() != before  # the hidden column waits
    assert "state text" not in tenant.dump()


async def test_a_column_whose_type_was_changed_in_psql_is_of_its_type_s_kind(people: Schema, tenant: Tenant) -> None:
    await people.apply(**ADD, name="stars", kind="rating")
    await tenant.run("ALTER TABLE people DROP CONSTRAINT people_stars_rating, ALTER COLUMN stars TYPE text")
    assert (await _column(people, "stars"))["kind"] == "text"


async def test_a_view_shows_kinds_without_constraints(people: Schema, tenant: Tenant) -> None:
    await tenant.run("CREATE VIEW mails AS SELECT mail FROM people")
    await people.apply(do="set_display", schema="public", table="mails", column="mail", kind="url")
    assert (await _column(people, "mail", "mails"))["kind"] == "url"


async def test_an_import_hands_over_kinds_that_are_kept_to_from_then_on(schema: Schema, tenant: Tenant) -> None:
    async with tenant.binding.connected("load_a") as connection:
        await connection.execute(
            "CREATE TABLE rowhouse_load.load_1 (mail text, price numeric); INSERT INTO rowhouse_load.load_1 VALUES ('a@b.co', 1)"
        )
    columns: list[dict[str, Any]] = [
        {"name": "mail", "kind": "email"},
        {"name": "price", "kind": "money", "display": {"currency": "EUR"}},
    ]
    adopt: dict[str, Any] = {
        "do": "adopt_table",
        "load": "load_1",
        "schema": "public",
        "name": "paid",
        "columns": columns,
    }
    step = await schema.apply(**adopt)
    before = tenant.dump()
    assert [(c["kind"], c["display"]) for c in (await schema.table("paid"))["columns"]] == [
        ("email", {}),
        ("money", {"currency": "EUR"}),
    ]
    with pytest.raises(asyncpg.CheckViolationError, match="paid_mail_email"):
        await tenant.run("INSERT INTO paid VALUES ('nobody')")
    await schema.undo(step["id"])
    await schema.redo(step["id"])
    assert tenant.dump() == before
    with refused("DISPLAY_INVALID", "'currency'"):
        await schema.apply(**adopt | {"name": "unpaid", "columns": [{"name": "price", "kind": "money"}]})
