"""One import from its first byte to its place on the timeline."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from services.kit.rpc.identity import Caller
from services.records.imports import (
    head,
    history,
    key,
    leftovers,
    limits,
    misfits,
    options,
    preview,
    report,
    sources,
)
from services.records.imports.errors import HeadTooLarge, ImportEnded, TableExists
from services.records.imports.head import Head
from services.records.imports.infer import Column
from services.records.imports.load import Load
from services.records.imports.misfits import Obstacle
from services.records.imports.options import Options
from services.records.imports.pieces import Given, Pieces, Upload
from services.records.imports.rows import Rows
from services.tenancy import names
from services.tenancy.catalogs import Catalogs
from services.tenancy.databases import Databases

Adopt = Callable[[Mapping[str, Any], str], Awaitable[int]]
"""Has schema apply an operation, as the caller, for whom a token may speak anew; gives the operation's id."""


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
        pieces = Pieces(upload)
        async with sources.opened(pieces, wishes) as source:
            found = await asyncio.to_thread(head.read, source, wishes, target.types)
            async with self._loading(caller.tenant, found, target.table) as (load, guessed):
                rows = Rows(found.dialect, found.columns, wishes.null_values, found.line)
                await load.copy(_copied(rows, found), found.dialect)
                await load.finish()
                primary_key = await key.settle(load, guessed)
                said = {
                    "state": "done",
                    "schema": target.schema,
                    "table": target.table,
                    "rows": load.rows,
                    "bytes": pieces.size,
                    "blank_lines": rows.blank_lines,
                    "primary_key": primary_key,
                    **report.of(found, await _obstacles(load, found)),
                }
                operation = await self._adopt(_operation(load, target, said), upload.token)
        self._catalogs.forget(caller.tenant)
        return {"id": str(operation), "operation": operation, **said}

    async def preview(self, caller: Caller, data: bytes, raw_options: bytes, *, whole: bool) -> dict[str, Any]:
        """Show the head of a file. Raises what is wrong with the options or the head."""
        caller.require("records:read")
        if len(data) > limits.PREVIEW_BYTES:
            raise HeadTooLarge(limits.PREVIEW_BYTES)
        wishes = options.parse(raw_options)
        async with sources.opened(Pieces(Given(data)), wishes, whole=whole) as source:
            return await asyncio.to_thread(preview.show, source, wishes, {})

    async def get(self, caller: Caller, identifier: str) -> dict[str, Any]:
        """The report of an import that has been. Raises ImportUnknown."""
        return await history.get(self._databases, caller, identifier)

    async def list(self, caller: Caller, limit: int, cursor: str) -> dict[str, Any]:
        """A page of the imports that have been, the latest first. Raises CursorInvalid, LimitInvalid."""
        return await history.page(self._databases, caller, limit, cursor)

    async def cancel(self, caller: Caller, identifier: str) -> dict[str, Any]:
        """Stop an import that runs. Raises ImportUnknown, ImportEnded."""
        await self.get(caller, identifier)
        raise ImportEnded(identifier)

    async def rejects(self, caller: Caller, identifier: str, limit: int, cursor: str) -> dict[str, Any]:
        """What an import rejected. Raises ImportUnknown."""
        await self.get(caller, identifier)
        return {"rejects": [], "next": None}

    async def sweep(self, caller: Caller) -> None:
        """Drop the load tables that dead imports have left in the caller's tenant."""
        async with self._databases.acquire(caller.tenant, "load") as connection:
            await leftovers.sweep(connection)

    async def _target(self, caller: Caller, schema: str, name: str, wishes: Options) -> Target:
        catalog = await self._catalogs.current(caller.tenant)
        there, table = catalog.schema(schema).name, names.table(name)
        if any(other.name == table for other in catalog.of(there)):
            raise TableExists(there, table)
        like = catalog.table(there, wishes.like).columns if wishes.like is not None else ()
        return Target(there, table, {column.name: column.type for column in like})

    @asynccontextmanager
    async def _loading(self, tenant: str, found: Head, table: str) -> AsyncIterator[tuple[Load, Column | None]]:
        """A load table, and the column that looks like its key. If what follows fails, the table goes: now, or with the next sweep."""
        async with self._databases.acquire(tenant, "load") as connection:
            await leftovers.sweep(connection)
            guessed = key.guess(found.columns, table, found.shown)
            row_id = None if guessed else key.row_id(found.columns)
            load = Load(connection, await leftovers.name(connection), found.columns, row_id)
            try:
                await load.create()
                yield load, guessed
            except BaseException:
                await leftovers.drop(self._databases, tenant, load.name, connection)
                raise


async def _copied(rows: Rows, found: Head) -> AsyncIterator[bytes | None]:
    """What COPY gets of the whole file. It is cut in a thread: a piece full of rows that need a look takes a tenth of a second."""
    for piece in await asyncio.to_thread(_cut, rows, found.body):
        yield piece
    async for text in found.source:
        for piece in await asyncio.to_thread(_cut, rows, text):
            yield piece
    for piece in _cut(rows, b"", last=True):
        yield piece


def _cut(rows: Rows, data: bytes, *, last: bool = False) -> list[bytes | None]:
    return list(rows.push(data, last=last))


async def _obstacles(load: Load, found: Head) -> dict[str, Obstacle]:
    """What kept text columns from a better type."""
    obstacles = {}
    for column, format_ in zip(found.columns, found.nearest, strict=True):
        if format_ is not None and not column.skip and not column.formats:
            obstacle = await misfits.obstacle(load.connection, load.table, column, format_)
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
