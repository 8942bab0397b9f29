"""Which index would help a list: what it is filtered by for equality first, then its range or its order."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from services.records.shapes import By, Compare, Condition, Group, Level, Rows, Search, Within
from services.tenancy import indexes
from services.tenancy.catalog import Table
from services.tenancy.indexes import Part

MOST_PARTS = 8
_INDEXABLE = frozenset({"table", "materialized_view"})
_EQUAL = ("eq", "in")
_RANGES = ("lt", "le", "gt", "ge", "between")
_PARTS_OF_TEXT = ("contains", "starts_with", "ends_with")
_BY: Mapping[By, indexes.By] = {By.VALUE: "value", By.SORT_KEY: "sort_key", By.BYTES: "raw"}


def helpful(table: Table, rows: Rows) -> tuple[Part, ...]:
    """The parts of an index that would help, where there is none yet."""
    conjuncts = list(_conjuncts(rows.where))
    tests = [node for node in conjuncts if isinstance(node, Compare | Within)]
    equal = [Part(test.name) for test in tests if isinstance(test, Compare) and test.operator in _EQUAL]
    texts = [name for node in conjuncts for name in _searched(node)]
    if equal:
        found = [*equal, *(_sorted(table, rows.order) or _ranges(tests))]
    elif texts:
        found = [Part(name, "trigram") for name in texts]
    else:
        found = _ranges(tests) or _sorted(table, rows.order)
    return missing(table, _once(found))


def missing(table: Table, parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """The parts, if an index on them is possible and there is none."""
    possible = table.relation in _INDEXABLE and all(
        indexes.fault(part, table.column(part.column)) is None for part in parts
    )
    return parts if parts and possible and not indexes.exists(table, parts) else ()


def operation(table: Table, parts: tuple[Part, ...]) -> dict[str, Any] | None:
    """The body of an operation that makes an index on these parts; None for none."""
    if not parts:
        return None
    columns = [{name: value for name, value in _given(part)} for part in parts]
    return {"do": "create_index", "schema": table.schema, "table": table.name, "columns": columns}


def _given(part: Part) -> Iterator[tuple[str, object]]:
    yield "column", part.column
    if part.by != "value":
        yield "by", part.by
    if part.descending:
        yield "descending", True
    if part.nulls:
        yield "nulls", part.nulls


def _conjuncts(node: Condition | None) -> Iterator[Condition]:
    """Conditions that all hold; of those of which one does, none can be named alone."""
    if isinstance(node, Group) and (node.every or len(node.members) == 1):
        for member in node.members:
            yield from _conjuncts(member)
    elif node is not None:
        yield node


def _searched(node: Condition) -> Iterable[str]:
    if isinstance(node, Search):
        return node.names if node.apart else ()
    return (node.name,) if isinstance(node, Compare) and node.sort_key and node.operator in _PARTS_OF_TEXT else ()


def _ranges(tests: list[Compare | Within]) -> list[Part]:
    for test in tests:
        if isinstance(test, Within) or test.operator in _RANGES:
            by_key = isinstance(test, Compare) and test.sort_key
            return [Part(test.name, "sort_key" if by_key else "value")]
    return []


def _sorted(table: Table, order: tuple[Level, ...]) -> list[Part]:
    """The order that was asked for, down to what settles it; none where it is the key's own."""
    if all(level.name in table.primary_key and not level.descending for level in order):
        return []
    found: list[Part] = []
    for level in order:
        if level.by not in _BY:
            break
        # Where NULLs could come first, a list fetches them apart; at any later level they come last both ways.
        nulls: Any = "last" if found and level.descending and level.nullable else None
        found.append(Part(level.name, _BY[level.by], level.descending, nulls))
    return found


def _once(parts: Iterable[Part]) -> tuple[Part, ...]:
    return tuple({part.column: part for part in reversed(list(parts))}.values())[::-1][:MOST_PARTS]
