"""An export from the request to the last byte: Postgres writes the file, and is told to stop when nobody reads on."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress

import asyncpg

from services.kit.rpc.identity import Caller
from services.records import failures, request, resolve, statement
from services.records.exports.errors import FormatUnknown
from services.records.plans import Selection
from services.tenancy.catalogs import Catalogs
from services.tenancy.databases import Databases

DELIMITERS = {"csv": ",", "tsv": "\t"}
_PIECE = 256 << 10
_AHEAD = 4
"""Pieces that are read from Postgres before the first of them is taken."""


class Exporter:
    """Exports tables and views of the caller's tenant."""

    def __init__(self, databases: Databases, catalogs: Catalogs) -> None:
        self._databases = databases
        self._catalogs = catalogs

    async def run(self, caller: Caller, asked: request.Selection, format_: str) -> AsyncGenerator[bytes]:
        """Give the file in pieces: a line of names, then every record as Postgres writes it, NULL as nothing and empty text as "".

        Raises what a list with these fields, sort and filter would, before the first piece; and FormatUnknown.
        """
        caller.require("records:read")
        delimiter = DELIMITERS.get(format_ or "csv")
        if delimiter is None:
            raise FormatUnknown(format_)
        found = await self._catalogs.planned(caller.tenant, lambda catalog: resolve.selection(catalog, asked))
        async with self._databases.acquire(caller.tenant, "ro") as connection, connection.transaction(readonly=True):
            await connection.execute("SET LOCAL statement_timeout = 0")
            await _refuse_unreadable(connection, found)
            async for piece in _copied(connection, found, delimiter):
                yield piece


async def _refuse_unreadable(connection: asyncpg.Connection, found: Selection) -> None:
    for given in found.inputs:
        row = await connection.fetchrow(failures.FIND_FAULT, list(given.texts), given.type)
        if row is not None:
            raise failures.of_fault(failures.Fault(given, row[0] - 1, row[1], row[2]), found.table)


async def _copied(connection: asyncpg.Connection, found: Selection, delimiter: str) -> AsyncGenerator[bytes]:
    pieces: asyncio.Queue[bytes | None] = asyncio.Queue(_AHEAD)
    copying = asyncio.create_task(_copy(connection, found, delimiter, pieces))
    try:
        while (piece := await pieces.get()) is not None:
            yield piece
        await copying
    finally:
        # Cancelled, asyncpg has Postgres cancel the query and waits until it has.
        copying.cancel()
        with suppress(asyncio.CancelledError):
            await copying


async def _copy(
    connection: asyncpg.Connection, found: Selection, delimiter: str, pieces: asyncio.Queue[bytes | None]
) -> None:
    query = statement.rows(found.rows)
    held = bytearray()

    async def take(data: bytes) -> None:
        held.extend(data)
        if len(held) >= _PIECE:
            await pieces.put(bytes(held))
            held.clear()

    try:
        await connection.copy_from_query(
            query.text,
            *query.arguments(found.arguments),
            output=take,
            format="csv",
            delimiter=delimiter,
            header=True,
            null="",
            encoding="utf8",
        )
        await pieces.put(bytes(held))
    except asyncpg.PostgresError as error:
        await pieces.put(None)
        raise failures.of_refusal(error, found.table) or error from error
    await pieces.put(None)
