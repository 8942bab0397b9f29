"""Load tables that nobody works on any more: whoever imports holds a lock on the table's name for as long as it lives."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import structlog

from services.kit.ids import opaque_name
from services.records.imports.sql import LOADS, load_table

_PREFIX = "import_"
_LOCK = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))"
_UNLOCK = "SELECT pg_advisory_unlock(hashtextextended($1, 0))"
_FOUND = """
    SELECT c.relname::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relkind = 'r' AND c.relname LIKE 'import\\_%'
"""
_log = structlog.get_logger()


@asynccontextmanager
async def claimed(connection: asyncpg.Connection) -> AsyncIterator[str]:
    """A new name for a load table, held until the block ends; if the connection breaks before, Postgres lets go of it."""
    name = opaque_name(_PREFIX)
    await connection.execute(_LOCK, name)
    try:
        yield name
    finally:
        if not connection.is_closed():
            await connection.execute(_UNLOCK, name)


async def sweep(connection: asyncpg.Connection) -> int:
    """Drop the load tables of imports that died, and say how many."""
    dropped = 0
    for (found,) in await connection.fetch(_FOUND, LOADS):
        owner = found.removesuffix("_raw")
        if await connection.fetchval(_LOCK, owner):
            try:
                await connection.execute(f"DROP TABLE IF EXISTS {load_table(found)}")
                dropped += 1
            finally:
                await connection.execute(_UNLOCK, owner)
    if dropped:
        _log.info("load tables of dead imports dropped", count=dropped)
    return dropped
