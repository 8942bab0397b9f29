"""Load tables that nobody works on any more. A load table's name says which backend fills it; when that is gone, so is its import."""

import asyncio

import asyncpg
import structlog

from services.kit import shielded
from services.kit.errors import AppError
from services.kit.ids import opaque_name
from services.records.imports.sql import LOADS, load_table
from services.tenancy.databases import Databases

_LEFT = r"""
    SELECT c.relname::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relkind = 'r' AND c.relname ~ '^import_\d+_' AND (
        split_part(c.relname, '_', 2)::int = pg_backend_pid()
        OR NOT EXISTS (
            SELECT FROM pg_catalog.pg_stat_activity a
            WHERE a.datname = current_database() AND a.pid = split_part(c.relname, '_', 2)::int))
"""
_PATIENCE = 30.0
"""Seconds that a clean-up may take, though its request has been given up."""
_log = structlog.get_logger()


def name(connection: asyncpg.Connection) -> str:
    """A name for a load table that this connection will fill."""
    return opaque_name(f"import_{connection.get_server_pid()}_")


async def sweep(connection: asyncpg.Connection) -> int:
    """Drop the load tables of imports that died, and say how many. This connection must not be importing."""
    left = await connection.fetch(_LEFT, LOADS)
    for (found,) in left:
        await connection.execute(f"DROP TABLE IF EXISTS {load_table(found)}")
    if left:
        _log.info("load tables of dead imports dropped", count=len(left))
    return len(left)


async def drop(databases: Databases, tenant: str, load: str, connection: asyncpg.Connection) -> None:
    """Drop the load table of an import that failed on `connection`, whatever state that is in. Nothing interrupts this, nothing fails."""
    await shielded.completed(_drop(databases, tenant, load, connection))


async def _drop(databases: Databases, tenant: str, load: str, connection: asyncpg.Connection) -> None:
    statement = f"DROP TABLE IF EXISTS {load_table(load)}, {load_table(f'{load}_raw')}"
    try:
        async with asyncio.timeout(_PATIENCE):
            if not connection.is_closed() and not connection.is_in_transaction():
                await connection.execute(statement)
                return
            # Cancelled between a statement and its rollback: the connection is of no use any more.
            connection.terminate()
            async with databases.acquire(tenant, "load") as fresh:
                await fresh.execute(statement)
    except (AppError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
        _log.warning("load table left for the sweep", load=load, error=str(error))
