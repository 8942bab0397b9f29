"""Indexes are made and dropped while everybody goes on, are those that lists use, and leave nothing half done."""

import asyncio
import json
from typing import Any

import asyncpg
import pytest

from services.kit.clock import SystemClock
from services.records import request, resolve, statement
from services.records.reads import indexing
from services.schema.app import assembled
from services.tenancy import catalog
from tests.fixtures.schema import Schema, refused, schema_settings, serving
from tests.fixtures.tenants import Keyring, Tenant

PEOPLE = """
    CREATE TABLE people (id int PRIMARY KEY, name text, v varchar(50), f bpchar(9), n int, d date);
    INSERT INTO people SELECT i, md5(i::text), md5(i::text), left(md5(i::text), 9), CASE WHEN i % 9 > 0 THEN i % 100 END,
        '2020-01-01'::date + i % 1000 FROM generate_series(1, 20000) i;
    ANALYZE people;
"""
INDEX: dict[str, Any] = {"do": "create_index", "schema": "public", "table": "people", "columns": [{"column": "n"}]}


async def definitions(tenant: Tenant) -> list[str]:
    found: list[str] = await tenant.value("""
        SELECT coalesce(array_agg(indexdef ORDER BY indexname), '{}') FROM pg_indexes
        WHERE tablename = 'people' AND indexname <> 'people_pkey'
    """)
    return found


LISTS: list[dict[str, Any]] = [
    {"sort": "name"},
    {"sort": "name:desc"},
    {"sort": "v"},
    {"sort": "f:desc"},
    {"sort": "name:raw"},
    {"sort": "v:raw:desc"},
    {"sort": "n"},
    {"sort": "n:desc"},
    {"sort": "d,n:desc"},
    {"sort": "n:desc,name:desc,d"},
    {"filter": {"column": "name", "op": "contains", "value": "abcd"}},
    {"filter": {"column": "v", "op": "starts_with", "value": "ABCD"}},
    {"filter": {"column": "name", "op": "ge", "value": "ffff"}},
    {"filter": {"column": "v", "op": "eq", "value": "c4ca4238a0b923820dcc509a6f75849b"}},
    {"filter": {"column": "n", "op": "in", "value": [200]}},
    {"filter": {"and": [{"column": "n", "op": "eq", "value": 5}, {"column": "d", "op": "gt", "value": "2022-09-01"}]}},
    {"filter": {"column": "n", "op": "eq", "value": 5}, "sort": "d:desc"},
    {"filter": {"column": "d", "op": "within", "value": "today"}},
    {"search": "abcdef"},
    {"search": "abcdef 123"},
]


@pytest.mark.parametrize("query", LISTS, ids=json.dumps)
async def test_the_index_that_a_list_lacks_is_the_one_it_uses(
    schema: Schema, tenant: Tenant, query: dict[str, Any]
) -> None:
    await tenant.run(PEOPLE)
    asked = {name: text if isinstance(text, str) else json.dumps(text) for name, text in query.items()}
    selection = request.selection(request.TableName("public", "people"), **asked)
    plan = await planned(tenant, selection)
    wanted = indexing.operation(plan.table, plan.selection.hints)
    assert wanted is not None
    assert await ended(schema, (await schema.apply(**wanted))["id"]) == "done"
    plan = await planned(tenant, selection)
    assert plan.selection.hints == ()
    query_ = statement.page(plan.shape)
    async with tenant.binding.connected("ro_a") as connection:
        plan_ = await connection.fetchval("EXPLAIN (FORMAT JSON) " + query_.text, *query_.arguments(plan.arguments))
    (index,) = [
        name
        for name in await tenant.value("SELECT array_agg(indexname::text) FROM pg_indexes WHERE tablename = 'people'")
        if name != "people_pkey"
    ]
    nodes = list(walk(json.loads(plan_)[0]["Plan"]))
    assert index in [node.get("Index Name") for node in nodes]
    if "filter" not in query and "search" not in query:
        assert not [node for node in nodes if node["Node Type"] == "Sort"]


async def ended(schema: Schema, operation: int) -> str:
    """How an operation ended that may run on for a while."""
    async with asyncio.timeout(60):
        while (state := (await schema.operation(operation))["state"]) == "running":
            pass
    return str(state)


async def planned(tenant: Tenant, selection: request.Selection) -> Any:
    async with tenant.binding.connected("ro_a") as connection:
        known = await catalog.read(connection)
    return resolve.page(known, request.page(selection, limit=10))


def walk(node: dict[str, Any]) -> Any:
    yield node
    for inner in node.get("Plans", []):
        yield from walk(inner)


async def test_an_index_is_taken_back_and_made_again(schema: Schema, tenant: Tenant) -> None:
    await tenant.run(PEOPLE)
    made = await schema.apply(
        **INDEX | {"columns": [{"column": "name", "by": "sort_key", "descending": True}, {"column": "n"}]}
    )
    before = await definitions(tenant)
    assert before == [
        "CREATE INDEX people_name_n_idx ON public.people USING btree (rowhouse.sort_key(name) DESC, name DESC, n)"
    ]
    undone = await schema.undo(made["id"])
    assert (undone["state"], await definitions(tenant)) == ("done", [])
    redone = await schema.redo(made["id"])
    assert (redone["state"], await definitions(tenant)) == ("done", before)
    dropped = await schema.apply(do="drop_index", schema="public", name="people_name_n_idx")
    assert await definitions(tenant) == []
    await schema.undo(dropped["id"])
    assert await definitions(tenant) == before
    assert (await schema.operation(made["id"]))["state"] == "done"


REFUSED: list[tuple[dict[str, Any], str, tuple[str, ...]]] = [
    ({"columns": []}, "OPERATION_INVALID", ("columns",)),
    ({"columns": [{"column": "n"}] * 33}, "OPERATION_INVALID", ("32",)),
    ({"columns": [{"column": "n"}, {"column": "n"}]}, "COLUMN_TWICE", ()),
    ({"columns": [{"column": "nn"}]}, "COLUMN_NOT_FOUND", ("did you mean 'n'",)),
    ({"columns": [{"column": "n", "by": "sort_key"}]}, "OPERATION_INVALID", ("is for text",)),
    ({"columns": [{"column": "n", "by": "trigram"}]}, "OPERATION_INVALID", ("is for text",)),
    ({"columns": [{"column": "name", "by": "trigram"}, {"column": "n"}]}, "OPERATION_INVALID", ("two indexes",)),
    ({"columns": [{"column": "n", "by": "magic"}]}, "OPERATION_INVALID", ("by",)),
    ({"table": "latest"}, "NOT_A_TABLE", ("view",)),
    ({"columns": [{"column": "d"}], "name": "people_pkey"}, "INDEX_EXISTS", ("people_pkey",)),
    ({"columns": [{"column": "id"}]}, "INDEX_EXISTS", ("(id)",)),
]


async def test_what_cannot_be_an_index_is_refused(schema: Schema, tenant: Tenant, subtests: pytest.Subtests) -> None:
    await tenant.run(
        "CREATE TABLE people (id int PRIMARY KEY, name text, n int, d date); CREATE VIEW latest AS TABLE people"
    )
    for changes, reason, words in REFUSED:
        with subtests.test(changes=str(changes)[:80]), refused(reason, *words):
            await schema.apply(**INDEX | changes)
    with refused("INDEX_OF_CONSTRAINT", "people_pkey"):
        await schema.apply(do="drop_index", schema="public", name="people_pkey")
    with refused("INDEX_NOT_FOUND", "did you mean 'people_pkey'"):
        await schema.apply(do="drop_index", schema="public", name="people_pky")
    assert await definitions(tenant) == []


async def test_names_that_are_taken_get_a_number(schema: Schema, tenant: Tenant) -> None:
    await tenant.run("CREATE TABLE people (id int PRIMARY KEY, n int); CREATE TABLE people_n_idx (i int)")
    await schema.apply(**INDEX)
    assert await definitions(tenant) == ["CREATE INDEX people_n_idx1 ON public.people USING btree (n)"]


async def test_others_read_and_write_while_an_index_is_made(keyring: Keyring, tenant: Tenant) -> None:
    """A reader from before keeps it from ending: it is running, and nobody waits for it."""
    await tenant.run(PEOPLE)
    async with (
        serving(keyring, SystemClock()) as channel,
        tenant.psql("read") as reader,
        tenant.psql("write") as writer,
    ):
        schema = Schema(channel, tenant.member())
        transaction = reader.transaction(isolation="repeatable_read")
        await transaction.start()
        await reader.fetchval("SELECT count(*) FROM people")
        running = await schema.apply(**INDEX)
        assert running["state"] == "running"
        await writer.execute("SET lock_timeout = 500; UPDATE people SET n = 0 WHERE id = 1")
        await transaction.rollback()
        assert await ended(schema, running["id"]) == "done"
        assert (await schema.operation(running["id"]))["undoable"]
    assert len(await definitions(tenant)) == 1


async def test_an_index_that_postgres_refuses_leaves_nothing(schema: Schema, tenant: Tenant) -> None:
    await tenant.run(PEOPLE)
    # Random letters do not shrink, and a btree takes 2,704 bytes.
    await tenant.run(
        "UPDATE people SET name = (SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 200)) WHERE id = 1"
    )
    with refused("REFUSED_BY_POSTGRES", "index row size"):
        await schema.apply(**INDEX | {"columns": [{"column": "name"}]})
    assert await tenant.value("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == 0
    step = (await schema.operations())["operations"][0]
    assert (step["state"], step["undoable"]) == ("failed", False)
    assert "index row size" in step["detail"]["why"]


async def test_an_undo_that_fails_lets_the_step_stand(schema: Schema, tenant: Tenant) -> None:
    await tenant.run(PEOPLE)
    dropped = await schema.apply(**INDEX | {"columns": [{"column": "name"}]})
    dropped = await schema.apply(do="drop_index", schema="public", name="people_name_idx")
    await tenant.run(
        "UPDATE people SET name = (SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 200)) WHERE id = 1"
    )
    with refused("REFUSED_BY_POSTGRES", "index row size"):
        await schema.undo(dropped["id"])
    step = await schema.operation(dropped["id"])
    assert (step["state"], step["undone_by"]) == ("done", None)


@pytest.mark.parametrize("makes", [True, False])
async def test_what_a_killed_service_left_is_ended(keyring: Keyring, tenant: Tenant, makes: bool) -> None:
    await tenant.run(PEOPLE)
    if not makes:
        async with serving(keyring, SystemClock()) as channel:
            await Schema(channel, tenant.member()).apply(**INDEX)
    operation = INDEX if makes else {"do": "drop_index", "schema": "public", "name": "people_n_idx"}
    async with serving(keyring, SystemClock()) as channel, tenant.psql("read") as reader:
        schema = Schema(channel, tenant.member())
        transaction = reader.transaction(isolation="repeatable_read")
        await transaction.start()
        await reader.fetchval("SELECT count(*) FROM people")
        running = await schema.apply(**operation)
        async with tenant.binding.connected("postgres") as superuser:
            await superuser.execute("""
                SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                WHERE query ~ 'INDEX CONCURRENTLY' AND pid <> pg_backend_pid()
            """)
        await transaction.rollback()
        assert (await schema.operation(running["id"]))["state"] == "running"
    with assembled(schema_settings(), keyring, SystemClock()) as made:
        await made.concurrently.sweep(tenant.member(), age=3600)
        assert await state(tenant, running["id"]) == "running"
        await made.concurrently.sweep(tenant.member(), age=0)
    assert await state(tenant, running["id"]) == ("failed" if makes else "done")
    assert await definitions(tenant) == []


async def state(tenant: Tenant, operation: int) -> str:
    async with tenant.binding.connected("postgres") as superuser:
        found: str = await superuser.fetchval("SELECT state FROM rowhouse.operation WHERE id = $1", operation)
    return found


async def test_the_sweep_leaves_alone_what_is_at_work(keyring: Keyring, tenant: Tenant) -> None:
    await tenant.run(PEOPLE)
    async with serving(keyring, SystemClock()) as channel, tenant.psql("read") as reader:
        schema = Schema(channel, tenant.member())
        transaction = reader.transaction(isolation="repeatable_read")
        await transaction.start()
        await reader.fetchval("SELECT count(*) FROM people")
        running = [(await schema.apply(**INDEX | {"columns": [{"column": name}]}))["id"] for name in ("n", "d")]
        with refused("TOO_MANY_INDEXES"):
            await schema.apply(**INDEX | {"columns": [{"column": "v"}]})
        with assembled(schema_settings(), keyring, SystemClock()) as made:
            await made.concurrently.sweep(tenant.member(), age=0)
        assert [await state(tenant, step) for step in running] == ["running", "running"]
        await transaction.rollback()
        assert [await ended(schema, step) for step in running] == ["done", "done"]
    assert len(await definitions(tenant)) == 2


async def test_a_database_with_a_trigram_index_is_dumped_and_hardened_as_ever(schema: Schema, tenant: Tenant) -> None:
    await tenant.run(PEOPLE)
    assert "\nCREATE EXTENSION" not in tenant.dump(ours=True)
    made = await schema.apply(**INDEX | {"columns": [{"column": "name", "by": "trigram"}]})
    assert await ended(schema, made["id"]) == "done"
    await tenant.binding.become()
    dump = tenant.dump(ours=True)
    assert "\nCREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA rowhouse;\n" in dump
    async with tenant.binding.connected("postgres", "postgres") as superuser:
        await superuser.execute("DROP DATABASE IF EXISTS ordinary")
        await superuser.execute("CREATE DATABASE ordinary TEMPLATE template0")
        try:
            async with tenant.binding.connected("postgres", "ordinary") as ordinary:
                await restored(ordinary, dump)
                assert await ordinary.fetchval(
                    "SELECT count(*) FROM people WHERE rowhouse.sort_key(name) LIKE '%abcd%'"
                )
                assert await ordinary.fetchval("SELECT count(*) FROM pg_indexes WHERE indexdef ~ 'gin_trgm_ops'") == 1
        finally:
            await superuser.execute("DROP DATABASE ordinary WITH (FORCE)")


async def restored(connection: "asyncpg.Connection", dump: str) -> None:
    """Run a dump without its rows."""
    kept, copying = [], False
    for line in dump.splitlines():
        copying = copying or line.startswith("COPY ")
        if not copying and not line.startswith("\\"):
            kept.append(line)
        copying = copying and line != "\\."
    await connection.execute("\n".join(kept))
    await connection.execute("INSERT INTO public.people (id, name) VALUES (1, 'xabcdx'); SET search_path = public")
