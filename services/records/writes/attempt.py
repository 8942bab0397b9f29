"""One attempt at a write, within its transaction: runs its statements, and takes a careful look at what they refuse."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import repeat
from typing import NamedTuple

import asyncpg

from services.kit.errors import AppError
from services.records import errors, failures, shapes, statement
from services.records.execute import Session
from services.records.plans import Input, Role
from services.records.statement import Statement
from services.records.writes import suspects
from services.records.writes.explain import Explainer, faults
from services.records.writes.steps import Row, Skipped, Step, Verb, Write

_LARGEST_SHOWN = 1_000_000
"""Characters of a record that an error carries."""

_STATEMENTS: Mapping[Verb, Callable[[shapes.Write], Statement]] = {
    Verb.CREATE: statement.insert,
    Verb.UPDATE: statement.update,
    Verb.DELETE: statement.delete,
}
_COLUMNS = ("records", "keys", "versions")


class Blamed(Exception):
    """Postgres refuses a statement, and this record is to blame; `row` is None where that is not known."""

    def __init__(self, refused: asyncpg.PostgresError, row: Row | None) -> None:
        super().__init__()
        self.refused = refused
        self.row = row


class Untouched(Exception):
    """Fewer records were made than given, and Postgres does not say which are missing."""


class Written(NamedTuple):
    """A record as a write leaves it; nothing of one that is gone. A tuple: there are many, and it is made three times as fast."""

    created: bool
    json: str = ""
    key: str | None = None
    version: str | None = None


class Attempt:
    """What became of each record, by its number.

    A `careful` attempt takes statements that are refused apart until it is known which records are to blame: where a look tells who
    is likely, k of n cost about k statements, else, by halves, 2k·log(n/k). It leaves them out where the plan says so, else it fails.
    """

    def __init__(self, session: Session, plan: Write, *, careful: bool) -> None:
        self.written: dict[int, Written] = {}
        self.ignored: list[int] = []
        self.skipped: list[Skipped] = list(plan.skipped)
        # Of guarded statements: changes that found no record, and new ones that are there after all.
        self._missed: list[Row] = []
        self._session = session
        self._plan = plan
        self._careful = careful
        self._partial = plan.manner.partial
        self._explainer = Explainer(session.connection, plan)
        self._waiting: list[Step] = []

    async def run(self) -> None:
        """Write all there is to write. Raises Blamed and Untouched, and AppErrors where a record is not there or not of its version."""
        if self._careful:
            # So that a record is refused when it is written, and not when all are committed.
            await self._session.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        await self._write()
        await self._retry()

    async def _write(self) -> None:
        for step in self._plan.steps:
            await self._step(step)

    async def _step(self, step: Step) -> None:
        if not step.rows:
            return
        if not self._careful:
            return await self._run(step)
        try:
            async with self._session.connection.transaction():
                await self._run(step)
        except Untouched:
            await self._apart(step, None)
        except asyncpg.PostgresError as refused:
            if not failures.blames_a_record(refused):
                raise
            await self._apart(step, refused)

    async def _run(self, step: Step) -> None:
        row = await self._session.row(_STATEMENTS[step.verb](step.shape), step.arguments)
        found = row["found"] or ()
        if step.verb is Verb.CREATE and len(found) < len(step.rows):
            raise Untouched
        created, columns = step.verb is Verb.CREATE, [row.get(name) or repeat(None) for name in _COLUMNS]
        for position, json, key, version in zip(found, *columns):  # noqa: B905  what a statement does not answer has no end
            self.written[step.rows[position - 1].number] = Written(created, json or "", key, version)
        if len(found) < len(step.rows):
            await self._missing(step, set(found))

    async def _apart(self, step: Step, refused: asyncpg.PostgresError | None) -> None:
        """Go on with a step of which something was refused, or (None) not written."""
        if refused and failures.is_unreadable(refused) and (left := await self._unread(step.inputs)):
            return await self._step(step.of(_kept(step, left)))
        if len(step.rows) > 1 and (self._partial or not self._is_knotted(refused)):
            for part in await self._parts(step, refused):
                await self._step(part)
        elif step.shape.guarded and refused is None:
            self._missed += step.rows
        else:
            await self._refuse(step, refused)

    async def _parts(self, step: Step, refused: asyncpg.PostgresError | None) -> Iterable[Step]:
        """Those that do not seem to be to blame, and the others one by one; halves where nothing seems so."""
        blamed = await suspects.among(self._session, self._plan, step, refused) if refused else []
        if not 0 < len(blamed) < len(step.rows):
            return step.halves()
        numbers = {row.number for row in blamed}
        others = step.of(row for row in step.rows if row.number not in numbers)
        return [others, *(step.of([row]) for row in blamed)]

    async def _unread(self, inputs: Iterable[Input]) -> Mapping[int, set[str]]:
        """What Postgres cannot read, as columns by record: listed as skipped, or refused. No column stands for all of a record."""
        left: dict[int, set[str]] = {}
        for fault in sorted(await faults(self._session.connection, inputs), key=lambda fault: fault.row or 0):
            number, error = fault.row or 1, failures.of_fault(fault, self._plan.table, self._number(fault.row))
            if not self._partial:
                raise error
            column = fault.input.column if fault.input.role is Role.VALUE else None
            self.skipped.append(Skipped(number, column, fault.text, error))
            left.setdefault(number, set()).add(column or "")
        return left

    async def _refuse(self, step: Step, refused: asyncpg.PostgresError | None) -> None:
        """Leave a record out, or the cells of it that a rule is about; or fail with it. None: it was not written, with no word why."""
        row = step.rows[0]
        if refused is None:
            error: AppError = errors.RecordUntouched(self._plan.table.name, self._number(row.number))
        elif not self._partial:
            raise Blamed(refused, row if len(step.rows) == 1 else None)
        else:
            error = await self._explained(refused, row)
        await self._go_on(step, row, error, refused)

    async def _go_on(self, step: Step, row: Row, error: AppError, refused: asyncpg.PostgresError | None) -> None:
        columns = self._columns(step, refused)
        blamed = [name for name in columns if name in row.texts] or columns[:1]
        for column in blamed or (None,):
            self._leave_out(error, row, column)
        if step.verb is Verb.CREATE and refused and failures.refers_to_itself(refused, step.table):
            self._waiting.append(step)
        if blamed and step.changes_cells:
            await self._step(step.of(_kept(step, {row.number: set(blamed)})))

    def _columns(self, step: Step, refused: asyncpg.PostgresError | None) -> list[str]:
        """The columns of the record that the rule is about."""
        if refused is None or step.verb is Verb.DELETE:
            return []
        source = failures.source_of(refused, step.table, self._plan.catalog)
        return [name for name in failures.written_columns_of(refused, source) if step.table.has_column(name)]

    async def _explained(self, refused: asyncpg.PostgresError, row: Row) -> AppError:
        why = await self._explainer.refusal(refused, row, None)
        if not isinstance(why, AppError):
            raise why
        return why

    def _is_knotted(self, refused: asyncpg.PostgresError | None) -> bool:
        """Whether the records may need one another, so that a part of them would fail for want of the rest."""
        return refused is not None and failures.refers_to_itself(refused, self._plan.table)

    async def _retry(self) -> None:
        """Try those again that may have missed one that has been made since."""
        before = len(self._waiting) + 1
        while self._waiting and len(self._waiting) < before:
            before, waiting, self._waiting = len(self._waiting), self._waiting, []
            numbers = {row.number for step in waiting for row in step.rows}
            self.skipped = [skipped for skipped in self.skipped if skipped.row not in numbers]
            for step in waiting:
                await self._step(step)

    async def _missing(self, step: Step, found: set[int]) -> None:
        """Go on with changes and deletions that found no record, or one of another version."""
        missing = [row for at, row in enumerate(step.rows, 1) if at not in found]
        if step.shape.guarded:
            self._missed += missing
            return
        for row in missing:
            self._leave_out(await self._untouched(step, row), row)

    async def _untouched(self, step: Step, row: Row) -> AppError:
        name, number = self._plan.table.name, self._number(row.number)
        shape = shapes.Record(step.shape.source, step.shape.fields, step.shape.key)
        arguments = {f"k{at}": text for at, text in enumerate(row.key)} | {"oid": self._plan.table.oid}
        now = await self._session.row(statement.record(shape), arguments)
        if not now["found"]:
            return errors.RecordUnknown(name, row.asked, number)
        if row.version is None or row.version == now["version"]:
            return errors.RecordUntouched(name, number)
        body = now["body"] if len(now["body"]) <= _LARGEST_SHOWN else "null"
        return errors.VersionMismatch(name, row.asked, now["version"], body, number)

    def _leave_out(self, error: AppError, row: Row, column: str | None = None) -> None:
        """List a record, or a value of it, as skipped. Raises the error where all or nothing is asked for."""
        if not self._partial:
            raise error
        value = row.texts.get(column) if column else row.asked or None
        self.skipped.append(Skipped(row.number, column, value, error))

    def _number(self, row: int | None) -> int | None:
        # For an error to name: not where no list is spoken of, or the number stands beside the error.
        return None if self._plan.single or self._partial else row


def _kept(step: Step, left: Mapping[int, set[str]]) -> Iterable[Row]:
    """The step's records without what is left out of them."""
    for row in step.rows:
        gone = left.get(row.number)
        if gone is None:
            yield row
        elif step.changes_cells and "" not in gone and gone < row.texts.keys():
            yield replace(row, texts={name: text for name, text in row.texts.items() if name not in gone})
