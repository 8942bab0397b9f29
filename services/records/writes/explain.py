"""Finds out what a refusal does not say: which text cannot be read, which record has a value already, how many refer to one."""

import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import asyncpg

from services.kit.errors import AppError
from services.records import errors, failures, resolve, shapes, statement, values
from services.records.failures import About, Fault
from services.records.plans import Input
from services.records.writes.steps import Row, Write
from services.tenancy.catalog import Table

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
    Record = asyncpg.Record
else:
    Connection = Record = object

_SECONDS = 1.0
"""How long the explanations of one request may look things up; after that they do without."""


async def faults(connection: Connection, inputs: Iterable[Input]) -> list[Fault]:
    """All texts that Postgres cannot read: the query itself only says that there is one."""
    found: list[Fault] = []
    for given in failures.readable(list(inputs)):
        rows = await connection.fetch(failures.FIND_FAULTS, list(given.texts), given.type)
        found += [Fault(given, row["n"] - 1, row["message"], row["sql_error_code"]) for row in rows]
    return found


class Explainer:
    """Explains what was refused of one request."""

    def __init__(self, connection: Connection, plan: Write) -> None:
        self._connection = connection
        self._plan = plan
        self._seconds = _SECONDS

    async def refusal(self, refused: asyncpg.PostgresError, row: Row | None, number: int | None) -> Exception:
        """The error for callers, that names the record's `number`; the refusal itself where it is a fault of ours."""
        table, catalog = self._plan.table, self._plan.catalog
        source = failures.source_of(refused, table, catalog)
        if refused.sqlstate == "23514" and row is not None and (unfit := _of_kind(refused, source, row, number)):
            return unfit
        existing, referrers = "", None
        if refused.sqlstate == "23505" and (match := await self._matches(refused, source)):
            existing = match["key"] or ""
        if failures.is_referred_to(refused) and (match := await self._matches(refused, source)):
            referrers = match["count"]
        return failures.of_refusal(refused, table, About(number, catalog, existing, referrers)) or refused

    async def _matches(self, refused: asyncpg.PostgresError, table: Table) -> Record | None:
        """The records of `table` that have the values which the refusal names; None where it cannot be known in time."""
        columns, quoted = failures.columns_of(refused, table), failures.value_of(refused)
        texts = [quoted] if len(columns) == 1 else quoted.split(", ")
        if self._seconds <= 0 or len(columns) != len(texts) or not all(table.has_column(name) for name in columns):
            return None
        shape = shapes.Match(resolve.source(table), _named(table, columns), _named(table, table.primary_key))
        return await self._looked_up(statement.matching(shape), texts)

    async def _looked_up(self, query: statement.Statement, texts: Sequence[str]) -> Record | None:
        started = time.monotonic()
        arguments = query.arguments({f"k{at}": text for at, text in enumerate(texts)})
        try:
            async with self._connection.transaction():
                return await self._connection.fetchrow(query.text, *arguments, timeout=self._seconds)
        except (asyncpg.PostgresError, TimeoutError):
            return None
        finally:
            self._seconds -= time.monotonic() - started


def _of_kind(refused: asyncpg.PostgresError, table: Table, row: Row, number: int | None) -> AppError | None:
    """The words of the column's kind, where the rule that is broken is the kind's own."""
    columns = failures.columns_of(refused, table)
    text = row.texts.get(columns[0]) if len(columns) == 1 else None
    if text is None:
        return None
    column = table.column(columns[0])
    kind = values.kind(column)
    if kind.rule("x", column.display) is None:
        return None
    try:
        read = kind.read(text, column.display, column.base_type)
    except ValueError as error:
        return errors.ValueInvalid(column.name, text, str(error), number)
    return (
        errors.ValueInvalid(column.name, text, f"write it as {errors.shown(read)}.", number) if read != text else None
    )


def _named(table: Table, names: Iterable[str]) -> tuple[shapes.Column, ...]:
    columns = (table.column(name) for name in names)
    return tuple(shapes.Column(column.name, column.base_type) for column in columns)
