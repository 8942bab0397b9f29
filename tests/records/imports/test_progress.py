"""Imports while they run: seen, counted, cancelled from anywhere, and never running for ever."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import asyncpg
import pytest

from services.records.imports import watch
from tests.fixtures.files import Files, nothing_is_left, relations
from tests.fixtures.schema import Schema, refused
from tests.fixtures.tenants import Tenant

PIECE = (b"1," + b"x" * 1000 + b"\n") * 400


class Slow:
    """A file that comes piece by piece, until its test lets it end."""

    def __init__(self) -> None:
        self._ends = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"a,b\n"
        while not self._ends.is_set():
            yield PIECE

    def end(self) -> None:
        self._ends.set()


async def until(told: Callable[[Any], bool], files: Files) -> Any:
    """The one import once it is so."""
    async with asyncio.timeout(20):
        while True:
            found = (await files.imports())["imports"]
            if found and told(found[0]):
                return found[0]


async def test_an_import_is_listed_with_its_progress_while_it_runs(files: Files) -> None:
    slow = Slow()
    upload = asyncio.create_task(files.load_stream(aiter(slow)))
    first = await until(lambda told: told["progress"]["rows"] > 0, files)
    assert (first["state"], first["table"], first["actor"], first["ended"]) == ("running", "people", "ada", None)
    later = await until(lambda told: told["progress"]["bytes"] > first["progress"]["bytes"], files)
    assert later["id"] == first["id"]
    slow.end()
    report = await upload
    assert report["progress"]["rows"] == report["rows"]
    assert (await files.imports())["imports"][0]["state"] == "done"


async def test_a_cancelled_import_stops_and_leaves_nothing(files: Files, tenant: Tenant) -> None:
    slow = Slow()
    upload = asyncio.create_task(files.load_stream(aiter(slow)))
    running = await until(lambda told: told["progress"]["rows"] > 0, files)
    told = await files.by(tenant.member("editor", "eve")).cancel(running["id"])
    assert told["state"] == "cancelled"
    with refused("IMPORT_CANCELLED"):
        await upload
    await nothing_is_left(tenant)
    assert (await files.report(running["id"]))["state"] == "cancelled"


async def test_cancelling_stops_an_upload_that_stands_still(files: Files, tenant: Tenant) -> None:
    async def stands_still() -> AsyncIterator[bytes]:
        yield b"a,b\n"
        yield PIECE
        await asyncio.Event().wait()

    upload = asyncio.create_task(files.load_stream(stands_still()))
    running = await until(lambda told: told["state"] == "running", files)
    await files.cancel(running["id"])
    async with asyncio.timeout(20):
        while await relations(tenant, "rowhouse_load"):
            pass
    upload.cancel()
    with pytest.raises((asyncio.CancelledError, Exception)):
        await upload


async def test_cancelling_stops_a_statement_that_takes_long(
    files: Files, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "BEAT_SECONDS", 0.05)
    await tenant.run("CREATE TABLE public.people (a int)")
    async with tenant.psql("write") as writer, writer.transaction():
        await writer.execute("LOCK TABLE people IN SHARE MODE")
        upload = asyncio.create_task(files.load("a\n1\n", into="people"))
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        async with tenant.binding.connected("postgres") as superuser:
            while not await superuser.fetchval(waiting):
                pass
            await files.cancel((await files.imports())["imports"][0]["id"])
            with refused("IMPORT_CANCELLED"):
                await upload
            assert await superuser.fetchval(waiting) == 0
    assert await tenant.value("SELECT count(*) FROM people", access="read") == 0


async def test_what_has_ended_cannot_be_cancelled(files: Files, tenant: Tenant) -> None:
    report = await files.load("a\n1\n")
    with refused("IMPORT_ENDED", report["id"]):
        await files.cancel(report["id"])
    with refused("IMPORT_NOT_FOUND"):
        await files.cancel("99")
    with refused("ROLE_TOO_LOW"):
        await files.by(tenant.member("viewer")).cancel(report["id"])
    assert (await files.report(report["id"]))["state"] == "done"


async def test_a_table_is_not_adopted_for_an_import_that_was_cancelled(
    files: Files, schema: Schema, tenant: Tenant
) -> None:
    async with tenant.binding.connected(f"{tenant.id}_load_a") as connection:
        await connection.execute("CREATE TABLE rowhouse_load.import_1_x (a int)")
        number = await connection.fetchval("SELECT rowhouse.open_import('public', 'people', 'ada', 'Ada')")
        await files.cancel(str(number))
        with refused("IMPORT_ENDED"):
            await schema.apply(
                do="adopt_table", load="import_1_x", schema="public", name="people", detail={}, importing=number
            )
    assert await relations(tenant) == []


async def test_a_failed_import_says_why(files: Files, tenant: Tenant) -> None:
    with refused("ROW_RAGGED"):
        await files.load("a,b\n1,2\n3\n")
    (failed,) = (await files.imports())["imports"]
    assert (failed["state"], failed["problem"]["code"]) == ("failed", "ROW_RAGGED")
    assert failed["problem"]["context"] == {"line": "3", "expected": "2", "found": "1"}
    await nothing_is_left(tenant)


async def test_an_import_does_not_outlive_the_session_that_loads_it(files: Files, tenant: Tenant) -> None:
    async with tenant.binding.connected(f"{tenant.id}_load_a") as connection:
        number = await connection.fetchval("SELECT rowhouse.open_import('public', 'people', 'ada', 'Ada')")
        assert (await files.report(str(number)))["state"] == "running"
    ended = await files.ended(str(number))
    assert (ended["state"], ended["problem"]["code"]) == ("failed", "IMPORT_INTERRUPTED")


async def test_imports_are_listed_in_pages_the_latest_first(files: Files) -> None:
    made = [(await files.load("a\n1\n", f"t{n}"))["id"] for n in range(5)]
    found, cursor = [], ""
    while cursor is not None:
        page = await files.imports(limit=2, cursor=cursor)
        found += [told["id"] for told in page["imports"]]
        cursor = page["next"]
    assert found == made[::-1]


async def test_old_imports_are_forgotten_with_what_they_rejected(files: Files, tenant: Tenant) -> None:
    await tenant.run("CREATE TABLE public.people (a int)")
    report = await files.load("a\nx\n", into="people", on_misfit="reject")
    async with tenant.binding.connected("postgres") as superuser:
        await superuser.execute("UPDATE rowhouse.import SET started_at = now() - interval '91 days'")
        assert (await files.imports())["imports"] == []
        assert await superuser.fetchval("SELECT count(*) FROM rowhouse.import_reject") == 0
    with refused("IMPORT_NOT_FOUND"):
        await files.report(report["id"])


async def test_rejects_come_in_pages_in_the_files_order(files: Files, tenant: Tenant) -> None:
    text = "a,b\n" + "".join(f"x{n},y{n}\n" for n in range(5))
    wishes = [{"source": name, "type": "integer", "on_misfit": "reject"} for name in "ab"]
    report = await files.load(text, columns=wishes)
    assert report["rejects"] == 10
    found, cursor = [], ""
    while cursor is not None:
        page = await files.rejects(report["id"], limit=3, cursor=cursor)
        found += [(told["row"], told["column"], told["value"]) for told in page["rejects"]]
        cursor = page["next"]
    assert found == [(n + 1, name, f"{value}{n}") for n in range(5) for name, value in (("a", "x"), ("b", "y"))]


async def test_no_login_writes_the_record_of_an_import_by_itself(tenant: Tenant) -> None:
    for login in ("rw_a", "load_a", "ddl_a"):
        async with tenant.binding.connected(f"{tenant.id}_{login}") as connection:
            for sql in (
                "INSERT INTO rowhouse.import (schema_name, table_name) VALUES ('a', 'b')",
                "DELETE FROM rowhouse.import_reject",
            ):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(sql)
    async with tenant.psql("ddl") as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("SELECT rowhouse.end_import(1, 'done')")
