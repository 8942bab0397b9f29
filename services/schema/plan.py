"""What an operation is and what it would do: the values that `operations` make and the coordinator carries out."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeVar

import asyncpg
from pydantic import ConfigDict

from services.kit.rpc.identity import Caller
from services.tenancy.catalog import Catalog, Column, Table
from services.tenancy.timeline import Nature

T = TypeVar("T")
Strategy = Literal["instant", "scan", "rewrite"]
"""How long the lock is held: a moment, one reading of the table, or one rewriting."""


@dataclass(frozen=True, slots=True)
class Dependant:
    """Something that hangs on what an operation changes, and what becomes of it."""

    type: str
    name: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Part:
    """A constraint, index or statistics that is taken off before something is hidden, with the SQL that puts it back by name.

    `relations` are the ids of the tables it concerns: with the other end of a foreign key, two.
    """

    type: str
    name: str
    table: str
    relations: tuple[int, ...]
    drop: str
    create: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """A step that is one statement."""

    sql: str


@dataclass(frozen=True, slots=True)
class Restore:
    """A step that puts a part back. Rows that came since and break it do not stop the undo: they are reported."""

    part: Part


@dataclass(frozen=True, slots=True)
class Concurrent:
    """A step outside any transaction, after all others: an index of a table is made, or dropped, while everybody goes on."""

    sql: str
    schema: str
    table: str
    index: str
    makes: bool


Step = Run | Restore | Concurrent


@dataclass(frozen=True, slots=True)
class Label:
    """A text for people that a new table (column None) or column gets."""

    column: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """How a column is seen from then on: of which kind (None for its type's own), with which display settings."""

    column: str
    kind: str | None
    display: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """What an operation would do, for people, and what it needs to be carried out.

    `table` and `column` are what it is about, `target` (schema, table) is where that is found afterwards. `locks` are the tables
    that nobody may use meanwhile. `parts` come off, `facts` are what an operation looked up for itself.
    """

    effects: tuple[str, ...]
    losses: tuple[str, ...] = ()
    dependants: tuple[Dependant, ...] = ()
    strategy: Strategy = "instant"
    table: Table | None = None
    column: Column | None = None
    target: tuple[str, str] | None = None
    target_column: str = ""
    locks: tuple[tuple[str, str], ...] = ()
    parts: tuple[Part, ...] = ()
    labels: tuple[Label, ...] = ()
    shown: tuple[Shown, ...] = ()
    facts: tuple[tuple[str, ...], ...] = ()

    @property
    def its_table(self) -> Table:
        """The table it is about, for operations whose check() names one."""
        return _set(self.table)

    @property
    def its_column(self) -> Column:
        """The column it is about, for operations whose check() names one."""
        return _set(self.column)

    @property
    def place(self) -> tuple[str, str]:
        """Schema and name under which the table is found afterwards, for operations whose check() names them."""
        return _set(self.target)


def _set(value: T | None) -> T:
    if value is None:
        raise RuntimeError("an operation asks its plan for what its check() did not say")
    return value


@dataclass(frozen=True, slots=True)
class Made:
    """The ids of what the steps left behind."""

    relation: int | None
    attribute: int | None


class Operation(ABC):
    """A change of shape. The fields of a subclass, a frozen dataclass, are its request; `do` is its name."""

    __slots__ = ()
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", use_attribute_docstrings=True)
    nature: ClassVar[Nature] = "shape"
    do: str

    @abstractmethod
    def check(self, catalog: Catalog) -> Plan:
        """Refuse with a cure, or say what would be done."""

    async def look(self, connection: asyncpg.Connection, plan: Plan) -> Plan:
        """Complete the plan with what only the database knows, or refuse."""
        return plan

    @abstractmethod
    def steps(self, plan: Plan) -> tuple[Step, ...]:
        """The statements, in order, of one transaction."""

    @abstractmethod
    def inverse(self, plan: Plan, made: Made) -> "Operation":
        """The operation that takes this one back."""

    def on_behalf_of(self, caller: Caller) -> Caller:
        """Who acts, for the timeline: the caller, or whom a service works for."""
        return caller

    async def settle(self, connection: asyncpg.Connection, step: int) -> None:  # noqa: B027  most leave nothing to do
        """What belongs in the same transaction once the operation is on the timeline as `step`."""

    def report(self) -> dict[str, Any]:
        """What the timeline keeps as the step's detail rather than as its request."""
        return {}
