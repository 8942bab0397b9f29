"""Lists in pages, oldest first, by time and id."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from services.kit import paging
from services.kit.db.control import Session

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items, and the cursor of the next page; empty at the end."""

    items: list[T]
    next: str


async def read(
    session: Session,
    statement: Select[*tuple[Any, ...]],
    at: InstrumentedAttribute[datetime],
    key: InstrumentedAttribute[str],
    limit: int,
    cursor: str,
) -> Page[Any]:
    """The rows of `statement` after `cursor`. Fails with LIMIT_INVALID, CURSOR_INVALID."""
    size = paging.bounded(limit)
    if (after := paging.key_of(cursor, str, str)) is not None:
        statement = statement.where(tuple_(at, key) > _place(at, key, *map(str, after)))
    paged = statement.add_columns(at, key).order_by(at, key).limit(size + 1)
    rows = (await session.execute(paged)).all()
    following = paging.cursor(rows[size - 1][-2].isoformat(), rows[size - 1][-1]) if len(rows) > size else ""
    return Page([row[:-2] for row in rows[:size]], following)


def _place(
    at: InstrumentedAttribute[datetime], key: InstrumentedAttribute[str], time: str, item: str
) -> ColumnElement[Any]:
    try:
        moment = datetime.fromisoformat(time)
        uuid.UUID(item)
    except ValueError as error:
        raise paging.CursorInvalid from error
    if moment.tzinfo is None:
        raise paging.CursorInvalid
    return tuple_(literal(moment, at.type), literal(item, key.type))
