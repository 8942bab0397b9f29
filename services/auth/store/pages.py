"""Lists in pages, oldest first, by time and id."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, tuple_
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
        statement = statement.where(tuple_(at, key) > tuple_(_time(str(after[0])), str(after[1])))
    paged = statement.add_columns(at, key).order_by(at, key).limit(size + 1)
    rows = (await session.execute(paged)).all()
    following = paging.cursor(rows[size - 1][-2].isoformat(), rows[size - 1][-1]) if len(rows) > size else ""
    return Page([row[:-2] for row in rows[:size]], following)


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise paging.CursorInvalid from error
