"""Locks: asked for in short attempts, given up within the budget with the name of who holds them, and nothing half done."""

import asyncio
import re
import time
from datetime import datetime
from typing import Any

from services.kit.clock import SystemClock
from tests.fixtures.schema import Schema, refused, serving
from tests.fixtures.tenants import Keyring, Tenant

ADD: dict[str, Any] = {
    "do": "add_column",
    "schema": "public",
    "table": "people",
    "name": "age",
    "type": "int",
    "comment": "in years",
}
ATTEMPTS = """
    SELECT xact_start FROM pg_stat_activity
    WHERE datname = $1 AND application_name = 'rowhouse schema' AND wait_event_type = 'Lock'
"""
TABLE = "CREATE TABLE people (id int PRIMARY KEY); CREATE TABLE pet (id int PRIMARY KEY, owner int REFERENCES people)"


async def test_a_long_reader_is_named_and_nothing_is_changed(keyring: Keyring, tenant: Tenant) -> None:
    await tenant.run(TABLE)
    before = tenant.dump()
    async with serving(keyring, SystemClock(), lock_budget=0.7) as channel, tenant.psql("read") as reader:
        schema = Schema(channel, tenant.member())
        await reader.execute("SET application_name = 'monthly report'")
        transaction = reader.transaction()
        await transaction.start()
        await reader.fetch("SELECT * FROM pet")
        started = time.monotonic()
        with refused("LOCKED", "public.pet", "'monthly report'", tenant.id + "_uread", str(reader.get_server_pid())):
            await schema.apply(do="drop_table", schema="public", table="people")
        assert time.monotonic() - started < 2
        assert tenant.dump() == before
        assert (await schema.operations())["operations"] == []
        await transaction.rollback()
        await schema.apply(do="drop_table", schema="public", table="people")


async def test_a_change_asks_again_until_a_reader_lets_go(schema: Schema, tenant: Tenant) -> None:
    await tenant.run(TABLE)
    async with tenant.psql("read") as reader:
        transaction = reader.transaction()
        await transaction.start()
        await reader.fetch("SELECT * FROM people")
        change = asyncio.create_task(schema.apply(**ADD))
        async with tenant.binding.connected("postgres") as observer:
            seen: set[datetime] = set()
            while len(seen) < 3:
                seen |= {row["xact_start"] for row in await observer.fetch(ATTEMPTS, tenant.id)}
                assert not change.done()
        await transaction.rollback()
        assert (await change)["state"] == "done"


async def test_what_psql_changes_while_a_change_waits_for_its_lock_is_seen_under_the_lock(
    schema: Schema, tenant: Tenant
) -> None:
    await tenant.run("CREATE TABLE people (id int PRIMARY KEY, age int)")
    age = (await schema.table("people"))["columns"][1]["id"]
    async with tenant.psql() as psql, tenant.binding.connected("postgres") as observer:
        transaction = psql.transaction()
        await transaction.start()
        await psql.execute("ALTER TABLE people RENAME age TO years")
        change = asyncio.create_task(schema.apply(do="drop_column", schema="public", table="people", column=f"@{age}"))
        while not await observer.fetchval(ATTEMPTS, tenant.id):
            assert not change.done()
        await transaction.commit()
    await schema.undo((await change)["id"])
    assert [column["name"] for column in (await schema.table("people"))["columns"]] == ["id", "years"]


async def test_readers_hardly_wait_behind_a_change_that_waits(keyring: Keyring, tenant: Tenant) -> None:
    await tenant.run(TABLE)
    async with (
        serving(keyring, SystemClock(), lock_budget=1.0) as channel,
        tenant.psql("read") as holder,
        tenant.psql("read") as reader,
    ):
        schema = Schema(channel, tenant.member())
        transaction = holder.transaction()
        await transaction.start()
        await holder.fetch("SELECT * FROM people")
        change = asyncio.create_task(schema.apply(**ADD))
        waits = []
        while not change.done():
            started = time.monotonic()
            await reader.fetch("SELECT * FROM people")
            waits.append(time.monotonic() - started)
            await asyncio.sleep(0)
        with refused("LOCKED"):
            await change
        assert max(waits) < 0.5  # a plain ALTER TABLE would have held it for the whole second
        assert len(waits) > 10


async def test_changes_by_two_processes_at_once_all_come_through_once(keyring: Keyring, tenant: Tenant) -> None:
    await tenant.run(TABLE)
    async with serving(keyring, SystemClock()) as one, serving(keyring, SystemClock()) as two:
        clients = [Schema(channel, tenant.member()) for channel in (one, two)]
        names = [f"c{number}" for number in range(10)]
        steps = await asyncio.gather(
            *(clients[number % 2].apply(**ADD | {"name": name}) for number, name in enumerate(names))
        )
        assert len({step["id"] for step in steps}) == 10
        columns = [column["name"] for column in (await clients[0].table("people"))["columns"]]
        assert sorted(columns) == sorted(["id", *names])


async def test_of_two_processes_that_undo_the_same_step_one_is_told_so(keyring: Keyring, tenant: Tenant) -> None:
    await tenant.run(TABLE)
    async with serving(keyring, SystemClock()) as one, serving(keyring, SystemClock()) as two:
        clients = [Schema(channel, tenant.member()) for channel in (one, two)]
        step = await clients[0].apply(**ADD)
        outcomes = await asyncio.gather(*(client.undo(step["id"]) for client in clients), return_exceptions=True)
        refusals = [outcome.reason for outcome in outcomes if isinstance(outcome, Exception)]  # type: ignore[attr-defined]
        assert len(refusals) == 1
        assert re.match("ALREADY_UNDONE|SHAPE_CHANGING", refusals[0])


SLOW_VACUUM = """
    CREATE TABLE people (id int PRIMARY KEY, name text) WITH (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0,
        autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1);
    INSERT INTO people SELECT g, repeat('x', 100) FROM generate_series(1, 20000) g;
    DELETE FROM people WHERE id % 2 = 0;
"""
VACUUMS = """
    SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE a.datname = $1 AND a.backend_type = 'autovacuum worker' AND l.mode = 'ShareUpdateExclusiveLock'
"""


async def test_an_autovacuum_gives_way_to_a_change(schema: Schema, tenant: Tenant) -> None:
    async with tenant.binding.connected("postgres") as administrator:
        await administrator.execute("ALTER SYSTEM SET autovacuum_naptime = 1")
        await administrator.execute("SELECT pg_reload_conf()")
        try:
            await tenant.run(SLOW_VACUUM)
            while not await administrator.fetchval(VACUUMS, tenant.id):
                pass
            step = await schema.apply(do="rename_table", schema="public", table="people", name="persons")
        finally:
            await administrator.execute("ALTER SYSTEM RESET autovacuum_naptime")
            await administrator.execute("SELECT pg_reload_conf()")
    assert step["state"] == "done"
