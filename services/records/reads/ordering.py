"""`sort` against a table: which levels the order has, down to one that tells every two records apart."""

from collections.abc import Iterable

from services.kinds import options
from services.records import keys, names, values
from services.records.errors import SortInvalid
from services.records.shapes import By, Level
from services.tenancy.catalog import Column, Table

MAX_SORT = 10
"""Columns of an order; a page starts with a range for each."""

_WITH_PLACES = frozenset({"table", "partitioned_table", "materialized_view"})
_OWN_OPERATORS = frozenset("ACER")
"""Categories of types (arrays, composites, enumerations, ranges) whose operators are Postgres' own, whoever made the type."""


def resolve(table: Table, asked: tuple[names.Sort, ...]) -> tuple[Level, ...]:
    """The levels of the order: those asked for, then the primary key.

    Without a key: then the place where the record lies, or, where a view has none, every column that sorts. Raises ColumnUnknown,
    SortInvalid.
    """
    levels = list(_asked(table, asked))
    used = {level.name for level in levels}
    if table.primary_key:
        rest = [_plain(column) for column in keys.columns(table) if column.name not in used]
    elif table.relation in _WITH_PLACES:
        rest = [Level("ctid", "tid", By.PLACE, descending=False, nullable=False)]
    else:
        rest = [_plain(column) for column in table.columns if column.sortable and column.name not in used]
    return (*levels, *rest)


def is_foreign(column: Column) -> bool:
    """Whether the type is an extension's, whose operators are not found without its schema."""
    return "." in column.base_type and column.type_category not in _OWN_OPERATORS


def natural(column: Column) -> By:
    """How values of the column compare: text as people read it, every other type as Postgres has it."""
    if values.family(column) == "text":
        return By.SORT_KEY
    return By.VALUE if column.sortable and not is_foreign(column) else By.BYTES


def arguments(table: Table, levels: tuple[Level, ...]) -> dict[str, list[str]]:
    """The parameters of an order: the options of its columns, as o0, o1 …"""
    return {
        f"o{at}": options.values(table.column(level.name).display)
        for at, level in enumerate(levels)
        if level.by is By.OPTIONS
    }


def _of_text(column: Column) -> By:
    chosen = values.kind(column).sorts == "options" and options.values(column.display)
    return By.OPTIONS if chosen else By.SORT_KEY


def _asked(table: Table, asked: tuple[names.Sort, ...]) -> Iterable[Level]:
    if len(asked) > MAX_SORT:
        raise SortInvalid(f"'sort' names {len(asked)} columns; more than {MAX_SORT} tell nobody anything.")
    used: set[str] = set()
    for sort in asked:
        column = table.column(sort.column)
        if column.name in used:
            raise SortInvalid(f"'sort' names column '{column.name}' twice.")
        used.add(column.name)
        yield _level(column, sort)


def _level(column: Column, sort: names.Sort) -> Level:
    if not column.sortable:
        raise SortInvalid(f"Column '{column.name}' cannot be sorted by: values of type {column.type} have no order.")
    is_text = values.family(column) == "text"
    if sort.raw and not is_text:
        raise SortInvalid(f"':raw' is for text; column '{column.name}' is of type {column.type}.")
    by = _of_text(column) if is_text else _own(column)
    return Level(
        column.name,
        column.base_type,
        By.BYTES if sort.raw else by,
        descending=sort.descending,
        nullable=column.nullable,
    )


def _plain(column: Column) -> Level:
    return Level(column.name, column.base_type, _own(column), descending=False, nullable=column.nullable)


def _own(column: Column) -> By:
    return By.BYTES if is_foreign(column) else By.VALUE
