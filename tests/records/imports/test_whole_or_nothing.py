"""An import that breaks off, wherever it does, leaves nothing; nobody sees half a table."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import asyncpg
import pytest
from rowhouse.records.v1 import records_pb2

from services.kit.rpc import identity
from services.kit.rpc.identity import Caller
from services.records import app
from services.records.errors import SchemaUnavailable
from tests.fixtures.files import Files, chunk, column, finish, nothing_is_left, opened, relations
from tests.fixtures.records import as_records, no_schema, records_settings, serving_records
from tests.fixtures.schema import refused
from tests.fixtures.tenants import Keyring, Tenant


async def test_a_stream_without_finish_leaves_nothing(files: Files, tenant: Tenant) -> None:
    data = b"a,b\n" + b"1,2\n" * 500_000
    with refused("FILE_INCOMPLETE"):
        await files.send(opened(), *(chunk(data[at : at + 100_000]) for at in range(0, len(data), 100_000)))
    await nothing_is_left(tenant)


async def test_a_stream_that_lost_bytes_leaves_nothing(files: Files, tenant: Tenant) -> None:
    with refused("FILE_INCOMPLETE", "5", "8"):
        await files.send(opened(), chunk(b"a\n1\n"), chunk(b"2"), finish(8))
    await nothing_is_left(tenant)


async def test_a_stream_that_is_none_is_refused(files: Files) -> None:
    with refused("STREAM_INVALID"):
        await files.send(chunk(b"a\n1\n"))
    with refused("STREAM_INVALID"):
        await files.send(opened(), chunk(b"a\n1\n"), opened())


async def test_a_caller_that_goes_away_leaves_nothing(files: Files, tenant: Tenant) -> None:
    begun = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b"a,b\n"
        while True:
            yield b"1,2\n" * 50_000
            if await relations(tenant, "rowhouse_load"):
                begun.set()

    upload = asyncio.create_task(files.load_stream(endless()))
    await begun.wait()
    upload.cancel()
    with pytest.raises(asyncio.CancelledError):
        await upload
    async with asyncio.timeout(10):
        while await relations(tenant, "rowhouse_load"):  # noqa: ASYNC110  the service has no event for us
            await asyncio.sleep(0)
    await nothing_is_left(tenant)


async def test_a_database_session_that_is_ended_in_the_middle_leaves_nothing(files: Files, tenant: Tenant) -> None:
    superuser = await asyncpg.connect(tenant.binding.server.dsn(tenant.id))
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COPY%' AND datname = current_database()"

    async def endless() -> AsyncIterator[bytes]:
        yield b"a,b\n"
        while True:
            yield b"1,2\n" * 50_000
            await superuser.execute(end)

    with refused("DATABASE_UNAVAILABLE"):
        await files.load_stream(endless())
    await superuser.close()
    await nothing_is_left(tenant)


async def test_nobody_sees_half_a_table(files: Files, tenant: Tenant) -> None:
    seen: list[list[str]] = []

    async def watched() -> AsyncIterator[bytes]:
        yield b"a,b\n"
        for _ in range(20):
            yield b"1,2\n" * 50_000
            seen.append(await relations(tenant))

    await files.load_stream(watched())
    assert all(found == [] for found in seen)
    assert await tenant.value("SELECT count(*) FROM people") == 1_000_000


async def test_what_a_dead_import_left_goes_with_the_next(files: Files, tenant: Tenant) -> None:
    async with tenant.binding.connected(f"{tenant.id}_load_a") as connection:
        await connection.execute("CREATE TABLE rowhouse_load.import_1_dead (a int)")
        alive = f"import_{connection.get_server_pid()}_alive"
        await connection.execute(f"CREATE TABLE rowhouse_load.{alive} (a int)")
        await files.load("a\n1\n")
        assert await relations(tenant, "rowhouse_load") == [alive]


async def test_what_a_dead_import_left_goes_by_itself(tenant: Tenant, keyring: Keyring) -> None:
    async with tenant.binding.connected(f"{tenant.id}_load_a") as connection:
        await connection.execute("CREATE TABLE rowhouse_load.import_1_dead (a int)")
    service = Caller(subject="service:records", tenant=tenant.id, via="service")
    with app.assembled(records_settings(), keyring, no_schema, as_records) as made, identity.as_caller(service, ""):
        await made.importer.sweep(service)
    assert await relations(tenant, "rowhouse_load") == []


async def test_two_imports_at_once_do_not_meet(files: Files) -> None:
    first, second = await asyncio.gather(
        files.load("a\n" + "1\n" * 300_000, "one"), files.load("a\n" + "x\n" * 300_000, "two")
    )
    assert (first["rows"], second["rows"]) == (300_000, 300_000)
    assert (column(first, "a")["type"], column(second, "a")["type"]) == ("bigint", "text")


async def test_of_two_imports_of_one_name_one_wins_and_the_other_leaves_nothing(files: Files, tenant: Tenant) -> None:
    outcomes = await asyncio.gather(*(files.load("a\n" + "1\n" * 300_000) for _ in range(2)), return_exceptions=True)
    lost = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert [getattr(error, "reason", error) for error in lost] == ["TABLE_EXISTS"]
    assert await relations(tenant, "rowhouse_load") == []


async def test_the_token_that_comes_with_the_end_speaks_for_the_caller(keyring: Keyring, tenant: Tenant) -> None:
    spoken: list[str] = []

    async def adopt(operation: Mapping[str, Any], token: str) -> int:
        spoken.append(token)
        return 1

    async with serving_records(keyring, adopt) as channel:
        end = records_pb2.ImportRequest(finish=records_pb2.ImportFinish(bytes=4, token="fresh"))
        await Files(channel, tenant.member()).send(opened(), chunk(b"a\n1\n"), end)
    assert spoken == ["fresh"]


async def test_a_schema_service_that_fails_leaves_nothing(keyring: Keyring, tenant: Tenant) -> None:
    async def away(operation: Mapping[str, Any], token: str) -> int:
        raise SchemaUnavailable

    async with serving_records(keyring, away) as channel:
        with refused("SCHEMA_UNAVAILABLE"):
            await Files(channel, tenant.member()).load("a\n1\n")
    await nothing_is_left(tenant)
