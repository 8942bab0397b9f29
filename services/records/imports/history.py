"""Imports as people see them: those that run, those that have been, and what they rejected."""

from typing import Any

import asyncpg
import orjson

from services.kit import paging
from services.kit.rpc.identity import Caller
from services.records.imports import journal
from services.records.imports.errors import ImportUnknown
from services.tenancy.databases import Databases

_MAX_ID = 2**63 - 1
_IMPORT = """
    SELECT i.id, i.state, i.schema_name, i.table_name, i.actor, i.actor_name, i.started_at, i.ended_at, i.resumable,
        i.bytes, i.total_bytes, i.rows, i.operation, coalesce((i.report ->> 'rejects')::bigint, 0) AS rejects,
        i.problem::text, o.state = 'undone' AS undone {also}
    FROM rowhouse.import i LEFT JOIN rowhouse.operation o ON o.id = i.operation
"""
_ONE = _IMPORT.format(also=", i.report::text") + " WHERE i.id = $1"
_PAGE = _IMPORT.format(also="") + " WHERE $1::bigint IS NULL OR i.id < $1 ORDER BY i.id DESC LIMIT $2"
_REJECTS = """
    SELECT "row", "column", value, why FROM rowhouse.import_reject
    WHERE import = $1 AND ($2::bigint IS NULL OR ("row", "column") > ($2, $3::text))
    ORDER BY "row", "column" LIMIT $4
"""


def number(identifier: str) -> int:
    """The id as a number. Raises ImportUnknown for what is none."""
    found = int(identifier) if identifier.isascii() and identifier.isdigit() and len(identifier) < 20 else 0
    if not 0 < found <= _MAX_ID:
        raise ImportUnknown(identifier)
    return found


async def read(connection: asyncpg.Connection, identifier: int) -> dict[str, Any]:
    """One import; `undone` is the state of one whose step has been taken back. Raises ImportUnknown."""
    row = await connection.fetchrow(_ONE, identifier)
    if row is None:
        raise ImportUnknown(str(identifier))
    return _shown(row)


async def get(databases: Databases, caller: Caller, identifier: str) -> dict[str, Any]:
    """One import, to whoever may read. Raises ImportUnknown."""
    caller.require("records:read")
    async with databases.acquire(caller.tenant, "ro") as connection:
        await journal.sweep(connection)
        return await read(connection, number(identifier))


async def page(databases: Databases, caller: Caller, limit: int, cursor: str) -> dict[str, Any]:
    """A page of imports, the latest first, without what became of each column. Raises CursorInvalid, LimitInvalid."""
    caller.require("records:read")
    size, after = paging.bounded(limit), paging.key_of(cursor, int)
    async with databases.acquire(caller.tenant, "ro") as connection:
        await journal.sweep(connection)
        rows = await connection.fetch(_PAGE, after[0] if after else None, size + 1)
    found = [_summary(row) for row in rows[:size]]
    return {"imports": found, "next": paging.cursor(rows[size - 1]["id"]) if len(rows) > size else None}


async def rejects(databases: Databases, caller: Caller, identifier: str, limit: int, cursor: str) -> dict[str, Any]:
    """A page of the cells that an import could not take, in the file's order. Raises ImportUnknown, CursorInvalid, LimitInvalid."""
    caller.require("records:read")
    size, after = paging.bounded(limit), paging.key_of(cursor, int, str)
    async with databases.acquire(caller.tenant, "ro") as connection:
        known = number(identifier)
        await read(connection, known)
        rows = await connection.fetch(_REJECTS, known, *(after or (None, None)), size + 1)
    found = [dict(row) for row in rows[:size]]
    last = found[-1] if len(rows) > size else None
    return {"rejects": found, "next": paging.cursor(last["row"], last["column"]) if last else None}


def _summary(row: asyncpg.Record) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "state": "undone" if row["undone"] else row["state"],
        "schema": row["schema_name"],
        "table": row["table_name"],
        "actor": row["actor"],
        "actor_name": row["actor_name"],
        "started": row["started_at"],
        "ended": row["ended_at"],
        "progress": {"bytes": row["bytes"], "total_bytes": row["total_bytes"], "rows": row["rows"]},
        "resumable": row["resumable"],
        "operation": row["operation"],
        "rejects": row["rejects"],
        "problem": orjson.loads(row["problem"] or b"null"),
    }


def _shown(row: asyncpg.Record) -> dict[str, Any]:
    return {**orjson.loads(row["report"] or b"{}"), **_summary(row)}
