"""What a statement is made from: everything but the values, frozen and hashable, so that each shape is compiled once.

A shape names tables, columns and types itself. It holds nothing of a tenant's, and tenants with tables alike share it.
"""

from dataclasses import dataclass
from enum import StrEnum

from services.records.values import Form


@dataclass(frozen=True, slots=True)
class Source:
    """The relation; `versioned` where its rows have a version: their xmin, or `hashed`, a hash of what they show."""

    schema: str
    name: str
    versioned: bool = True
    hashed: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is written, or by which a record is found."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Field:
    """A column that is shown."""

    name: str
    type: str
    form: Form


class By(StrEnum):
    """What of a column is ordered."""

    VALUE = "value"
    BYTES = "bytes"
    """Its own text, byte by byte."""
    SORT_KEY = "sort_key"
    """Its text as people order it: case and accents do not count."""
    OPTIONS = "options"
    """The order that people gave to its options."""
    PLACE = "place"
    """Where the row lies; for tables without a key."""


@dataclass(frozen=True, slots=True)
class Level:
    """One level of the order; NULLs come last both ways."""

    name: str
    type: str
    by: By
    descending: bool
    nullable: bool


@dataclass(frozen=True, slots=True)
class Compare:
    """A column compared with parameter `parameter` (none for is_null, is_empty), which is cast to `type`."""

    name: str
    operator: str
    type: str
    parameter: str
    as_text: bool = False
    """By its text: a type without an order or an equality of its own."""
    sort_key: bool = False
    """As people compare text."""


@dataclass(frozen=True, slots=True)
class Search:
    """A pattern, in `parameter`, that the text of some column is like; `apart`: of each by itself, so that indexes help."""

    names: tuple[str, ...]
    parameter: str
    apart: bool


@dataclass(frozen=True, slots=True)
class Within:
    """A day or time that lies within a stretch as seen from now; parameters are `…_count` and `…_zone`."""

    name: str
    type: str
    parameter: str
    direction: str
    unit: str
    current: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions of which every one, or at least one, holds."""

    every: bool
    members: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """Exactly the rows for which the member does not hold."""

    member: "Condition"


Condition = Compare | Within | Search | Group | Negation


@dataclass(frozen=True, slots=True)
class After:
    """Where a page starts: past a row of which `nulls` says which levels are NULL. Parameters are k0, k1 …

    With fewer values than levels, and `inclusive`: at the first row that has those values, or comes behind them.
    """

    nulls: tuple[bool, ...]
    backward: bool = False
    inclusive: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns of records in an order."""

    source: Source
    fields: tuple[Field, ...]
    order: tuple[Level, ...]
    where: Condition | None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of those."""

    rows: Rows
    key: tuple[Column, ...]
    limit: int
    after: After | None
    offset: bool
    as_arrays: bool
    counted: bool


@dataclass(frozen=True, slots=True)
class Place:
    """The row that lies `offset` rows, a parameter, from the start of these, or from their end."""

    rows: Rows
    backward: bool


@dataclass(frozen=True, slots=True)
class Figure:
    """What is worked out over a column; `by` says how its values compare, `form` how one of them looks."""

    name: str
    function: str
    type: str
    form: Form
    by: By
    as_text: bool
    """Sums and means as strings."""


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Figures over rows; `window`: over `limit` of them from `offset` on."""

    rows: Rows
    figures: tuple[Figure, ...]
    window: bool


@dataclass(frozen=True, slots=True)
class Record:
    """One record, by its key in parameters k0, k1 …"""

    source: Source
    fields: tuple[Field, ...]
    key: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Every column that the statement names."""
        return (*(field.name for field in self.fields), *(column.name for column in self.key))


@dataclass(frozen=True, slots=True)
class Match:
    """Records that have certain values in the columns `by`."""

    source: Source
    by: tuple[Column, ...]
    key: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Every column that the statement names."""
        return tuple(column.name for column in (*self.by, *self.key))


@dataclass(frozen=True, slots=True)
class Write:
    """Records that are written: a text per record in arrays v0, v1 …, one per target; what finds them in k0, k1 …, versions in `version`.

    `by` are the columns that find them, the key or others that are unique. `mixed`: not every record sets every target; arrays
    s0, s1 … say which do. `guarded`: a new record that is there already, by those columns, is left out.
    """

    source: Source
    targets: tuple[Column, ...]
    fields: tuple[Field, ...]
    key: tuple[Column, ...]
    by: tuple[Column, ...] = ()
    mixed: bool = False
    guarded: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Every column that the statement names."""
        columns = (*self.targets, *self.key, *self.by)
        return (*(column.name for column in columns), *(field.name for field in self.fields))
