"""What `resolve` makes of a request: shapes with their values, ready for `statement` and `execute`."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from services.records import shapes
from services.records.reads import indexing
from services.records.reads.cursors import Cursor
from services.records.request import Figure
from services.tenancy.catalog import Table
from services.tenancy.indexes import Part


class Role(StrEnum):
    """Where a text that Postgres must read came from, which decides how it is refused."""

    FILTER = "filter"
    CURSOR = "cursor"
    KEY = "key"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Input:
    """Texts for one column, to be read as `type`. `rows` are the numbers of the records they belong to, from 1; empty for a single one."""

    role: Role
    column: str
    type: str
    texts: Sequence[str | None]
    rows: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search asks of a record, and the index that would find it; none where no index can."""

    condition: shapes.Condition
    arguments: dict[str, Any]
    index: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """Rows of a table, and the values for their filter."""

    table: Table
    rows: shapes.Rows
    arguments: dict[str, Any]
    inputs: tuple[Input, ...]

    searched: Searched | None

    @property
    def hints(self) -> tuple[Part, ...]:
        """The parts of an index that would help."""
        return indexing.helpful(self.table, self.rows)


@dataclass(frozen=True, slots=True)
class Jump:
    """A start that is asked for by its position, `offset` records from the start of the list; None: the page that ends the list."""

    offset: int | None


@dataclass(frozen=True, slots=True)
class Page:
    """A page; `start` is the cursor that it starts at, once its `jump` has landed, and `exact` whether that one's position is known."""

    selection: Selection
    shape: shapes.Page
    arguments: dict[str, Any]
    inputs: tuple[Input, ...]
    digest: bytes
    count: str
    start: Cursor | None
    jump: Jump | None
    exact: bool

    @property
    def from_end(self) -> bool:
        """Whether it is the page that ends the list."""
        return self.jump is not None and self.jump.offset is None

    @property
    def table(self) -> Table:
        """The table that is read."""
        return self.selection.table

    @property
    def hints(self) -> tuple[Part, ...]:
        """The parts of an index that would help."""
        return self.selection.hints


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Figures over a selection."""

    selection: Selection
    shape: shapes.Aggregate
    arguments: dict[str, Any]
    figures: tuple[Figure, ...]

    @property
    def table(self) -> Table:
        """The table that is read."""
        return self.selection.table

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The texts that Postgres has to read."""
        return self.selection.inputs

    @property
    def hints(self) -> tuple[Part, ...]:
        """The parts of an index that would help."""
        return self.selection.hints


@dataclass(frozen=True, slots=True)
class Record:
    """One record."""

    table: Table
    shape: shapes.Record
    arguments: dict[str, Any]
    inputs: tuple[Input, ...]
    key: str
    hints: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """Records written by one statement; `rows` are their numbers in the request, from 1."""

    shape: shapes.Write
    arguments: dict[str, Any]
    inputs: tuple[Input, ...]
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Write:
    """A whole write; `single` where no list is spoken of. `keys` and `versions` are as the caller sent them, by record."""

    table: Table
    verb: str
    steps: tuple[Step, ...]
    single: bool = False
    keys: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    hints: tuple[Part, ...] = ()

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The texts of all steps."""
        return tuple(given for step in self.steps for given in step.inputs)
