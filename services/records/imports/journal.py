"""Imports as their tenant's database knows them: begun, under way, ended. Written by functions of schema `rowhouse` only."""

from collections.abc import Mapping
from typing import Any, Literal

import asyncpg
import orjson

from services.kit.errors import AppError
from services.kit.rpc.identity import Caller

End = Literal["done", "failed", "cancelled"]


async def open(
    connection: asyncpg.Connection,
    caller: Caller,
    place: tuple[str, str],
    *,
    size: int = 0,
    key: str = "",
    digest: bytes | None = None,
    resumable: bool = False,
) -> int:
    """Begin an import into schema and table `place`, and give its id. Unless it is resumable, it lives as long as `connection`."""
    found: int = await connection.fetchval(
        "SELECT rowhouse.open_import($1, $2, $3, $4, $5::bigint, $6, $7::bytea, $8::boolean)",
        *(*place, caller.subject, caller.name, size or None, key or None, digest, resumable),
    )
    return found


async def advance(
    connection: asyncpg.Connection, identifier: int, size: int, rows: int, digest: bytes | None = None
) -> bool:
    """Say how far an import is; whether it is to go on."""
    state: str | None = await connection.fetchval(
        "SELECT rowhouse.advance_import($1::bigint, $2::bigint, $3::bigint, $4::bytea)", identifier, size, rows, digest
    )
    return state == "running"


async def end(
    connection: asyncpg.Connection,
    identifier: int,
    state: End,
    *,
    operation: int | None = None,
    report: Mapping[str, Any] | None = None,
    problem: Mapping[str, Any] | None = None,
) -> bool:
    """End an import in the transaction of what it made; False where it has ended already."""
    ended: bool = await connection.fetchval(
        "SELECT rowhouse.end_import($1::bigint, $2, $3::bigint, $4::jsonb, $5::jsonb)",
        *(identifier, state, operation, _json(report), _json(problem)),
    )
    return ended


async def state(connection: asyncpg.Connection, identifier: int) -> str | None:
    """The state of an import; None for one that is not known."""
    found: str | None = await connection.fetchval("SELECT state FROM rowhouse.import WHERE id = $1", identifier)
    return found


async def running(connection: asyncpg.Connection, caller: Caller, key: str, digest: bytes) -> tuple[int, bool] | None:
    """The import that runs in the background under this caller's key, and whether it is of the same file."""
    row = await connection.fetchrow(
        "SELECT id, digest = $3 FROM rowhouse.import WHERE state = 'running' AND resumable AND actor = $1 AND key = $2",
        *(caller.subject, key, digest),
    )
    return (row[0], row[1]) if row else None


async def sweep(connection: asyncpg.Connection) -> None:
    """End as failed what nobody works on any more, and forget what is old."""
    await connection.execute("SELECT rowhouse.sweep_imports()")


def problem_of(error: BaseException) -> dict[str, Any]:
    """What stopped an import, for people and programs."""
    if isinstance(error, AppError):
        return {
            "code": error.reason,
            "detail": error.message,
            **({"context": error.metadata} if error.metadata else {}),
        }
    if isinstance(error, Exception):
        return {"code": "INTERNAL", "detail": "Internal error."}
    return {"code": "FILE_INCOMPLETE", "detail": "The upload broke off; nothing was imported. Send the file again."}


def _json(value: Mapping[str, Any] | None) -> str | None:
    return None if value is None else orjson.dumps(value).decode()
