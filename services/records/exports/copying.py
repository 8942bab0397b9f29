"""COPY out of Postgres at the pace of whoever reads: a few pieces ahead and no more."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass

import asyncpg

from services.records.plans import Selection
from services.records.statement import Statement

_PIECE = 256 << 10
_AHEAD = 4
"""Pieces that are read from Postgres before the first of them is taken."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How COPY writes CSV; NULL is nothing and the empty text is ""."""

    delimiter: str
    quote: str = '"'


VERBATIM = Dialect("\2", "\1")
"""For one column that holds no such characters and no line ends: each value as it is, on a line."""


async def copied(
    connection: asyncpg.Connection, statement: Statement, found: Selection, dialect: Dialect
) -> AsyncGenerator[bytes]:
    """What COPY writes, in pieces of whole lines: Postgres sends each row as one message. Raises what Postgres says."""
    pieces: asyncio.Queue[bytes | None] = asyncio.Queue(_AHEAD)
    copying = asyncio.create_task(_copy(connection, statement, found, dialect, pieces))
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
    connection: asyncpg.Connection,
    statement: Statement,
    found: Selection,
    dialect: Dialect,
    pieces: asyncio.Queue[bytes | None],
) -> None:
    held = bytearray()

    async def take(data: bytes) -> None:
        held.extend(data)
        if len(held) >= _PIECE:
            await pieces.put(bytes(held))
            held.clear()

    try:
        arguments = statement.arguments(found.arguments)
        await connection.copy_from_query(
            statement.text,
            *arguments,
            output=take,
            format="csv",
            null="",
            delimiter=dialect.delimiter,
            quote=dialect.quote,
            encoding="utf8",
        )
        await pieces.put(bytes(held))
    except Exception:
        await pieces.put(None)
        raise
    await pieces.put(None)
