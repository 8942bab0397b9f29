"""A filter against a table: its columns, operators and values, checked by kind, as conditions with named parameters."""

import re
import unicodedata
from typing import Any

from services.records import values
from services.records.documents import Json
from services.records.errors import FilterInvalid, hint, shown
from services.records.plans import Input, Role
from services.records.reads import ordering, patterns, relative
from services.records.reads.filters import Every, Node, Not, Test
from services.records.shapes import Compare, Condition, Group, Negation, Within
from services.tenancy.catalog import Column, Table

_PRESENCE = ("is_null", "is_empty")
_WILD = {"contains": ("%", "%"), "starts_with": ("", "%"), "ends_with": ("%", "")}
_SPECIAL = frozenset("\\%_")
_ORDERINGS = ("lt", "le", "gt", "ge", "between")
_LISTS = ("in", "contains_any", "contains_all")
_WHOLE = re.compile(r"\s*[+-]?0*\d{1,18}\s*", re.ASCII)
_INTEGERS = frozenset({"smallint", "integer", "bigint"})

Resolved = tuple[Condition | None, dict[str, Any], tuple[Input, ...]]


def resolve(table: Table, node: Node | None) -> Resolved:
    """Conditions, their parameters, and what Postgres must read. Raises ColumnUnknown and FilterInvalid."""
    if node is None:
        return None, {}, ()
    found = _Resolver(table)
    return found.condition(node), found.arguments, tuple(found.inputs)


class _Resolver:
    """Numbers the parameters as it walks the tree."""

    def __init__(self, table: Table) -> None:
        self.arguments: dict[str, Any] = {}
        self.inputs: list[Input] = []
        self._table = table
        self._tests = 0

    def condition(self, node: Node) -> Condition:
        if isinstance(node, Not):
            return Negation(self.condition(node.member))
        if isinstance(node, Test):
            return self._test(node)
        return Group(isinstance(node, Every), tuple(self.condition(member) for member in node.members))

    def _test(self, test: Test) -> Condition:
        column = self._table.column(test.column)
        _check_operator(column, test)
        if test.operator in _PRESENCE:
            return _presence(column, test)
        name = f"p{self._tests}"
        self._tests += 1
        if test.operator == "within":
            return self._within(column, test, name)
        texts = _texts(column, test)
        compare = _compare(column, test.operator, name, texts)
        self.arguments |= _arguments(compare, texts)
        self.inputs.append(Input(Role.FILTER, column.name, compare.type, texts))
        return compare

    def _within(self, column: Column, test: Test, name: str) -> Condition:
        try:
            stretch = relative.stretch(test.value)
        except ValueError as error:
            raise FilterInvalid(f"'within' on column '{column.name}' cannot be read: {error}") from None
        self.arguments |= {f"{name}_count": str(stretch.count), f"{name}_zone": test.time_zone or "UTC"}
        return Within(column.name, column.base_type, name, stretch.direction, stretch.unit, stretch.current)


def _check_operator(column: Column, test: Test) -> None:
    operator, known = test.operator, values.kind(column).operators
    if operator not in known:
        raise FilterInvalid(
            f"Column '{column.name}' of type {column.type} cannot be filtered by {shown(operator)}{hint(operator, known)} "
            f"It takes {', '.join(known)}.",
            column=column.name,
        )
    if operator in _ORDERINGS and not column.sortable:
        raise FilterInvalid(
            f"Column '{column.name}' cannot be filtered by '{operator}': values of type {column.type} have no order.",
            column=column.name,
        )
    if test.time_zone and operator != "within":
        raise FilterInvalid(f"'time_zone' goes with 'within', not with '{operator}' on column '{column.name}'.")


def _presence(column: Column, test: Test) -> Condition:
    if test.value not in (None, True, False) or isinstance(test.value, str):
        raise FilterInvalid(f"'{test.operator}' on column '{column.name}' takes true, false or no value.")
    compare = Compare(column.name, test.operator, column.base_type, "")
    return Negation(compare) if test.value is False else compare


def _texts(column: Column, test: Test) -> tuple[str, ...]:
    return tuple(_text(column, test.operator, value) for value in _operands(column, test))


def _operands(column: Column, test: Test) -> list[Json]:
    if test.operator in _LISTS:
        if not isinstance(test.value, list):
            raise FilterInvalid(f"'{test.operator}' on column '{column.name}' takes a list of values.")
        return test.value
    if test.operator == "between":
        if not isinstance(test.value, list) or len(test.value) != 2:
            raise FilterInvalid(f"'between' on column '{column.name}' takes a list of two values.")
        return test.value
    return [test.value]


def _text(column: Column, operator: str, value: Json) -> str:
    if value is None:
        raise FilterInvalid(
            f"'{operator}' on column '{column.name}' needs a value; empty cells are found by 'is_null'."
        )
    if isinstance(value, list) and not _takes_lists(column, operator):
        raise FilterInvalid(f"'{operator}' on column '{column.name}' takes one value, not a list.")
    if isinstance(value, dict) and not _is_document(column):
        raise FilterInvalid(f"Column '{column.name}' cannot be compared with an object.")
    try:
        text = str(value) if operator == "has_key" else values.text_of(value, column)
    except ValueError as error:
        raise FilterInvalid(f"Column '{column.name}' cannot be compared with {shown(str(value))}: {error}") from None
    if operator == "matches":
        _check_pattern(column, text or "")
    return text or ""


def _takes_lists(column: Column, operator: str) -> bool:
    if column.base_type.endswith("[]"):
        return not operator.startswith("contains")
    return _is_document(column) and operator != "has_key"


def _is_document(column: Column) -> bool:
    return column.base_type in ("json", "jsonb")


def _check_pattern(column: Column, pattern: str) -> None:
    if len(pattern) > patterns.MAX_PATTERN:
        raise FilterInvalid(f"The pattern for column '{column.name}' is longer than {patterns.MAX_PATTERN} characters.")
    if patterns.weight(pattern) > patterns.MAX_WEIGHT:
        raise FilterInvalid(
            f"The pattern for column '{column.name}' repeats too much: its bounds multiply to more than {patterns.MAX_WEIGHT:,} letters."
        )


def _compare(column: Column, operator: str, name: str, texts: tuple[str, ...]) -> Compare:
    if _is_document(column):
        return Compare(column.name, f"json_{operator}", "text" if operator == "has_key" else "jsonb", name)
    if operator.startswith("contains") and column.base_type.endswith("[]"):
        element = column.base_type.removesuffix("[]") if column.sortable else "text"
        return Compare(column.name, "contains_any" if operator == "contains_any" else "contains_all", element, name)
    if values.family(column) == "text":
        by_key = operator in _ORDERINGS or operator in _WILD
        return Compare(column.name, operator, "text", name, as_text=True, sort_key=by_key)
    if operator in _WILD or operator == "matches" or not column.sortable or ordering.is_foreign(column):
        return Compare(column.name, operator, "text", name, as_text=True, sort_key=operator in _WILD)
    return Compare(column.name, operator, _type_for(column, texts), name)


def _type_for(column: Column, texts: tuple[str, ...]) -> str:
    """The type to compare in: a whole column may be compared with 1.5, but keeps its index for whole numbers."""
    if column.base_type not in _INTEGERS:
        return column.base_type
    return "bigint" if all(_WHOLE.fullmatch(text) for text in texts) else "numeric"


def _arguments(compare: Compare, texts: tuple[str, ...]) -> dict[str, Any]:
    if compare.sort_key and compare.operator in _WILD:
        before, behind = _WILD[compare.operator]
        return {compare.parameter: f"{before}{escaped(texts[0])}{behind}"}
    if compare.operator in _LISTS:
        return {compare.parameter: list(texts)}
    if compare.operator == "between":
        return {f"{compare.parameter}_from": texts[0], f"{compare.parameter}_to": texts[1]}
    return {compare.parameter: texts[0]}


def escaped(text: str) -> str:
    """The text as a pattern that stands for itself alone, also once its sort key has made plain letters of other forms."""
    return "".join(
        f"\\{letter}" if _SPECIAL & set(unicodedata.normalize("NFKD", letter)) else letter for letter in text
    )
