"""One import from its first byte to its place on the timeline."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import asyncpg
import structlog

from services.kinds import Format
from services.kit.rpc.identity import Caller
from services.records.imports import head, history, key, leftovers, limits, misfits, options, preview, report
from services.records.imports.errors import FileEmpty, HeadTooLarge, TableExists
from services.records.imports.head import Head
from services.records.imports.infer import Column
from services.records.imports.load import Load
from services.records.imports.misfits import Obstacle
from services.records.imports.options import Options
from services.records.imports.rows import Rows
from services.tenancy import names
from services.tenancy.catalog import Catalog
from services.tenancy.catalogs import Catalogs
from services.tenancy.databases import Databases

_PIECE = 256 << 10
"""Bytes that are cut into rows at once: about 2 ms of the loop's time."""
_log = structlog.get_logger()

Adopt = Callable[[Mapping[str, Any], str], Awaitable[int]]
"""Has schema apply an operation, as the caller, for whom a token may speak anew; gives the operation's id."""


class Upload(Protocol):
    """A file on its way: its bytes, and once they are through a token that is good then. Iterating raises if it does not arrive whole."""

    token: str

    def __aiter__(self) -> AsyncIterator[bytes]: ...


@dataclass(frozen=True, slots=True)
class Target:
    """Where the file goes, checked: a schema that is there, a name that is free, and types wished for by a table to be like."""

    schema: str
    table: str
    types: Mapping[str, str]


class Importer:
    """Imports files into tables of the caller's tenant."""

    def __init__(self, databases: Databases, catalogs: Catalogs, adopt: Adopt) -> None:
        self._databases = databases
        self._catalogs = catalogs
        self._adopt = adopt

    async def run(self, caller: Caller, schema: str, name: str, raw_options: bytes, upload: Upload) -> dict[str, Any]:
        """Import a file into a new table and give the report.

        Raises what is wrong with the options, the file, or the name; then there is no table.
        """
        caller.require("schema:write")
        caller.require("records:write")
        wishes = options.parse(raw_options)
        target = await self._target(caller, schema, name, wishes)
        source = _Counted(upload)
        pieces = _pieces(source)
        first, whole = await _head(pieces)
        found = await asyncio.to_thread(head.read, first, wishes, target.types, whole=whole)
        async with (
            self._databases.acquire(caller.tenant, "load") as connection,
            _load(connection, found, target) as (load, guessed),
        ):
            rows = Rows(found.dialect, found.columns, wishes.null_values, found.line)
            await load.copy(_copied(rows, found, pieces), found.dialect)
            await load.finish()
            primary_key = await key.settle(load, guessed)
            obstacles = await _obstacles(connection, load, found)
            said = report.of(
                found,
                obstacles,
                schema=target.schema,
                table=target.table,
                rows=load.rows,
                size=source.size,
                blank_lines=rows.blank_lines,
                primary_key=primary_key,
            )
            operation = await self._adopt(_operation(load, target, said), upload.token)
        self._catalogs.forget(caller.tenant)
        return {"id": str(operation), "operation": operation, **said}

    async def preview(self, caller: Caller, data: bytes, raw_options: bytes, *, whole: bool) -> dict[str, Any]:
        """Show the head of a file. Raises what is wrong with the options or the head."""
        caller.require("records:read")
        if len(data) > limits.PREVIEW_BYTES:
            raise HeadTooLarge(limits.PREVIEW_BYTES)
        return await asyncio.to_thread(preview.show, data, options.parse(raw_options), {}, whole=whole)

    async def get(self, caller: Caller, identifier: str) -> dict[str, Any]:
        """The report of an import that has been. Raises ImportUnknown."""
        return await history.get(self._databases, caller, identifier)

    async def _target(self, caller: Caller, schema: str, name: str, wishes: Options) -> Target:
        return await self._catalogs.planned(caller.tenant, lambda catalog: _target(catalog, schema, name, wishes))


def _target(catalog: Catalog, schema: str, name: str, wishes: Options) -> Target:
    there, table = catalog.schema(schema).name, names.table(name)
    if any(other.name == table for other in catalog.of(there)):
        raise TableExists(there, table)
    like = catalog.table(there, wishes.like).columns if wishes.like is not None else ()
    return Target(there, table, {column.name: column.type for column in like})


@asynccontextmanager
async def _load(
    connection: asyncpg.Connection, found: Head, target: Target
) -> AsyncIterator[tuple[Load, Column | None]]:
    """A load table that is gone again if what follows fails, now or, where this process dies, at the next sweep."""
    await leftovers.sweep(connection)
    guessed = key.guess(found.columns, target.table, found.shown)
    row_id = None if guessed else key.row_id(found.columns)
    load = Load(connection, await leftovers.name(connection), found.columns, row_id)
    try:
        await load.create()
        yield load, guessed
    except BaseException:
        await _dropped(load)
        raise


async def _dropped(load: Load) -> None:
    try:
        await asyncio.shield(load.drop())
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        _log.warning("load table left for the sweep", load=load.name, error=str(error))


@dataclass(slots=True)
class _Counted:
    """The file's chunks, their bytes counted."""

    chunks: AsyncIterable[bytes]
    size: int = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self.chunks:
            self.size += len(chunk)
            yield chunk


async def _pieces(chunks: _Counted) -> AsyncIterator[bytes]:
    """The same bytes in larger pieces, so that each costs little, and never in much larger ones."""
    held, size = [], 0
    async for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size >= _PIECE:
            whole = b"".join(held)
            for start in range(0, size, _PIECE):
                yield whole[start : start + _PIECE]
            held, size = [], 0
    if held:
        yield b"".join(held)


async def _head(pieces: AsyncIterator[bytes]) -> tuple[bytes, bool]:
    """The beginning of the file, and whether that is all of it."""
    held = bytearray()
    async for piece in pieces:
        held += piece
        if len(held) >= limits.HEAD_BYTES:
            return bytes(held), False
    if not held:
        raise FileEmpty
    return bytes(held), True


async def _copied(rows: Rows, found: Head, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes | None]:
    """What COPY gets of the whole file."""
    for piece in rows.push(found.body):
        yield piece
    async for data in pieces:
        for piece in rows.push(found.decoder.decode(data)):
            yield piece
        await asyncio.sleep(0)
    for piece in rows.push(found.decoder.decode(b"", last=True), last=True):
        yield piece


async def _obstacles(connection: asyncpg.Connection, load: Load, found: Head) -> dict[str, Obstacle]:
    """What kept text columns from a better type."""
    nearest: list[tuple[Column, Format | None]] = list(zip(found.columns, found.nearest, strict=True))
    obstacles = {}
    for column, format_ in nearest:
        if format_ is not None and not column.skip and not column.formats:
            obstacle = await misfits.obstacle(connection, load.table, column, format_)
            if obstacle is not None:
                obstacles[column.header.name] = obstacle
    return obstacles


def _operation(load: Load, target: Target, said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "do": "adopt_table",
        "load": load.name,
        "schema": target.schema,
        "name": target.table,
        "columns": [{"name": column.header.name, "label": column.header.label} for column in load.columns],
        "detail": said,
    }
