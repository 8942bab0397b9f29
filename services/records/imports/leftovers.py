"""Load tables that nobody works on any more. A load table's name says which backend fills it; when that is gone, so is its import."""

import asyncpg
import structlog

from services.kit.ids import opaque_name
from services.records.imports.sql import LOADS, load_table

_LEFT = r"""
    SELECT c.relname::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relkind = 'r' AND c.relname ~ '^import_\d+_' AND (
        split_part(c.relname, '_', 2)::int = pg_backend_pid()
        OR NOT EXISTS (
            SELECT FROM pg_catalog.pg_stat_activity a
            WHERE a.datname = current_database() AND a.pid = split_part(c.relname, '_', 2)::int))
"""
_log = structlog.get_logger()


async def name(connection: asyncpg.Connection) -> str:
    """A name for a load table that this connection will fill."""
    backend: int = await connection.fetchval("SELECT pg_backend_pid()")
    return opaque_name(f"import_{backend}_")


async def sweep(connection: asyncpg.Connection) -> int:
    """Drop the load tables of imports that died, and say how many. This connection must not be importing."""
    left = await connection.fetch(_LEFT, LOADS)
    for (found,) in left:
        await connection.execute(f"DROP TABLE IF EXISTS {load_table(found)}")
    if left:
        _log.info("load tables of dead imports dropped", count=len(left))
    return len(left)
