"""Lists that start at a position, or end where they end: what is asked by number becomes a cursor, which costs the same anywhere."""

from dataclasses import replace
from itertools import takewhile

import orjson

from services.records import plans, resolve, shapes, statement
from services.records.execute import Session
from services.records.reads import curves
from services.records.reads.cursors import Cursor
from services.records.statement import MAX_CURSOR

MAX_EXACT = 10_000
"""Rows that are passed over one by one, in about a millisecond; farther away only statistics are as fast."""

_WITH_STATISTICS = frozenset({"table", "partitioned_table", "materialized_view"})


async def landed(session: Session, plan: plans.Page) -> plans.Page:
    """The page with the cursor at which it starts."""
    if plan.jump is None:
        return plan
    if plan.jump.offset is None:
        return await _at_the_end(session, plan)
    if (guess := await _guessed(session, plan, plan.jump.offset)) is not None:
        return resolve.started(plan, guess, exact=False)
    return await _counted(session, plan, plan.jump.offset)


async def _at_the_end(session: Session, plan: plans.Page) -> plans.Page:
    last = await _values(session, plan, 0, backward=True)
    if last is None:
        total = await _count(session, plan, None)
        return resolve.started(plan, _cursor(plan, max(0, total - plan.shape.limit)), exact=True)
    total = await session.expected_rows(statement.estimate(plan.shape.rows), plan.arguments)
    return resolve.started(plan, _cursor(plan, total, last, backward=True, inclusive=True), exact=False)


async def _counted(session: Session, plan: plans.Page, offset: int) -> plans.Page:
    first = await _values(session, plan, offset, backward=False)
    if first is not None:
        return resolve.started(plan, _cursor(plan, offset, first, inclusive=True), exact=True)
    total = await _count(session, plan, offset + 1)
    if total > offset:  # there is such a row, but it is known by its position alone
        return resolve.started(plan, _cursor(plan, offset), exact=True)
    last = await _values(session, plan, 0, backward=True)
    return resolve.started(plan, _cursor(plan, total, last), exact=True)


async def _guessed(session: Session, plan: plans.Page, offset: int) -> Cursor | None:
    """Where statistics say that `offset` rows lie before; None where they do not say it, or counting is as fast."""
    rows = plan.shape.rows
    levels = _known(rows.order)
    if offset <= MAX_EXACT or rows.where is not None or not levels or plan.table.relation not in _WITH_STATISTICS:
        return None
    total = await session.expected_rows(statement.estimate(rows), plan.arguments)
    if offset >= total:
        return None
    names = {f"level{at}": level.name for at, level in enumerate(levels)}
    about = plan.arguments | names | {"schema": plan.table.schema, "table": plan.table.name}
    found = tuple(await session.row(statement.curves(levels), about))[1:]
    values = tuple(spot.value for spot in curves.spots(_curves(levels, found), offset / total))
    return _cursor(plan, offset, values, inclusive=True) if values else None


def _known(order: tuple[shapes.Level, ...]) -> tuple[shapes.Level, ...]:
    """The first levels of which Postgres keeps statistics; those of arrays are arrays of arrays, which nothing takes apart."""
    without = (shapes.By.PLACE, shapes.By.OPTIONS)
    return tuple(takewhile(lambda level: level.by not in without and not level.type.endswith("[]"), order))


def _curves(levels: tuple[shapes.Level, ...], found: tuple[str | None, ...]) -> list[curves.Curve]:
    known = []
    for level, text in zip(levels, found, strict=True):
        if text is None:
            break
        nulls, points = orjson.loads(text)
        # Statistics may be from a time when the column had NULLs.
        known.append(curves.Curve(nulls if level.nullable else 0.0, points or (), level.type, level.descending))
    return known


async def _values(session: Session, plan: plans.Page, offset: int, *, backward: bool) -> tuple[str | None, ...] | None:
    """The values of the order of a row; None where there is no such row, or a cursor cannot hold them."""
    if not plan.shape.key:
        return None
    shape = shapes.Place(replace(plan.shape.rows, fields=()), backward)
    row = await session.row(statement.place(shape), plan.arguments | {"offset": offset})
    values = tuple(orjson.loads(row["start"])) if row["start"] else None
    return values if values and all(value is None or len(value) <= MAX_CURSOR for value in values) else None


async def _count(session: Session, plan: plans.Page, most: int | None) -> int:
    shape = replace(plan.shape.rows, fields=())
    row = await session.row(statement.count(shape), plan.arguments | {"most": most})
    found: int = row["count"]
    return found


def _cursor(
    plan: plans.Page,
    position: int,
    values: tuple[str | None, ...] | None = None,
    *,
    backward: bool = False,
    inclusive: bool = False,
) -> Cursor:
    return Cursor(plan.table.id, plan.digest, position, values, backward, inclusive)
