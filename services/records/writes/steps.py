"""What a write does: records as the texts that Postgres will read, a statement's worth at a time, that can be taken apart."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from services.kit.errors import AppError
from services.records import shapes
from services.records.plans import Input, Role
from services.records.writes.edits import Conflict, Manner
from services.tenancy.catalog import Catalog, Column, Table
from services.tenancy.indexes import Part


class Verb(StrEnum):
    """What a statement does, as the timeline calls it."""

    CREATE = "create_records"
    UPDATE = "update_records"
    DELETE = "delete_records"


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a request: its number from 1, the texts it sets by column, and what it is found by.

    `key` and `asked` are the key as texts and as the caller wrote it, `version` is the one that it must have, None for any.
    """

    number: int
    texts: Mapping[str, str | None]
    key: tuple[str, ...] = ()
    version: str | None = None
    asked: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """What was left out, and why: one value, or with no `column` all that the record has."""

    row: int
    column: str | None
    value: str | None
    why: AppError


@dataclass(frozen=True, slots=True)
class Step:
    """Records that one statement writes."""

    verb: Verb
    table: Table
    shape: shapes.Write
    targets: tuple[Column, ...]
    rows: tuple[Row, ...]

    @property
    def changes_cells(self) -> bool:
        """Whether a cell can be left as it is and the record's others be written."""
        return self.verb is Verb.UPDATE and not self.shape.guarded

    @property
    def arguments(self) -> dict[str, Any]:
        """The statement's parameters."""
        given: dict[str, Any] = {"version": [row.version for row in self.rows], "oid": self.table.oid}
        if self.verb is not Verb.CREATE:
            given |= {f"k{at}": [row.key[at] for row in self.rows] for at in range(len(self.shape.by))}
        for at, column in enumerate(self.targets):
            given[f"v{at}"] = [row.texts.get(column.name) for row in self.rows]
            if self.shape.mixed:
                given[f"s{at}"] = ["t" if column.name in row.texts else "f" for row in self.rows]
        return given

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The texts that Postgres has to read, first those that find the records.

        Values are read with the modifier of their column's type: it says how long they may be.
        """
        given, numbers = self.arguments, tuple(row.number for row in self.rows)
        role = Role.VALUE if self.shape.guarded else Role.KEY
        keys = [
            Input(role, c.name, c.type, given[f"k{at}"], numbers)
            for at, c in enumerate(self.shape.by)
            if f"k{at}" in given
        ]
        values = [Input(Role.VALUE, c.name, c.type, given[f"v{at}"], numbers) for at, c in enumerate(self.targets)]
        return (*keys, *values)

    def of(self, rows: Iterable[Row]) -> "Step":
        """The same statement for these records, which set no columns but the step's."""
        rows = tuple(rows)
        return replace(self, rows=rows, shape=replace(self.shape, mixed=is_mixed(self.verb, self.targets, rows)))

    def halves(self) -> tuple["Step", "Step"]:
        """Its first and second half."""
        middle = len(self.rows) // 2
        return self.of(self.rows[:middle]), self.of(self.rows[middle:])


def is_mixed(verb: Verb, targets: Sequence[Column], rows: Iterable[Row]) -> bool:
    """Whether the statement must be told which record sets which column."""
    return verb is Verb.UPDATE and any(len(row.texts) < len(targets) for row in rows)


@dataclass(frozen=True, slots=True)
class Write:
    """A whole write; `single` where no list is spoken of. `catalog` is for explaining refusals, which name other tables.

    With `conflict` there are no steps: which of its `rows` are new is found out, by the columns `by`, when they are written.
    """

    catalog: Catalog
    table: Table
    verb: Verb
    steps: tuple[Step, ...]
    manner: Manner
    single: bool = False
    conflict: Conflict | None = None
    by: tuple[Column, ...] = ()
    rows: tuple[Row, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    hints: tuple[Part, ...] = ()

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The texts of all steps."""
        return tuple(given for step in self.steps for given in step.inputs)

    @property
    def size(self) -> int:
        """How many records there are to write."""
        return sum(len(step.rows) for step in self.steps) + len(self.rows)
