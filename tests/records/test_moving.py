"""Tables that move while they are read and written: rows come and go, columns change, statements are slow, sessions end."""

import asyncio
import json
import random
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from services.kit.errors import AppError
from services.kit.rpc.channel import Channel
from tests.fixtures.records import Records, column, serving_records
from tests.fixtures.schema import refused
from tests.fixtures.tenants import Keyring, Tenant

MANY = """
    CREATE TABLE people (id int PRIMARY KEY, name text, n int);
    INSERT INTO people SELECT i * 10, chr(97 + i % 26), CASE WHEN i % 7 > 0 THEN i % 5 END FROM generate_series(1, 300) i;
"""


@pytest_asyncio.fixture
async def people(records: Records, tenant: Tenant) -> Records:
    await tenant.run(MANY)
    return records


@pytest.mark.parametrize("sort", ["", "id:desc", "name,n:desc", "n:desc,name:raw"])
async def test_the_cursor_yields_each_row_once_while_others_come_and_go(
    people: Records, tenant: Tenant, sort: str
) -> None:
    stay = set(range(10, 3010, 10))
    chance = random.Random(3)

    async def come_and_go() -> None:
        async with tenant.psql("write") as connection:
            for at in range(2000):
                new = chance.randrange(1, 3000)
                await connection.execute(
                    "INSERT INTO people VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                    *(new - new % 10 + 1 + at % 9, chr(97 + new % 26), new % 5 if new % 7 else None),
                )
                await connection.execute(
                    "DELETE FROM people WHERE id = (SELECT id FROM people WHERE id % 10 > 0 LIMIT 1)"
                )

    commotion = asyncio.create_task(come_and_go())
    try:
        for direction in ("next", "prev"):
            seen: list[int] = []
            page: Any = await people.page(sort=sort, limit=7) if direction == "next" else page  # noqa: F821
            while True:
                seen += column(page["records"], "id") if direction == "next" else column(page["records"], "id")[::-1]
                if page[direction] is None:
                    break
                page = await people.page(sort=sort, limit=7, cursor=page[direction])
            assert len(seen) == len(set(seen)), "a row twice"
            assert stay <= set(seen), "a row lost"
        assert not commotion.done(), "the walk took longer than the commotion"
    finally:
        commotion.cancel()


async def test_a_change_of_shape_in_psql_is_seen_at_once(people: Records, tenant: Tenant) -> None:
    assert len((await people.page(limit=1))["records"][0]) == 3
    for change, names in [
        ("ALTER TABLE people ADD COLUMN born date", {"id", "name", "n", "born"}),
        ("ALTER TABLE people RENAME COLUMN name TO called", {"id", "called", "n", "born"}),
        ("ALTER TABLE people DROP COLUMN born", {"id", "called", "n"}),
        ("ALTER TABLE people ALTER COLUMN n TYPE text", {"id", "called", "n"}),
        ("ALTER TABLE people DROP COLUMN n, ADD COLUMN n date", {"id", "called", "n"}),
    ]:
        await tenant.run(change)
        assert set((await people.page(limit=1))["records"][0]) == names, change
        assert set(await people.get(10)) == names
    await tenant.run("DROP TABLE people; CREATE TABLE people (id text PRIMARY KEY)")
    assert (await people.create({"id": "x"}))["records"] == [{"id": "x"}]


async def test_writes_meet_a_changed_shape_without_a_fault(people: Records, tenant: Tenant) -> None:
    await people.create({"id": 1, "name": "a", "n": 1})
    await tenant.run("ALTER TABLE people ALTER COLUMN n TYPE text")
    await people.update_one(1, {"n": "not a number"})
    await tenant.run("ALTER TABLE people RENAME COLUMN n TO m")
    with refused("COLUMN_UNKNOWN", "'n'"):
        await people.create({"id": 2, "n": "x"})
    await tenant.run("ALTER TABLE people DROP COLUMN m; ALTER TABLE people RENAME TO persons")
    with refused("TABLE_RENAMED", "persons"):
        await people.page()
    assert (await people.of("persons").get(1)) == {"id": 1, "name": "a"}


async def test_lists_and_writes_go_on_while_columns_come_and_go(people: Records, tenant: Tenant) -> None:
    async with tenant.psql() as connection:
        for at in range(20):
            change = "DROP COLUMN extra" if at % 2 else "ADD COLUMN extra int DEFAULT 1"
            page, changed, _ = await asyncio.gather(
                people.page(sort="n", limit=5),
                people.update_one(10, {"name": str(at)}),
                connection.execute(f"ALTER TABLE people {change}"),
            )
            assert {len(record) for record in page["records"]} <= {3, 4}
            assert json.loads(changed.body)["name"] == str(at)


async def test_a_statement_that_takes_too_long_is_refused(people: Records, tenant: Tenant, keyring: Keyring) -> None:
    await tenant.run("""
        CREATE VIEW slow AS SELECT id, name FROM people CROSS JOIN generate_series(1, 1000000) x WHERE id + x < 0;
    """)
    async with serving_records(keyring, statement_seconds=0.2) as channel:
        slow = Records(channel, tenant.member(), "slow")
        with refused("QUERY_TOO_SLOW", "'slow'", "ask for less"):
            await slow.page(filter={"column": "name", "op": "contains", "value": "a"})
        assert len((await slow.of("people").page())["records"]) == 100
    async with tenant.binding.connected("postgres") as superuser:
        assert not await superuser.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%generate_series(%' AND state = 'active' AND pid <> pg_backend_pid()"
        )


async def test_what_takes_too_long_names_the_index_that_would_help(
    people: Records, tenant: Tenant, keyring: Keyring
) -> None:
    await tenant.run("INSERT INTO people SELECT -i, md5(i::text), i % 5 FROM generate_series(1, 100000) i")
    async with serving_records(keyring, statement_seconds=0.02) as channel:
        with pytest.raises(AppError) as caught:
            await Records(channel, tenant.member()).page(sort="name,n:desc")
    assert caught.value.reason == "QUERY_TOO_SLOW"
    assert "an index on (name, n, id) would help" in caught.value.message
    operation = json.loads(caught.value.metadata["operation"])
    assert (operation["do"], operation["table"], len(operation["columns"])) == ("create_index", "people", 3)


async def test_a_table_that_is_locked_says_so(people: Records, tenant: Tenant, keyring: Keyring) -> None:
    await people.page()
    async with tenant.psql() as connection, connection.transaction():
        await connection.execute("LOCK TABLE people IN ACCESS EXCLUSIVE MODE")
        with refused("LOCKED", "people"):
            await people.create({"id": 1})
        async with serving_records(keyring) as unprepared:
            with refused("LOCKED", "being changed"):
                await Records(unprepared, tenant.member()).create({"id": 1})


async def test_a_session_that_was_ended_is_replaced(people: Records, tenant: Tenant) -> None:
    await people.page()
    async with tenant.binding.connected("postgres") as superuser:
        await superuser.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = $1", f"{tenant.id}_ro_a"
        )
    assert (await people.page(limit=1))["records"]


async def test_nothing_is_left_behind_on_a_connection(people: Records, tenant: Tenant) -> None:
    with refused("VALUE_INVALID"):
        await people.create({"id": "x"})
    with refused("FILTER_INVALID"):
        await people.page(filter={"column": "name", "op": "matches", "value": "("})
    await people.create({"id": 1}, idempotency_key="k")
    async with tenant.binding.connected("postgres") as superuser:
        states = await superuser.fetch(
            "SELECT usename, state FROM pg_stat_activity WHERE datname = $1 AND usename ~ '_r[ow]_a$'", tenant.id
        )
    assert {row["state"] for row in states} == {"idle"}


async def test_a_caller_who_hangs_up_stops_the_statement(people: Records, tenant: Tenant) -> None:
    await tenant.run(
        "CREATE VIEW slow AS SELECT id, name FROM people CROSS JOIN generate_series(1, 100000000) x WHERE x < 0"
    )
    waiting = asyncio.create_task(people.of("slow").page())
    async with tenant.binding.connected("postgres") as superuser, asyncio.timeout(30):
        while not (pid := await _active(superuser, tenant)):
            pass
        waiting.cancel()
        while await _active(superuser, tenant) == pid:
            pass
    assert (await people.page(limit=1))["records"]


async def _active(superuser: "asyncpg.Connection", tenant: Tenant) -> Any:
    return await superuser.fetchval(
        "SELECT pid FROM pg_stat_activity WHERE usename = $1 AND state = 'active'", f"{tenant.id}_ro_a"
    )


async def test_tenants_with_tables_alike_never_see_each_others_rows(
    records_channel: Channel, make_tenant: Any, tenant: Tenant
) -> None:
    other = await make_tenant()
    for number, each in enumerate((tenant, other)):
        await each.run(f"CREATE TABLE people (id int PRIMARY KEY, n int); INSERT INTO people VALUES (1, {number})")
    for _ in range(3):
        for number, each in enumerate((tenant, other)):
            assert (await Records(records_channel, each.member()).get(1))["n"] == number
