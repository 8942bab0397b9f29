"""Parts that statements share: the fingerprint, what is fetched of a record, and records as objects or arrays."""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import array

from services.records.shapes import Compare, Condition, Field, Group, Negation, Search, Within
from services.records.statement import cells
from services.records.statement.compiled import Query
from services.records.statement.expressions import Expression, Relation, constant, labelled, text_of
from services.tenancy import fingerprints

_MOST_ARGUMENTS = 100


def fingerprint() -> sa.TextClause:
    """The table's fingerprint as it stands while the statement runs; its oid is the parameter `oid`."""
    text = f"{fingerprints.of_table('CAST(:oid AS oid)')} AS fingerprint"
    return sa.text(text).bindparams(sa.bindparam("oid", type_=sa.BigInteger()))


def fetched(relation: Relation, fields: tuple[Field, ...]) -> list[Expression]:
    """The fields' columns as c0, c1 …"""
    columns = (cells.projected(relation.column(field.name), field.form) for field in fields)
    return [column.label(f"c{at}") for at, column in enumerate(columns)]


def version_of(relation: Relation, versioned: bool) -> Expression:
    """The row's version, NULL where there is none."""
    return (relation.version if versioned else text_of(sa.null())).label("version")


def whole(found: sa.FromClause, fields: tuple[Field, ...]) -> list[tuple[str, Expression]]:
    """The fetched columns by name, nothing cut."""
    return [(field.name, cells.shown(found.c[f"c{at}"], field.form)) for at, field in enumerate(fields)]


def as_objects(found: sa.FromClause, row: list[tuple[str, Expression]], *beside: Expression) -> sa.Subquery:
    """Rows as JSON objects in a column `json`, with the columns `beside`."""
    if not row:
        return _apart(sa.select(constant("'{}'").label("json"), *beside).select_from(found))
    # row_to_json takes three quarters of the time of json_build_object, and any number of columns.
    record = sa.select(*labelled(row)).correlate(found).lateral("record")
    # `record.*`: a bare `record` would be taken for a column of that name.
    json = text_of(sa.func.row_to_json(constant("record.*"))).label("json")
    return _apart(sa.select(json, *beside).select_from(found).join(record, sa.true()))


def as_arrays(found: sa.FromClause, row: list[tuple[str, Expression]], *beside: Expression) -> sa.Subquery:
    """Rows as JSON arrays in a column `json`, with the columns `beside`."""
    values = [value for _, value in row]
    if len(values) > _MOST_ARGUMENTS:
        values = [
            constant("VARIADIC").op("")(sa.cast(array([sa.func.to_json(value) for value in values]), cells.JSONS))
        ]
    return _apart(sa.select(text_of(sa.func.json_build_array(*values)).label("json"), *beside).select_from(found))


def is_empty(column: Expression, type_: str) -> Expression:
    """Whether a cell has nothing in it: NULL, no text, or a list without elements."""
    nothing = (
        sa.func.cardinality(column) == constant("0") if type_.endswith("[]") else text_of(column) == constant("''")
    )
    return sa.or_(column.is_(None), nothing)


def compared(node: Condition | None) -> Iterable[str]:
    """The columns that a filter looks at."""
    if isinstance(node, Compare | Within):
        yield node.name
    elif isinstance(node, Search):
        yield from node.names
    elif isinstance(node, Group):
        for member in node.members:
            yield from compared(member)
    elif node is not None:
        yield from compared(node.member)


def has_pattern(node: Condition | None) -> bool:
    """Whether a filter looks for parts of texts, of which some are in every row and some in none."""
    if isinstance(node, Compare):
        return node.sort_key and node.operator in ("contains", "starts_with", "ends_with")
    if isinstance(node, Group):
        return any(map(has_pattern, node.members))
    return isinstance(node, Search) or (isinstance(node, Negation) and has_pattern(node.member))


def _apart(query: Query) -> sa.Subquery:
    # OFFSET 0: else the planner makes the JSON once for each place where it is used.
    return query.offset(constant("0")).subquery("cells")
