"""Indexes as the statements of records use them: what they are on, as SQL makes it and as the catalog prints it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import ConfigDict

from services import kinds
from services.tenancy.catalog import Column, Table

By = Literal["value", "sort_key", "raw", "trigram"]
TRIGRAMS = "rowhouse.gin_trgm_ops"
_AS_TEXT = frozenset({"text", "character varying"})
"""Types that Postgres takes for text without a cast."""


@dataclass(frozen=True, slots=True)
class Part:
    """One column of an index."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    column: str
    """The column's name."""
    by: By = "value"
    """`value`: as Postgres orders it; `sort_key`: text as people order it; `raw`: text byte by byte; `trigram`: parts of words."""
    descending: bool = False
    """From the greatest down."""
    nulls: Literal["first", "last"] | None = None
    """Where empty cells are; `last` if absent, `first` if it is descending."""


def elements(part: Part, column: Column, *, printed: bool = False) -> list[str]:
    """The elements of CREATE INDEX for one part; `printed`: as `pg_get_indexdef` has them, but for the quotes of names."""
    name = column.name if printed else '"' + column.name.replace('"', '""') + '"'
    text = name if column.base_type == "text" else f"({name})::text"
    plain = name if column.base_type in _AS_TEXT else f"(({name})::text)"
    way = (" DESC" if part.descending else "") + ("" if _by_default(part) else f" NULLS {(part.nulls or '').upper()}")
    match part.by:
        case "trigram":
            return [f"rowhouse.sort_key({text}) {TRIGRAMS}"]
        case "sort_key":
            return [f"rowhouse.sort_key({text}){way}", f"{plain}{way}"]
        case "raw":
            return [plain + (" COLLATE C" if printed else ' COLLATE "C"') + way]
    return [f"{name}{way}"]


def fault(part: Part, column: Column) -> str | None:
    """Why there can be no such part, as the end of a sentence; None if there can."""
    is_text = kinds.of_type(column.base_type, column.type_category).name == "text"
    if part.by != "value" and not is_text:
        return f"'{part.by}' is for text, and it is of type {column.type}."
    if part.by == "value" and not column.sortable:
        return f"values of type {column.type} have no order."
    return None


def method(parts: Iterable[Part]) -> str:
    """How an index with these parts is kept."""
    return "gin" if any(part.by == "trigram" for part in parts) else "btree"


def exists(table: Table, parts: tuple[Part, ...]) -> bool:
    """Whether an index begins with these parts; of `trigram` ones every one may have its own."""
    if method(parts) == "gin":
        return all(_has_trigrams(table, part) for part in parts)
    joined = ", ".join(_printed(table, part) for part in parts)
    return any(f" USING btree ({joined}{end}" in found for found in _definitions(table) for end in (",", ")"))


def is_on(table: Table, parts: tuple[Part, ...], definition: str) -> bool:
    """Whether an index with this definition is on these parts and no more."""
    joined = ", ".join(_printed(table, part) for part in parts)
    return definition.replace('"', "").endswith(f" USING {method(parts)} ({joined})")


def _has_trigrams(table: Table, part: Part) -> bool:
    return any(_printed(table, part) in found for found in _definitions(table))


def _definitions(table: Table) -> list[str]:
    return [index.definition.replace('"', "") for index in table.indexes if index.valid and not index.partial]


def _printed(table: Table, part: Part) -> str:
    return ", ".join(elements(part, table.column(part.column), printed=True)).replace('"', "")


def _by_default(part: Part) -> bool:
    return part.nulls is None or part.nulls == ("first" if part.descending else "last")
