"""Imports that nobody waits for: answered when the file is here, carried out by whichever process lives, once."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from services.kit.rpc.channel import Channel
from services.records.clients import Schema as SchemaClient
from services.records.errors import SchemaUnavailable
from services.records.imports import background
from tests.fixtures.files import Files, relations
from tests.fixtures.records import serving_records
from tests.fixtures.schema import Schema, refused
from tests.fixtures.tenants import Keyring, Tenant

Serve = Callable[..., AbstractAsyncContextManager[Files]]
ROWS = "id,name\n" + "".join(f"{n},name {n}\n" for n in range(50_000))


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    """The folder of files that wait."""
    return tmp_path / "spool"


@pytest_asyncio.fixture
async def serve(keyring: Keyring, schema_channel: Channel, tenant: Tenant, spool: Path) -> Serve:
    """Starts services, one after the other, that have the same spool."""

    @asynccontextmanager
    async def serving(
        adopt: Callable[[Mapping[str, Any], str], Awaitable[int]] | None = None, **settings: Any
    ) -> AsyncIterator[Files]:
        given = {"spool_folder": spool, **settings}
        async with serving_records(keyring, adopt or SchemaClient(schema_channel).apply, **given) as channel:
            yield Files(channel, tenant.member())

    return serving


def leave(spool: Path) -> None:
    spool.mkdir()
    (spool / "import_left.data").write_bytes(b"a\n1\n")


def modes(spool: Path) -> set[int]:
    return {path.stat().st_mode & 0o777 for path in (spool, *spool.iterdir())}


def kept(spool: Path) -> list[str]:
    return sorted(path.suffix for path in spool.iterdir())


async def forgotten(spool: Path) -> bool:
    """Whether the spool is empty, soon after an import's record says how it ended."""
    async with asyncio.timeout(10):
        while kept(spool):  # noqa: ASYNC110  a folder has no event for us
            await asyncio.sleep(0)
    return True


async def test_who_does_not_wait_hears_at_once_and_finds_the_table_later(
    serve: Serve, schema: Schema, tenant: Tenant, spool: Path
) -> None:
    async with serve() as files:
        told = await files.hand_in(ROWS)
        assert (told["state"], told["resumable"], told["problem"]) == ("running", True, None)
        assert told["progress"]["total_bytes"] == len(ROWS)
        done = await files.ended(told["id"])
        assert await forgotten(spool)
    assert (done["state"], done["rows"], done["table"]) == ("done", 50_000, "people")
    assert (await schema.operation(done["operation"]))["actor"] == {"id": "ada", "name": "Ada"}


async def test_a_file_for_a_table_that_is_there_is_merged_for_the_person(
    serve: Serve, schema: Schema, tenant: Tenant
) -> None:
    await tenant.run("CREATE TABLE public.people (id int PRIMARY KEY, name text)")
    async with serve() as files:
        told = await files.by(tenant.member("editor", "eve")).hand_in(ROWS, into="people", mode="upsert")
        done = await files.ended(told["id"])
    assert done["counts"]["new"] == 50_000
    assert (await schema.operation(done["operation"]))["actor"] == {"id": "eve", "name": "Eve"}


async def test_what_is_wrong_with_the_file_stands_in_its_record(serve: Serve, tenant: Tenant, spool: Path) -> None:
    async with serve() as files:
        told = await files.hand_in("a,b\n1\n")
        ended = await files.ended(told["id"])
        assert await forgotten(spool)
    assert ended["state"] == "failed"
    assert ended["problem"]["code"] == "ROW_RAGGED"
    assert ended["problem"]["detail"].startswith("Line 2: ")
    assert await relations(tenant) == []


async def test_what_is_wrong_with_the_question_is_answered_at_once(serve: Serve, tenant: Tenant) -> None:
    async with serve() as files:
        with refused("OPTION_INVALID"):
            await files.hand_in("a\n1\n", colour="red")
        with refused("ROLE_TOO_LOW"):
            await files.by(tenant.member("editor")).hand_in("a\n1\n")
        assert (await files.imports())["imports"] == []


async def test_a_service_that_ends_leaves_the_file_to_the_next(serve: Serve, tenant: Tenant, spool: Path) -> None:
    begun = asyncio.Event()

    async def stuck(operation: Mapping[str, Any], token: str) -> int:
        begun.set()
        return await asyncio.Event().wait() or 0

    async with serve(stuck) as files:
        told = await files.hand_in(ROWS)
        await begun.wait()
    assert kept(spool) == [".data", ".json"]
    async with serve() as files:
        assert (await files.ended(told["id"]))["state"] == "done"
        assert await forgotten(spool)
    assert await relations(tenant) == ["people"]
    assert await relations(tenant, "rowhouse_load") == []


async def test_a_service_beside_it_leaves_a_file_alone_that_is_worked_on(serve: Serve, tenant: Tenant) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(operation: Mapping[str, Any], token: str) -> int:
        begun.set()
        await go_on.wait()
        raise SchemaUnavailable

    async def never(operation: Mapping[str, Any], token: str) -> int:
        raise AssertionError("two services work on one file")

    async with serve(slow) as files:
        told = await files.hand_in(ROWS)
        await begun.wait()
        async with serve(never) as beside:
            assert (await beside.report(told["id"]))["state"] == "running"
        go_on.set()


async def test_what_is_only_away_is_tried_again(
    serve: Serve, schema_channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "RETRY_SECONDS", 0.01)
    tries: list[str] = []

    async def away_at_first(operation: Mapping[str, Any], token: str) -> int:
        tries.append(operation["load"])
        if len(tries) < 3:
            raise SchemaUnavailable
        return await SchemaClient(schema_channel).apply(operation, token)

    async with serve(away_at_first) as files:
        assert (await files.ended((await files.hand_in(ROWS))["id"]))["state"] == "done"
    assert len(set(tries)) == 3


async def test_a_file_that_is_gone_ends_as_failed_with_a_sentence(serve: Serve, tenant: Tenant, spool: Path) -> None:
    async def stuck(operation: Mapping[str, Any], token: str) -> int:
        return await asyncio.Event().wait() or 0

    async with serve(stuck) as files:
        told = await files.hand_in(ROWS)
    shutil.rmtree(spool)
    async with tenant.binding.connected("postgres") as superuser:
        await superuser.execute("UPDATE rowhouse.import SET seen_at = now() - interval '11 minutes'")
    async with serve() as files:
        ended = await files.report(told["id"])
    assert ended["state"] == "failed"
    assert ended["problem"]["code"] == "IMPORT_INTERRUPTED"


async def test_what_was_not_wholly_here_is_thrown_away_at_the_next_start(serve: Serve, spool: Path) -> None:
    leave(spool)
    async with serve():
        assert kept(spool) == []


async def test_the_files_that_wait_are_bounded(serve: Serve, spool: Path) -> None:
    async with serve(spool_bytes=1000) as files:
        with refused("SPOOL_FULL"):
            await files.hand_in(ROWS)
        assert kept(spool) == []
        assert (await files.imports())["imports"] == []


async def test_the_folder_and_its_files_are_nobody_elses(serve: Serve, spool: Path) -> None:
    async def stuck(operation: Mapping[str, Any], token: str) -> int:
        return await asyncio.Event().wait() or 0

    async with serve(stuck) as files:
        await files.hand_in(ROWS)
    assert modes(spool) == {0o700, 0o600}


async def test_an_import_that_is_handed_in_again_under_its_key_is_the_same(serve: Serve, tenant: Tenant) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    inner: list[Callable[[Mapping[str, Any], str], Awaitable[int]]] = []

    async def slow(operation: Mapping[str, Any], token: str) -> int:
        begun.set()
        await go_on.wait()
        return await inner[0](operation, token)

    async with serve(slow) as files:
        first = await files.hand_in(ROWS, once="k")
        await begun.wait()
        assert (await files.hand_in(ROWS, once="k"))["id"] == first["id"]
        with refused("IDEMPOTENCY_KEY_REUSED"):
            await files.hand_in(ROWS + "9,x\n", once="k")
    async with serve() as files:
        done = await files.ended(first["id"])
        assert await files.hand_in(ROWS, once="k") == done
        assert await files.load(ROWS, once="k") == done
        assert len((await files.imports())["imports"]) == 1


async def test_a_service_without_a_spool_has_everybody_wait(files: Files) -> None:
    assert (await files.hand_in("a\n1\n"))["state"] == "done"
