"""The timeline of a tenant's database: opens operations in the caller's transaction, closes, lists and reads them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

import asyncpg
import orjson

from services.kit import paging
from services.kit.rpc.identity import Caller
from services.tenancy.errors import OperationUnknown

Nature = Literal["shape", "data", "mixed"]
State = Literal["running", "done", "failed", "undone"]

_CHANNELS = {"session": "web", "token": "api", "service": "job"}
_GET = """
    SELECT id, at, login, channel, actor, actor_name, verb, nature, state, relation, table_name,
        request::text, inverse::text, detail::text, undoes, undone_by
    FROM rowhouse.operation WHERE id = $1::bigint
"""
_PAGE = """
    SELECT id, at, login, channel, actor, actor_name, verb, nature, state, relation, table_name,
        request::text, inverse::text, detail::text, undoes, undone_by
    FROM rowhouse.operation
    WHERE ($1::bigint IS NULL OR id < $1) AND ($2::int IS NULL OR relation = $2)
    ORDER BY id DESC LIMIT $3
"""


class Subject(Protocol):
    """What an operation is about: a `catalog.Table`, or whatever else has a relation's id and name."""

    @property
    def id(self) -> int: ...  # noqa: D102

    @property
    def name(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Operation:
    """One step on the timeline, of shape or of data."""

    id: int
    at: datetime
    login: str
    channel: str
    actor: str | None
    actor_name: str | None
    verb: str
    nature: Nature
    state: State
    relation: int | None
    table_name: str | None
    request: Any
    inverse: Any
    detail: Any
    undoes: int | None
    undone_by: int | None

    @property
    def undoable(self) -> bool:
        """Whether it may be undone now: it stands, it says how, and it is not itself an undo or a redo."""
        return self.state == "done" and self.inverse is not None and self.undoes is None


def channel_of(caller: Caller) -> str:
    """The channel by which a caller comes: web, api or job. What comes by SQL itself says `sql`."""
    return _CHANNELS[caller.via]


async def open(
    connection: asyncpg.Connection,
    *,
    verb: str,
    nature: Nature,
    caller: Caller,
    channel: str,
    table: Subject | None = None,
    request: Mapping[str, Any] | None = None,
    inverse: Mapping[str, Any] | None = None,
    detail: Mapping[str, Any] | None = None,
    undoes: int | None = None,
    state: State = "done",
) -> int:
    """Open an operation in the caller's transaction and give its id; it commits with what it describes. `running`: closed later."""
    found: int = await connection.fetchval(
        "SELECT rowhouse.open_operation($1, $2, $3, $4, $5, $6::int, $7, $8::jsonb, $9::jsonb, $10::jsonb, $11::bigint, $12)",
        verb,
        nature,
        channel,
        caller.subject,
        caller.name,
        table.id if table else None,
        table.name if table else None,
        _json(request),
        _json(inverse),
        _json(detail),
        undoes,
        state,
    )
    return found


async def close(
    connection: asyncpg.Connection,
    identifier: int,
    *,
    state: State = "done",
    inverse: Mapping[str, Any] | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Close an operation; what is None stays as it was opened."""
    await connection.execute(
        "SELECT rowhouse.close_operation($1::bigint, $2, $3::jsonb, $4::jsonb)",
        identifier,
        state,
        _json(inverse),
        _json(detail),
    )


async def seal(connection: asyncpg.Connection, step: Operation, detail: Mapping[str, Any]) -> None:
    """Add to a step's detail, and forget its way back: what it hid is no longer there."""
    merged = {**(step.detail or {}), **detail}
    # JSON's null, not SQL's: that one would leave the inverse as it is.
    await connection.execute(
        "SELECT rowhouse.close_operation($1::bigint, $2, 'null', $3::jsonb)", step.id, step.state, _json(merged)
    )


async def mark_undone(connection: asyncpg.Connection, identifier: int, by: int | None) -> None:
    """Say which operation undid this one; None: it stands again."""
    await connection.execute("SELECT rowhouse.mark_undone($1::bigint, $2::bigint)", identifier, by)


async def get(connection: asyncpg.Connection, identifier: int) -> Operation:
    """One operation; raises OperationUnknown."""
    row = await connection.fetchrow(_GET, identifier)
    if row is None:
        raise OperationUnknown(identifier)
    return _operation_from(row)


async def page(
    connection: asyncpg.Connection, *, limit: int = 0, cursor: str = "", relation: int | None = None
) -> tuple[list[Operation], str | None]:
    """The timeline, latest first, of one relation or all, and the cursor of the next page. Raises CursorInvalid, LimitInvalid."""
    size = paging.bounded(limit)
    key = paging.key_of(cursor, int)
    rows = await connection.fetch(_PAGE, key[0] if key else None, relation, size + 1)
    found = [_operation_from(row) for row in rows[:size]]
    return found, paging.cursor(found[-1].id) if len(rows) > size else None


def _operation_from(row: asyncpg.Record) -> Operation:
    return Operation(
        **dict(row)
        | {name: orjson.loads(row[name]) if row[name] else None for name in ("request", "inverse", "detail")}
    )


def _json(value: Mapping[str, Any] | None) -> str | None:
    return None if value is None else orjson.dumps(value, default=str).decode()
