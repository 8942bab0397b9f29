"""A filter against a table: its columns, operators and values, checked by kind, as conditions with named parameters."""

import re
import unicodedata
from typing import Any

from services.kinds import KINDS
from services.records import ordering, values
from services.records.errors import FilterInvalid, hint, shown
from services.records.filters import Every, Node, Not, Operand, Test
from services.records.plans import Input, Role
from services.records.shapes import Compare, Condition, Group, Negation
from services.tenancy.catalog import Column, Table

MAX_PATTERN = 200
"""Characters of a regular expression: longer ones take a second to be refused."""

_PRESENCE = ("is_null", "is_empty")
_WILD = {"contains": ("%", "%"), "starts_with": ("", "%"), "ends_with": ("%", "")}
_SPECIAL = frozenset("\\%_")
_ORDERINGS = ("lt", "le", "gt", "ge", "between")
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
        _check_operator(column, test.operator)
        if test.operator in _PRESENCE:
            return _presence(column, test)
        name = f"p{self._tests}"
        self._tests += 1
        texts = _texts(column, test)
        compare = _compare(column, test.operator, name, texts)
        self.arguments |= _arguments(compare, texts)
        self.inputs.append(Input(Role.FILTER, column.name, compare.type, texts))
        return compare


def _check_operator(column: Column, operator: str) -> None:
    known = KINDS[values.family(column)].operators
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


def _presence(column: Column, test: Test) -> Condition:
    if test.value not in (None, True, False) or isinstance(test.value, str):
        raise FilterInvalid(f"'{test.operator}' on column '{column.name}' takes true, false or no value.")
    compare = Compare(column.name, test.operator, "", "")
    return Negation(compare) if test.value is False else compare


def _texts(column: Column, test: Test) -> tuple[str, ...]:
    return tuple(_text(column, test.operator, value) for value in _operands(column, test))


def _operands(column: Column, test: Test) -> tuple[Operand, ...]:
    if test.operator == "in":
        if not isinstance(test.value, tuple):
            raise FilterInvalid(f"'in' on column '{column.name}' takes a list of values.")
        return test.value
    if test.operator == "between":
        if not isinstance(test.value, tuple) or len(test.value) != 2:
            raise FilterInvalid(f"'between' on column '{column.name}' takes a list of two values.")
        return test.value
    return (test.value,)


def _text(column: Column, operator: str, value: Operand) -> str:
    if value is None:
        raise FilterInvalid(
            f"'{operator}' on column '{column.name}' needs a value; empty cells are found by 'is_null'."
        )
    if isinstance(value, tuple):
        raise FilterInvalid(f"'{operator}' on column '{column.name}' takes one value, not a list.")
    try:
        text = values.text_of(value, column)
    except ValueError as error:
        raise FilterInvalid(f"Column '{column.name}' cannot be compared with {shown(str(value))}: {error}") from None
    if operator == "matches" and len(text or "") > MAX_PATTERN:
        raise FilterInvalid(f"The pattern for column '{column.name}' is longer than {MAX_PATTERN} characters.")
    return text or ""


def _compare(column: Column, operator: str, name: str, texts: tuple[str, ...]) -> Compare:
    if values.family(column) == "text":
        by_key = operator in _ORDERINGS or operator in _WILD
        return Compare(column.name, operator, "text", name, as_text=True, sort_key=by_key)
    if not column.sortable or ordering.is_foreign(column):
        return Compare(column.name, operator, "text", name, as_text=True)
    return Compare(column.name, operator, _type_for(column, texts), name)


def _type_for(column: Column, texts: tuple[str, ...]) -> str:
    """The type to compare in: a whole column may be compared with 1.5, but keeps its index for whole numbers."""
    if column.base_type not in _INTEGERS:
        return column.base_type
    return "bigint" if all(_WHOLE.fullmatch(text) for text in texts) else "numeric"


def _arguments(compare: Compare, texts: tuple[str, ...]) -> dict[str, Any]:
    if compare.operator in _WILD:
        before, behind = _WILD[compare.operator]
        return {compare.parameter: f"{before}{_escaped(texts[0])}{behind}"}
    if compare.operator == "in":
        return {compare.parameter: list(texts)}
    if compare.operator == "between":
        return {f"{compare.parameter}_from": texts[0], f"{compare.parameter}_to": texts[1]}
    return {compare.parameter: texts[0]}


def _escaped(text: str) -> str:
    """The text as a pattern that stands for itself alone, also once its sort key has made plain letters of other forms."""
    return "".join(
        f"\\{letter}" if _SPECIAL & set(unicodedata.normalize("NFKD", letter)) else letter for letter in text
    )
