"""The work of an import: the file's rows into a load table, and from there to the table that they are for."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from services.kit.rpc import identity
from services.records.imports import head, journal, key, leftovers, merging, misfits, report, sources
from services.records.imports.asked import Job
from services.records.imports.head import Head
from services.records.imports.infer import Column
from services.records.imports.load import Load
from services.records.imports.merge import ROW
from services.records.imports.misfits import Obstacle
from services.records.imports.rows import Rows
from services.records.imports.targets import Into, New, Target
from services.records.imports.watch import Stopped
from services.tenancy.databases import Databases
from services.tenancy.rounds import AsService

Adopt = Callable[[Mapping[str, Any], str], Awaitable[int]]
"""Has schema apply an operation, as the caller, for whom a token may speak anew; gives the operation's id."""


class Worker:
    """Carries imports out, each on a connection of login `load` that is its own."""

    def __init__(self, databases: Databases, adopt: Adopt, as_service: AsService) -> None:
        self._databases = databases
        self._adopt = adopt
        self._as_service = as_service

    async def carry_out(self, job: Job, target: Target, connection: asyncpg.Connection) -> None:
        """Import the file, to the end of its record. Raises what is wrong with it, Stopped; then there is nothing of it."""
        async with sources.opened(job.pieces, job.wishes, job.asked.content_type, types=target.types) as source:
            types = target.types if isinstance(target, New) else {}
            found = await asyncio.to_thread(head.read, source, job.wishes, types)
            target.fit(found, job.wishes)
            if isinstance(target, New):
                await self._make(job, target, found, connection)
            else:
                await self._add(job, target, found, connection)

    async def _make(self, job: Job, target: New, found: Head, connection: asyncpg.Connection) -> None:
        """A new table, which schema adopts and with which the import ends, in one transaction."""
        guessed = key.guess(found.columns, target.place[1], found.shown)
        row_id = None if guessed else key.row_id(found.columns)
        async with self._loaded(job, Load(connection, found.columns, row_id), found) as (load, rows):
            await load.finish(job.id)
            primary_key = await key.settle(load, guessed)
            said = _said(job, target, load, rows) | {"primary_key": primary_key}
            said |= report.of(found, await _obstacles(load, found))
            async with self._acting(job):
                await self._adopt(_operation(job, target, load, said), job.upload.token)

    async def _add(self, job: Job, target: Into, found: Head, connection: asyncpg.Connection) -> None:
        """Rows for a table that is there, on the login that may write them."""
        load = Load(connection, found.columns, ROW, passing=True)
        async with self._loaded(job, load, found) as (_, rows):
            await load.finish(job.id, rejects_rows=target.mode == "upsert")
            said = _said(job, target, load, rows) | {"mode": target.mode, "rejected_rows": load.rejected_rows}
            said |= report.of(found, {})
            async with self._acting(job):
                await merging.merge(self._databases, job, target, load, said)
            await leftovers.drop(self._databases, job.caller.tenant, load.name, connection)

    @asynccontextmanager
    async def _loaded(self, job: Job, load: Load, found: Head) -> AsyncIterator[tuple[Load, Rows]]:
        """The load table, with the file's rows. If what follows fails, it goes: now, or with the next sweep."""
        job.load = load
        rows = Rows(found.dialect, found.columns, job.wishes.null_values, found.line)
        try:
            await load.create()
            await load.copy(_copied(rows, found), found.dialect)
            if not await journal.advance(load.connection, job.id, job.pieces.size, load.rows, job.digest):
                raise Stopped
            yield load, rows
        except BaseException:
            await leftovers.drop(self._databases, job.caller.tenant, load.name, load.connection)
            raise

    @asynccontextmanager
    async def _acting(self, job: Job) -> AsyncIterator[None]:
        """Whoever acts at the end: the caller, for whom the first token may have expired, or the service."""
        if job.background:
            async with self._as_service(job.caller.tenant):
                yield
        else:
            with identity.identity(job.upload.token or identity.token()):
                yield


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
        if format_ is not None and _is_plain_text(column):
            obstacle = await misfits.obstacle(load.connection, load.table, column, format_)
            if obstacle is not None:
                obstacles[column.header.name] = obstacle
    return obstacles


def _is_plain_text(column: Column) -> bool:
    return not column.skip and not column.formats


def _said(job: Job, target: Target, load: Load, rows: Rows) -> dict[str, Any]:
    schema, table = target.place
    said: dict[str, Any] = {
        "schema": schema,
        "table": table,
        "rows": load.rows,
        "bytes": job.pieces.size,
        "blank_lines": rows.blank_lines,
        "rejects": load.rejects,
    }
    if load.rejects:
        said["rejects_url"] = f"/api/v1/tenants/{job.caller.tenant}/imports/{job.id}/rejects"
    return said


def _adopted(column: Column) -> dict[str, Any]:
    shown = {"kind": column.kind, "display": column.display} if column.kind else {}
    return {"name": column.header.name, "label": column.header.label, **shown}


def _operation(job: Job, target: New, load: Load, said: Mapping[str, Any]) -> dict[str, Any]:
    operation = {
        "do": "adopt_table",
        "load": load.name,
        "schema": target.place[0],
        "name": target.place[1],
        "columns": [_adopted(column) for column in load.columns],
        "detail": said,
        "importing": job.id,
    }
    if job.background:
        operation["actor"] = {"subject": job.caller.subject, "name": job.caller.name}
    return operation
