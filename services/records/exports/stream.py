"""An export from the request to the last byte: Postgres writes the rows, and is told to stop when nobody reads on."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, closing

import asyncpg

from services.kit.rpc.identity import Caller
from services.records import failures, resolve
from services.records.errors import Contended
from services.records.execute import Stale
from services.records.exports import formats
from services.records.exports.copying import copied
from services.records.exports.request import Export
from services.records.exports.writers import Writer
from services.records.plans import Selection
from services.records.statement import exports
from services.records.writes import explain
from services.tenancy.catalogs import Catalogs
from services.tenancy.databases import Databases

_PIECE = 1 << 20
"""Bytes of a chunk at most."""


class Exporter:
    """Exports tables and views of the caller's tenant."""

    def __init__(self, databases: Databases, catalogs: Catalogs) -> None:
        self._databases = databases
        self._catalogs = catalogs

    async def run(self, caller: Caller, asked: Export) -> AsyncGenerator[bytes]:
        """Give the file in pieces.

        Raises, before the first piece, what a list with these fields, sort, filter and search would, and what the format cannot hold.
        """
        caller.require("records:read")
        try:
            async with aclosing(self._pieces(caller.tenant, asked)) as pieces:
                async for piece in pieces:
                    yield piece
        except Stale:
            async with aclosing(self._pieces(caller.tenant, asked, fresh=True)) as pieces:
                async for piece in pieces:
                    yield piece

    async def _pieces(self, tenant: str, asked: Export, *, fresh: bool = False) -> AsyncGenerator[bytes]:
        """Raises Stale, before the first piece, when the table is no longer as the catalog has it."""
        found = await self._catalogs.planned(tenant, lambda now: resolve.selection(now, asked.selection), fresh=fresh)
        begun = False
        try:
            # Repeatable: what is surveyed is what is written.
            async with (
                self._databases.acquire(tenant, "ro") as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                await connection.execute("SET LOCAL statement_timeout = 0")
                with closing(await _opened(connection, asked, found)) as writer:
                    async with aclosing(_written(connection, found, writer)) as pieces:
                        async for piece in pieces:
                            begun = True
                            yield piece
        except Stale:
            if fresh:
                raise Contended(found.table.name) from None
            raise
        except asyncpg.PostgresError as error:
            if error.sqlstate in failures.STALE and not begun and not fresh:
                raise Stale from error
            raise failures.of_refusal(error, found.table) or error from error


async def _opened(connection: asyncpg.Connection, asked: Export, found: Selection) -> Writer:
    async def survey(casts: tuple[str, ...], expressions: tuple[str, ...]) -> Sequence[str | None]:
        statement = exports.survey(found.rows, casts, expressions)
        (row,) = await connection.fetch(statement.text, *statement.arguments(found.arguments))
        if row["fingerprint"] != found.table.fingerprint:
            raise Stale
        facts: Sequence[str | None] = row["facts"]
        return facts

    for fault in await explain.faults(connection, found.inputs):
        raise failures.of_fault(fault, found.table, None)
    return await formats.opened(asked, found, survey)


async def _written(connection: asyncpg.Connection, found: Selection, writer: Writer) -> AsyncGenerator[bytes]:
    async with aclosing(copied(connection, writer.copied, found, writer.dialect)) as pieces:
        head = writer.start()
        async for lines in pieces:
            for chunk in _chunks(head + await writer.write(lines)):
                yield chunk
            head = b""
    for chunk in _chunks(head + await writer.finish()):
        yield chunk


def _chunks(data: bytes) -> list[bytes]:
    return [data[start : start + _PIECE] for start in range(0, len(data), _PIECE)]
