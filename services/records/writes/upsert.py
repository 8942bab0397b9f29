"""New records that may be there already: those that are get changed or left alone, the others are made, and each is told apart.

One `INSERT … ON CONFLICT DO UPDATE` would check what a record leaves out before it looks whether it is there, would not say what it did
on a view or a partitioned table, and would need a statement for every set of columns (docs/decisions/0012).
"""

from collections.abc import Sequence

from services.records import errors, shapes, statement
from services.records.writes import changes
from services.records.writes.attempt import Attempt
from services.records.writes.steps import Row, Step

_ROUNDS = 20
"""How often records that come and go under our hands are looked for again."""


class Upsert(Attempt):
    """An attempt at a plan that has a conflict."""

    async def _write(self) -> None:
        rows = await self._readable(self._plan.rows)
        for _ in range(_ROUNDS):
            there, new = await self._look(rows)
            await self._meet(there)
            await self._make(new)
            # What came or went between the look and the write.
            missed, self._missed = {row.number for row in self._missed}, []
            rows = [row for row in rows if row.number in missed]
            if not rows:
                return
        for row in rows:
            self._leave_out(errors.RecordUntouched(self._plan.table.name, self._number(row.number)), row)

    async def _readable(self, rows: Sequence[Row]) -> Sequence[Row]:
        located = self._located(rows)
        left = await self._unread(located.inputs[: len(self._plan.by)])
        return [row for row in rows if row.number not in left]

    async def _look(self, rows: Sequence[Row]) -> tuple[Step, list[Row]]:
        """Those that are there, as changes, and those that are new. Of records that are the same only the first one counts."""
        located = self._located(rows)
        shape = shapes.Match(located.shape.source, located.shape.by, ())
        answer = await self._session.row(statement.present(shape), located.arguments)
        present, twins = set(answer["present"] or ()), set()
        for row, first in zip(located.rows, answer["first"] or (), strict=True):
            if located.rows[first - 1] is not row:
                self._leave_out(self._twin(row, located.rows[first - 1]), row)
                twins.add(row.number)
        there = located.of(row for at, row in enumerate(located.rows, 1) if at in present and row.number not in twins)
        known = twins | {row.number for row in there.rows}
        return there, [row for row in rows if row.number not in known]

    async def _meet(self, there: Step) -> None:
        """Do what is to be done with records that are there: nothing, where nothing of them is to change."""
        updates = self._plan.conflict is not None and self._plan.conflict.updates
        changed = {row.number for row in there.rows if row.texts and updates}
        self.ignored += [row.number for row in there.rows if row.number not in changed]
        await self._step(there.of(row for row in there.rows if row.number in changed))

    async def _make(self, new: Sequence[Row]) -> None:
        for step in changes.insertions(self._plan.table, new, self._plan.manner, self._plan.by):
            await self._step(step)

    def _located(self, rows: Sequence[Row]) -> Step:
        return changes.located(self._plan.table, rows, self._plan.manner, self._plan.by)

    def _twin(self, row: Row, first: Row) -> errors.ConflictTwice:
        columns = (column.name for column in self._plan.by)
        return errors.ConflictTwice(columns, self._number(row.number), first.number)
