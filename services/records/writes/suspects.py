"""Guesses which records of a refused statement are to blame, so that the others need not be taken apart. Postgres has the last word."""

from collections.abc import Sequence

import asyncpg

from services.records import failures, resolve, shapes, statement
from services.records.execute import Session
from services.records.writes.steps import Row, Step, Write
from services.tenancy.catalog import Table


async def among(session: Session, plan: Write, step: Step, refused: asyncpg.PostgresError) -> list[Row]:
    """The records that seem to break the rule that was broken, by one look; none where that cannot be told."""
    if failures.source_of(refused, plan.table, plan.catalog) is not plan.table:
        return []
    columns = failures.columns_of(refused, plan.table)
    match refused.sqlstate:
        case "23502":
            return [row for row in step.rows if row.texts.get(columns[0]) is None]
        case "23505":
            present, twins = await _look(session, plan, step, columns, plan.table, columns)
            return [row for row in step.rows if row.number in present | twins]
        case "23503":
            constraint = failures.constraint_of(refused, plan.table)
            far = constraint.references if constraint else None
            table = next(
                (t for t in plan.catalog.tables if far and (t.schema, t.name) == (far.schema, far.table)), None
            )
            if far is None or table is None:
                return []
            present, _ = await _look(session, plan, step, columns, table, far.columns)
            return [row for row in step.rows if row.number not in present and _texts(row, columns)]
    return []


async def _look(
    session: Session, plan: Write, step: Step, columns: Sequence[str], table: Table, named: Sequence[str]
) -> tuple[set[int], set[int]]:
    """Numbers of the records of whose values in `columns` the `table` has the same in those `named`; and of those that repeat others."""
    rows = [row for row in step.rows if columns and _texts(row, columns)]
    if not rows or not all(table.has_column(name) for name in named):
        return set(), set()
    by = tuple(shapes.Column(name, table.column(name).base_type) for name in named)
    texts = {f"k{at}": [row.texts[name] for row in rows] for at, name in enumerate(columns)}
    try:
        async with session.connection.transaction():
            look = statement.present(shapes.Match(resolve.source(table), by, ()))
            answer = await session.row(look, texts | {"oid": plan.table.oid})
    except asyncpg.PostgresError:
        return set(), set()
    present = {rows[at - 1].number for at in answer["present"] or ()}
    return present, {
        row.number for at, (row, first) in enumerate(zip(rows, answer["first"], strict=True), 1) if first != at
    }


def _texts(row: Row, columns: Sequence[str]) -> bool:
    """Whether the record has a value in each of these."""
    return all(row.texts.get(name) is not None for name in columns)
