"""Whatever people do to the shape of a database: undoing all of it, last first, leaves what was there before."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from services.kit.errors import AppError
from services.schema import ddl
from services.tenancy import fingerprints
from tests.fixtures.schema import Schema
from tests.fixtures.tenants import Tenant

NAMES = [
    "plain",
    'we"ird',
    "o'clock",
    "100%s %(x)s",
    "a b",
    "Ünïcödé",
    "🏡" * 15,
    "x" * 63,
    "select",
    "a.b,c",
    ":n $1 {y}",
    "back\\slash",
]
TYPES = [
    "text",
    "bigint",
    "numeric(10,2)",
    "date",
    "timestamptz",
    "uuid",
    "json",
    "integer[]",
    "boolean",
    "email",
    "rating",
    "choice",
]
KINDS: dict[str, dict[str, Any]] = {
    "text": {},
    "email": {},
    "url": {},
    "choice": {"options": ["Oslo", "Bergen"]},
    "money": {"currency": "NOK"},
    "rating": {"max": 9},
    "number": {"decimals": 1},
}
# One example is some thirty operations and three dumps.
EXAMPLES = max(10, int(os.environ.get("ROWHOUSE_EXAMPLES", "0")) // 25)
START = """
    CREATE TABLE city (id int PRIMARY KEY, name text NOT NULL UNIQUE, "pop%s" bigint DEFAULT 7 CHECK ("pop%s" >= 0));
    CREATE TABLE people (id bigserial PRIMARY KEY, city int REFERENCES city ON DELETE CASCADE, boss bigint REFERENCES people,
        name text COLLATE "C" NOT NULL, born date, UNIQUE (city, name));
    CREATE INDEX people_name ON people (lower(name) DESC, born) INCLUDE (boss) WHERE born > '1900-01-01';
    CREATE TABLE visit (people bigint REFERENCES people, city text REFERENCES city (name), at timestamptz DEFAULT now(),
        PRIMARY KEY (people, at), EXCLUDE USING btree (people WITH =, at WITH =));
    CREATE VIEW adults AS SELECT p.name, c.name AS city FROM people p JOIN city c ON c.id = p.city;
    CREATE MATERIALIZED VIEW cities AS SELECT count(*) FROM city;
    COMMENT ON COLUMN people.name IS 'as in the passport'; COMMENT ON INDEX people_name IS 'for the list';
    CREATE STATISTICS people_both ON city, name FROM people;
    INSERT INTO city VALUES (1, 'Oslo', 700000), (2, 'Bergen', 290000);
    INSERT INTO people (city, boss, name, born) VALUES (1, 1, 'Ada', '1990-01-01'), (2, 1, 'Bo', NULL);
    INSERT INTO visit VALUES (1, 'Oslo', '2026-01-01'), (2, 'Bergen', '2026-01-02');
"""


@dataclass(frozen=True)
class Intent:
    """What somebody wants, before it is known which tables and columns there are."""

    do: str
    table: int
    column: int
    name: str
    type: str
    kind: str
    flag: bool


VERBS = [
    "create_table",
    "rename_table",
    "drop_table",
    "create_schema",
    "add_column",
    "rename_column",
    "drop_column",
    "set_display",
]
INTENTS = st.lists(
    st.builds(
        Intent,
        do=st.sampled_from([*VERBS, "drop_column", "drop_table", "set_display"]),
        table=st.integers(0, 9),
        column=st.integers(0, 9),
        name=st.sampled_from(NAMES),
        type=st.sampled_from(TYPES),
        kind=st.sampled_from(sorted(KINDS)),
        flag=st.booleans(),
    ),
    min_size=4,
    max_size=8,
)


async def _request(schema: Schema, intent: Intent) -> dict[str, Any]:
    """The operation that an intent means for the database as it is."""
    if intent.do == "create_schema":
        return {"do": intent.do, "name": intent.name}
    schemas = (await schema.schemas())["schemas"]
    home = schemas[intent.table % len(schemas)]["name"]
    tables = [t for t in (await schema.tables())["tables"] if t["relation"] == "table" or intent.do.endswith("_table")]
    if intent.do == "create_table" or not tables:
        column = {"name": intent.name, "type": intent.type, "nullable": intent.flag, "label": "A label"}
        column["display"] = KINDS.get(intent.type)
        return {"do": "create_table", "schema": home, "name": intent.name, "columns": [column]}
    table = await schema.table(*(tables[intent.table % len(tables)][key] for key in ("name", "schema")))
    request = {"do": intent.do, "schema": table["schema"], "table": table["name"]}
    if intent.do == "add_column":
        display = KINDS.get(intent.type)
        return request | {"name": intent.name, "type": intent.type, "comment": "new", "display": display}
    if intent.do == "rename_table":
        return request | {"name": intent.name}
    if intent.do == "drop_table" or not table["columns"]:
        return request | {"do": "drop_table"}
    column = table["columns"][intent.column % len(table["columns"])]["name"]
    if intent.do == "set_display":
        return request | {"column": column, "kind": intent.kind, "display": KINDS[intent.kind]}
    return request | {"column": column} | ({"name": intent.name} if intent.do == "rename_column" else {})


REFUSALS = {
    "TABLE_EXISTS",
    "COLUMN_EXISTS",
    "SCHEMA_EXISTS",
    "COLUMN_TWICE",
    "NOT_A_TABLE",
    "COLUMN_IN_USE",
    "NAME_EXISTS",
    "REFUSED_BY_POSTGRES",
    "KIND_MISFIT",
    "ROWS_BREAK_KIND",
}


@contextmanager
def suppress_refusal(reasons: set[str]) -> Iterator[list[str]]:
    """A refusal for one of these reasons is told, not raised; anything else is a fault."""
    told: list[str] = []
    try:
        yield told
    except AppError as error:
        if error.reason not in reasons:
            raise
        told.append(error.reason)


async def _seen(schema: Schema, tenant: Tenant) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """All that people can see: the dump without hidden columns, every column's kind, and every value of every table."""
    lines = (line.rstrip(",") for line in tenant.dump("--schema-only").splitlines())
    shape = "\n".join(line for line in lines if line.strip("- ") and "__rh_" not in line)
    rows, kinds = {}, {}
    async with tenant.psql() as connection:
        for table in (await schema.tables())["tables"]:
            where = ddl.qualified(table["schema"], table["name"])
            shown = (await schema.table(table["name"], table["schema"]))["columns"]
            kinds[where] = {column["name"]: (column["kind"], column["display"]) for column in shown}
            columns = ", ".join(ddl.identifier(column["name"]) for column in shown)
            select = f"SELECT row({columns})::text AS r FROM {where}"
            rows[where] = await connection.fetchval(f"SELECT array_agg(r ORDER BY r) FROM ({select}) s")
    return shape, kinds, rows


async def _all_undone(schema: Schema, tenant: Tenant, intents: list[Intent]) -> None:
    before = await _seen(schema, tenant)
    steps = []
    for intent in intents:
        request = await _request(schema, intent)
        note(str(request))
        with suppress_refusal(REFUSALS):
            steps.append(await schema.apply(**request))
    for step in reversed(steps):
        undone = await schema.undo(step["id"])
        assert "not_restored" not in undone["detail"]
    after = await _seen(schema, tenant)
    assert after[0] == before[0]
    assert after[1:] == before[1:]
    for step in steps:
        await schema.redo(step["id"])
    for step in reversed(steps):
        await schema.undo(step["id"])
    assert await _seen(schema, tenant) == before


@pytest_asyncio.fixture
async def peopled(schema: Schema, tenant: Tenant) -> Schema:
    """The service, on a database with tables that hang together. All examples share it: each must leave it as it was."""
    await tenant.run(START)
    return schema


@pytest.mark.soak
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None, print_blob=True)
@given(intents=INTENTS)
async def test_undoing_everything_last_first_is_as_if_nothing_had_happened(
    peopled: Schema, tenant: Tenant, intents: list[Intent]
) -> None:
    await _all_undone(peopled, tenant, intents)


@pytest.mark.soak
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None, print_blob=True)
@given(intents=INTENTS, choices=st.lists(st.tuples(st.booleans(), st.integers(0, 20)), min_size=6, max_size=12))
async def test_undo_and_redo_in_any_order_are_done_in_full_or_refused_in_full(
    peopled: Schema, tenant: Tenant, intents: list[Intent], choices: list[tuple[bool, int]]
) -> None:
    steps = []
    for intent in intents:
        with suppress_refusal(REFUSALS):
            steps.append((await peopled.apply(**await _request(peopled, intent)))["id"])
    for redo, number in choices:
        if steps:
            before = await tenant.binding.run("ro_a", fingerprints.WHOLE)
            turn = peopled.redo if redo else peopled.undo
            with suppress_refusal({"UNDO_CONFLICT", "ALREADY_UNDONE", "NOT_UNDONE"}) as refusal:
                await turn(steps[number % len(steps)])
            assert not refusal or await tenant.binding.run("ro_a", fingerprints.WHOLE) == before
