"""What was dropped is deleted once its retention period is over, and only then; the timeline says so."""

from datetime import UTC, datetime, timedelta

import pytest_asyncio

from services.kit.rpc.identity import Caller, as_caller
from services.schema import app
from services.schema.purge import Purge
from tests.fixtures.schema import Schema, refused, schema_settings
from tests.fixtures.tenants import Keyring, Tenant

TABLES = """
    CREATE TABLE people (id int PRIMARY KEY, name text, age int);
    CREATE TABLE pet (id int PRIMARY KEY, owner int REFERENCES people);
    INSERT INTO people VALUES (1, 'Ada', 36);
"""


class Later:
    """A clock that is some days ahead."""

    def __init__(self) -> None:
        self.days = 0

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=self.days)


@pytest_asyncio.fixture
async def later() -> Later:
    return Later()


async def _purged(keyring: Keyring, tenant: Tenant, later: Later, days: int) -> None:
    """Run the job some days from now."""
    later.days = days
    with app.assembled(schema_settings(), keyring, later) as made:
        await _as_service(made.purge, tenant)


async def _as_service(purge: Purge, tenant: Tenant) -> None:
    scopes = frozenset({"schema:read", "schema:write"})
    caller = Caller("service:schema", "schema", tenant.id, scopes=scopes, via="service")
    with as_caller(caller, "token"):
        await purge.run(caller)


async def _hidden(tenant: Tenant) -> int:
    async with tenant.binding.connected("postgres") as connection:
        found: int = await connection.fetchval(
            "SELECT (SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'rowhouse_trash%')"
            " + (SELECT count(*) FROM pg_attribute WHERE attname LIKE '\\_\\_rh\\_%' AND attnum > 0)"
        )
        return found


async def test_what_was_dropped_goes_after_its_retention_period(
    schema: Schema, tenant: Tenant, keyring: Keyring, later: Later
) -> None:
    await tenant.run(TABLES)
    column = await schema.apply(do="drop_column", schema="public", table="people", column="age")
    table = await schema.apply(do="drop_table", schema="public", table="pet")
    await _purged(keyring, tenant, later, 29)
    assert await _hidden(tenant) == 2
    await _purged(keyring, tenant, later, 31)
    assert await _hidden(tenant) == 0
    for step in (column, table):
        with refused("CANNOT_UNDO"):
            await schema.undo(step["id"])
        assert (await schema.operation(step["id"]))["detail"] == {"purged": True}
    purges = (await schema.operations(limit=2))["operations"]
    assert [(p["do"], p["channel"], p["actor"]["id"], p["undoable"]) for p in purges] == [
        ("purge", "job", "service:schema", False)
    ] * 2
    assert await tenant.value("SELECT name FROM people") == "Ada"


async def test_what_was_put_back_or_hidden_by_an_undo_is_told_apart(
    schema: Schema, tenant: Tenant, keyring: Keyring, later: Later
) -> None:
    await tenant.run(TABLES)
    back = await schema.apply(do="drop_table", schema="public", table="pet")
    await schema.undo(back["id"])
    made = await schema.apply(do="add_column", schema="public", table="people", name="size", type="int")
    await schema.undo(made["id"])
    await _purged(keyring, tenant, later, 31)
    assert (await schema.table("pet"))["name"] == "pet"
    assert await _hidden(tenant) == 0
    with refused("CANNOT_UNDO", "purged"):
        await schema.redo(made["id"])


async def test_a_drop_that_was_undone_and_redone_waits_anew_and_is_over_with_once(
    schema: Schema, tenant: Tenant, keyring: Keyring, later: Later
) -> None:
    await tenant.run(TABLES)
    step = await schema.apply(do="drop_table", schema="public", table="pet")
    await schema.undo(step["id"])
    await schema.redo(step["id"])
    await _purged(keyring, tenant, later, 29)
    assert await _hidden(tenant) == 1
    await _purged(keyring, tenant, later, 31)
    assert await _hidden(tenant) == 0
    with refused("CANNOT_UNDO"):
        await schema.undo(step["id"])


async def test_what_a_view_still_reads_stays(schema: Schema, tenant: Tenant, keyring: Keyring, later: Later) -> None:
    await tenant.run(TABLES + "CREATE VIEW ages AS SELECT age FROM people")
    step = await schema.apply(do="drop_column", schema="public", table="people", column="age")
    await _purged(keyring, tenant, later, 31)
    assert await tenant.value("SELECT age FROM ages") == 36
    await schema.undo(step["id"])
    assert (await schema.table("people"))["columns"][2]["name"] == "age"
