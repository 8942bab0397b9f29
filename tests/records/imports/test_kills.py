"""The records service is killed at each step of an import: the table is whole or untouched, and the same request again is done once."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio

from services.kit.clock import SystemClock
from services.kit.errors import AppError
from services.kit.rpc.channel import Channel
from services.records.clients import Schema as SchemaClient
from tests.fixtures.files import Files, relations
from tests.fixtures.mortal import Step, mortal
from tests.fixtures.records import serving_records
from tests.fixtures.schema import serving
from tests.fixtures.tenants import Keyring, Tenant

COUNT = 5_000
ROWS = "id,name\n" + "".join(f"{n},name {n}\n" for n in range(COUNT))
GONE = (grpc.aio.AioRpcError, AppError)
LOADING = [
    Step("journal.open", "before"),
    Step("journal.open", "after"),
    Step("load.Load.create", "before"),
    Step("load.Load.create", "after"),
    Step("load.Load.copy", "after"),
    Step("journal.advance", "after"),
    Step("load.Load.finish", "after"),
]
MAKING = [
    *LOADING,
    Step("key.settle", "before"),
    Step("key.settle", "after"),
    Step("work.Worker._make", "after"),
    Step("history.read", "before"),
    Step("history.read", "after"),
]
ADDING = [
    *LOADING,
    Step("merging.merge", "before"),
    Step("journal.end", "before"),
    Step("journal.end", "after"),
    Step("merging.merge", "after"),
    Step("leftovers.drop", "before"),
    Step("leftovers.drop", "after"),
    Step("history.read", "before"),
]
WAITING = [
    Step("spool.Spool.keep", "before"),
    Step("spool.Spool.keep", "after"),
    Step("journal.open", "after"),
    Step("spool.Spool.note", "before"),
    Step("spool.Spool.note", "after"),
    Step("load.Load.create", "after"),
    Step("load.Load.copy", "after"),
    Step("key.settle", "after"),
    Step("work.Worker._make", "after"),
    Step("spool.Spool.forget", "before"),
    Step("spool.Spool.forget", "after"),
]


@pytest_asyncio.fixture
async def schema_address(keyring: Keyring) -> AsyncIterator[str]:
    """Where a schema service listens that survives."""
    with tempfile.TemporaryDirectory(prefix="rh-") as folder:
        address = f"unix:{Path(folder) / 's'}"
        async with serving(keyring, SystemClock(), address):
            yield address


@pytest_asyncio.fixture
async def survivor(keyring: Keyring, schema_address: str, tenant: Tenant, tmp_path: Path) -> AsyncIterator[Files]:
    """A service that comes after the one that was killed: it has looked for what that one left behind."""
    async with Channel(schema_address) as schema:
        adopt = SchemaClient(schema).apply
        async with serving_records(keyring, adopt, spool_folder=tmp_path / "spool") as channel:
            yield Files(channel, tenant.member())


async def send(channel: Channel, tenant: Tenant, **options: Any) -> None:
    with suppress(*GONE):
        await Files(channel, tenant.member()).load(ROWS, once="k", **options)


async def states(files: Files) -> list[str]:
    """How the imports ended: none runs for ever."""
    async with asyncio.timeout(20):
        return [(await files.ended(found["id"]))["state"] for found in (await files.imports())["imports"]]


async def count(tenant: Tenant) -> int:
    found: int = await tenant.value("SELECT count(*) FROM people", access="read")
    return found


async def nothing_is_loaded(files: Files, tenant: Tenant) -> None:
    """The next import takes along what the killed one left."""
    async with asyncio.timeout(20):
        while await relations(tenant, "rowhouse_load"):
            await files.load("id\n", into="people", dry_run=True)


@pytest.mark.parametrize("step", MAKING, ids=str)
async def test_a_new_table_is_whole_or_not_there(
    keyring: Keyring, tenant: Tenant, schema_address: str, survivor: Files, tmp_path: Path, step: Step
) -> None:
    async with mortal(keyring, tenant, schema_address, tmp_path / "other", step) as channel:
        await send(channel, tenant)
    ended = await states(survivor)
    assert len(ended) <= 1
    assert await relations(tenant) == (["people"] if ended == ["done"] else [])
    report = await survivor.load(ROWS, once="k")
    assert (report["state"], report["rows"]) == ("done", COUNT)
    assert await relations(tenant) == ["people"]
    assert await count(tenant) == COUNT
    await nothing_is_loaded(survivor, tenant)


@pytest.mark.parametrize("step", ADDING, ids=str)
async def test_rows_for_a_table_are_all_there_or_none(
    keyring: Keyring, tenant: Tenant, schema_address: str, survivor: Files, tmp_path: Path, step: Step
) -> None:
    await tenant.run("CREATE TABLE public.people (id int, name text)")
    async with mortal(keyring, tenant, schema_address, tmp_path / "other", step) as channel:
        await send(channel, tenant, into="people")
    ended = await states(survivor)
    assert await count(tenant) == (COUNT if ended == ["done"] else 0)
    report = await survivor.load(ROWS, once="k", into="people")
    assert report["counts"]["new"] == COUNT
    assert await count(tenant) == COUNT
    assert await tenant.value("SELECT count(*) FROM rowhouse.operation WHERE verb = 'import_records'") == 1
    await nothing_is_loaded(survivor, tenant)


@pytest.mark.parametrize("step", WAITING, ids=str)
async def test_a_file_that_was_handed_in_is_imported_by_the_next_process(
    keyring: Keyring, tenant: Tenant, schema_address: str, tmp_path: Path, step: Step
) -> None:
    spool = tmp_path / "spool"
    told = None
    async with mortal(keyring, tenant, schema_address, spool, step) as channel:
        with suppress(*GONE):
            told = await Files(channel, tenant.member()).hand_in(ROWS, once="k")
    async with (
        Channel(schema_address) as schema,
        serving_records(keyring, SchemaClient(schema).apply, spool_folder=spool) as channel,
    ):
        files = Files(channel, tenant.member())
        if told is not None:
            assert (await files.ended(told["id"]))["state"] == "done"
        again = await files.hand_in(ROWS, once="k")
        done = await files.ended(again["id"])
        assert (done["state"], done["rows"]) == ("done", COUNT)
        assert await relations(tenant) == ["people"]
        assert await count(tenant) == COUNT
        await nothing_is_loaded(files, tenant)
    assert os.listdir(spool) == []
