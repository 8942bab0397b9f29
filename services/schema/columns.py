"""New columns as a request describes them: their checks, their defaults, their SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import asyncpg
import orjson
from pydantic import ConfigDict

from services import kinds
from services.schema import ddl
from services.schema.errors import ColumnTwice, DefaultInvalid, OperationInvalid, TooManyColumns
from services.tenancy import names

MAX_COLUMNS = 500

_FUNCTIONS = {
    ("now", "timestamp with time zone"): "now()",
    ("now", "timestamp without time zone"): "(now() AT TIME ZONE 'UTC')",
    ("today", "date"): "CURRENT_DATE",
    ("uuid", "uuid"): "gen_random_uuid()",
}


@dataclass(frozen=True, slots=True)
class DefaultValue:
    """A value that a record gets when it is given none."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    value: Any

    def text(self) -> str:
        """The value as Postgres reads it."""
        if isinstance(self.value, bool | dict | list):
            return orjson.dumps(self.value, default=str).decode()
        return str(self.value)


@dataclass(frozen=True, slots=True)
class DefaultFunction:
    """What is worked out anew for each record: the time, the day, or a random id."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    function: Literal["now", "today", "uuid"]


@dataclass(frozen=True, slots=True)
class NewColumn:
    """A column to be: a name, and a type in Postgres' words or a kind."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", use_attribute_docstrings=True)
    name: str
    type: str | None = None
    """A type as Postgres writes it, `numeric(10,2)`, or a kind."""
    kind: str | None = None
    """The family of the column, `text` or `number`, in place of a type."""
    nullable: bool = True
    default: DefaultValue | DefaultFunction | None = None
    label: str | None = None
    """The text that people see, where a name in SQL would not do."""
    comment: str | None = None

    @property
    def has_default(self) -> bool:
        """Whether records get a value without being given one; a default of null is none."""
        return self.default is not None and self.default != DefaultValue(None)

    def sql_type(self) -> str:
        """The canonical type; raises TypeUnknown."""
        if self.type is not None and self.kind is None:
            return kinds.column_type(self.type)
        if self.kind is not None and self.type is None:
            if self.kind not in kinds.KINDS:
                raise OperationInvalid(
                    f"There is no kind '{self.kind}'; the kinds are {', '.join(kinds.KINDS)}.", "kind"
                )
            return kinds.KINDS[self.kind].default_type
        raise OperationInvalid(f"Give column '{self.name}' either a type or a kind.", "type")

    def sql(self) -> str:
        """Its definition in CREATE TABLE or ADD COLUMN."""
        parts = [ddl.identifier(names.column(self.name)), self.sql_type()]
        if self.has_default:
            parts.append(f"DEFAULT {self._default()}")
        if not self.nullable:
            parts.append("NOT NULL")
        return " ".join(parts)

    def volatile(self) -> bool:
        """Whether each existing record needs a value of its own."""
        return isinstance(self.default, DefaultFunction) and self.default.function == "uuid"

    def _default(self) -> str:
        if isinstance(self.default, DefaultValue):
            return ddl.literal(self.default.text())
        assert isinstance(self.default, DefaultFunction)  # noqa: S101  the only other kind
        expression = _FUNCTIONS.get((self.default.function, self.sql_type().split("(", maxsplit=1)[0]))
        if expression is None:
            raise DefaultInvalid(self.name, f"'{self.default.function}' gives no {self.sql_type()}")
        return expression


def check(columns: Sequence[NewColumn], existing: Sequence[str] = ()) -> None:
    """Refuse bad names, types and defaults, doubles, and too many."""
    if len(existing) + len(columns) > MAX_COLUMNS:
        raise TooManyColumns(MAX_COLUMNS)
    seen = set(existing)
    for column in columns:
        name = names.column(column.name)
        if name in seen:
            raise ColumnTwice(name)
        seen.add(name)
        column.sql()


async def check_defaults(connection: asyncpg.Connection, columns: Sequence[NewColumn]) -> None:
    """Refuse default values that their type does not take; Postgres itself would say so only when a record comes."""
    for column in columns:
        if isinstance(column.default, DefaultValue) and column.has_default:
            text, type_ = column.default.text(), column.sql_type()
            if not await connection.fetchval("SELECT pg_catalog.pg_input_is_valid($1, $2)", text, type_):
                raise DefaultInvalid(column.name, f"'{text}' is no {type_}")


def comments(schema: str, table: str, columns: Sequence[NewColumn]) -> list[str]:
    """The statements that set the columns' comments."""
    where = ddl.qualified(schema, table)
    return [
        f"COMMENT ON COLUMN {where}.{ddl.identifier(names.column(c.name))} IS {ddl.literal(c.comment)}"
        for c in columns
        if c.comment
    ]
