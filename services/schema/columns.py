"""New columns as a request describes them: their checks, their defaults, their SQL."""

import itertools
import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import asyncpg
import orjson
from pydantic import ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from services import kinds
from services.kinds import Kind, settings, types
from services.kinds.kind import no_rule
from services.schema import ddl
from services.schema.errors import ColumnTwice, DefaultInvalid, OperationInvalid, TooManyColumns
from services.schema.plan import Shown
from services.tenancy import names
from services.tenancy.catalog import Column, Constraint

MAX_COLUMNS = 500

_KNOWN_ZONE = "SELECT EXISTS (SELECT FROM pg_catalog.pg_timezone_names WHERE name = $1)"
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


class _Described:
    """Describes display settings as the kinds declare them. Which kind's they are, and so which there may be, the column says."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401
        described = [handler.generate_schema(display) for display in kinds.displays()]
        return core_schema.union_schema([handler(source), *described], mode="left_to_right")

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        _, *described = schema["choices"]  # the union from above
        return {"anyOf": [handler(display) for display in described]}


Display = Annotated[dict[str, Any], _Described()]
"""Display settings as a request has them."""


@dataclass(frozen=True, slots=True)
class NewColumn:
    """A column to be: a name, and a type in Postgres' words, a kind, or both."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", use_attribute_docstrings=True)
    name: str
    type: str | None = None
    """A type as Postgres writes it, `numeric(10,2)`, or a kind."""
    kind: str | None = None
    """The family of the column, `text` or `number`; with a type, one that its columns can be of."""
    nullable: bool = True
    default: DefaultValue | DefaultFunction | None = None
    label: str | None = None
    """The text that people see, where a name in SQL would not do."""
    comment: str | None = None
    display: Display | None = None
    """Settings of its kind: how it is shown and read, `{"currency": "EUR"}`, or what there is to choose from, `{"options": […]}`."""

    @property
    def has_default(self) -> bool:
        """Whether records get a value without being given one; a default of null is none."""
        return self.default is not None and self.default != DefaultValue(None)

    def sql_type(self) -> str:
        """The canonical type; raises TypeUnknown, KindUnknown, KindMisfit."""
        return self._asked()[0]

    def its_kind(self) -> Kind:
        """The kind that it is given, or its type's own."""
        return self._asked()[1]

    def settings(self) -> dict[str, Any]:
        """Its display settings; raises DisplayInvalid."""
        check = settings.checked if self._is_plain() else settings.complete
        return check(self.its_kind(), self.display or {})

    def rule(self) -> str | None:
        """The CHECK that its kind asks for."""
        return self.its_kind().rule(ddl.identifier(names.column(self.name)), self.settings())

    def shown(self) -> tuple[Shown, ...]:
        """What is to be kept of its kind and settings: nothing where the type says it all."""
        kept, kind = self.settings(), None if self._is_plain() else self.its_kind().name
        return (Shown(names.column(self.name), kind, kept),) if kind or kept else ()

    def sql(self, constraint: str) -> str:
        """Its definition in CREATE TABLE or ADD COLUMN; `constraint` is the name for what its kind asks."""
        parts = [ddl.identifier(names.column(self.name)), self.sql_type()]
        if self.has_default:
            parts.append(f"DEFAULT {self._default()}")
        if not self.nullable:
            parts.append("NOT NULL")
        if rule := self.rule():
            parts.append(f"CONSTRAINT {ddl.identifier(constraint)} CHECK ({rule})")
        return " ".join(parts)

    def volatile(self) -> bool:
        """Whether each existing record needs a value of its own."""
        return isinstance(self.default, DefaultFunction) and self.default.function == "uuid"

    def _asked(self) -> tuple[str, Kind]:
        if self.type is None and self.kind is None:
            raise OperationInvalid(f"Give column '{self.name}' a type or a kind.", "type")
        return kinds.asked(self.type, self.kind)

    def _is_plain(self) -> bool:
        """Whether its kind is its type's own."""
        type_, kind = self._asked()
        return kind is kinds.of_type(types.base(type_))

    def _default(self) -> str:
        if isinstance(self.default, DefaultValue):
            return ddl.literal(self.default.text())
        assert isinstance(self.default, DefaultFunction)  # noqa: S101  the only other kind
        expression = _FUNCTIONS.get((self.default.function, self.sql_type().split("(", maxsplit=1)[0]))
        if expression is None:
            raise DefaultInvalid(self.name, f"'{self.default.function}' gives no {self.sql_type()}")
        return expression


def check(columns: Sequence[NewColumn], existing: Sequence[str] = ()) -> None:
    """Refuse bad names, types, kinds, settings and defaults, doubles, and too many."""
    if len(existing) + len(columns) > MAX_COLUMNS:
        raise TooManyColumns(MAX_COLUMNS)
    seen = set(existing)
    for column in columns:
        name = names.column(column.name)
        if name in seen:
            raise ColumnTwice(name)
        seen.add(name)
        column.sql("")


async def check_defaults(connection: asyncpg.Connection, columns: Sequence[NewColumn]) -> None:
    """Refuse default values that their type or kind does not take; Postgres itself would say so only when a record comes."""
    for column in columns:
        if isinstance(column.default, DefaultValue) and column.has_default:
            text, type_ = column.default.text(), column.sql_type()
            if not await connection.fetchval("SELECT pg_catalog.pg_input_is_valid($1, $2)", text, type_):
                raise DefaultInvalid(column.name, f"'{text}' is no {type_}")
            value = f"SELECT {ddl.literal(text)}::{type_} AS {ddl.identifier(names.column(column.name))}"
            rule = column.rule()
            if rule and not await connection.fetchval(f"SELECT {rule} FROM ({value}) v"):  # noqa: S608  quoted
                raise DefaultInvalid(column.name, f"'{text}' is no {column.its_kind().name} of this column")


async def check_zones(connection: asyncpg.Connection, shown: Iterable[Shown]) -> None:
    """Refuse time zones that Postgres does not know."""
    for column in shown:
        zone = column.display.get("zone")
        if zone and not await connection.fetchval(_KNOWN_ZONE, zone):
            why = f"there is no time zone '{zone}', such as Europe/Oslo"
            raise kinds.DisplayInvalid(column.kind or "datetime", "zone", why, known=())


def definitions(table: str, columns: Sequence[NewColumn], taken: Iterable[str] = ()) -> list[str]:
    """What CREATE TABLE and ADD COLUMN say of columns of `table`, whose constraints have the names `taken`."""
    used, lines = set(taken), []
    for column in columns:
        constraint = rule_name(table, names.column(column.name), column.its_kind(), used)
        used.add(constraint)
        lines.append(column.sql(constraint))
    return lines


def rules(place: tuple[str, str], shown: Iterable[Shown]) -> list[str]:
    """The statements that give columns of a table that has no such constraints yet what their kinds ask."""
    used: set[str] = set()
    statements = []
    for column in shown:
        kind, quoted = kinds.named(column.kind or ""), ddl.identifier(column.column)
        if rule := kind.rule(quoted, column.display):
            used.add(name := rule_name(place[1], column.column, kind, used))
            statements.append(add_rule(place, name, rule))
    return statements


def add_rule(place: tuple[str, str], name: str, rule: str) -> str:
    """The statement that gives a table the CHECK of a kind."""
    return f"ALTER TABLE {ddl.qualified(*place)} ADD CONSTRAINT {ddl.identifier(name)} CHECK ({rule})"


def is_rule(constraint: Constraint, column: Column) -> bool:
    """Whether it is the CHECK of a kind of this column, as far as its name tells."""
    ending = re.search(r"_([a-z]+)\d*$", constraint.name)
    kind = kinds.KINDS.get(ending[1]) if ending else None
    is_its = constraint.type == "check" and constraint.columns == (column.name,)
    return is_its and kind is not None and kind.rule is not no_rule


def rule_name(table: str, column: str, kind: Kind, taken: Container[str]) -> str:
    """A name for the CHECK of a column's kind, as Postgres names constraints: `people_mail_email`. One that is free."""
    endings = (f"_{names.shortened(column, 29)}_{kind.name}{number or ''}" for number in itertools.count())
    candidates = (names.shortened(table, names.MAX_BYTES - len(end.encode())) + end for end in endings)
    return next(name for name in candidates if name not in taken)


def comments(schema: str, table: str, columns: Sequence[NewColumn]) -> list[str]:
    """The statements that set the columns' comments."""
    where = ddl.qualified(schema, table)
    return [
        f"COMMENT ON COLUMN {where}.{ddl.identifier(names.column(c.name))} IS {ddl.literal(c.comment)}"
        for c in columns
        if c.comment
    ]
