"""Filters as SQL. Text is compared as people expect, by `rowhouse.sort_key`, wherever order or parts of it count."""

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import array

from services.records.shapes import Compare, Condition, Group, Search, Within
from services.records.statement import parts
from services.records.statement.expressions import (
    Expression,
    PgType,
    Relation,
    any_of,
    constant,
    sort_key,
    text_of,
    unnested,
    value,
    values,
)

_LENGTHS = {"day": "1 day", "week": "7 days", "month": "1 month", "quarter": "3 months", "year": "1 year"}

_Ordering = Callable[[Any, Any], sa.ColumnElement[bool]]


def condition(relation: Relation, node: Condition) -> sa.ColumnElement[bool]:
    """A filter as SQL; never NULL above a negation, so that `not` means exactly the other rows."""
    if isinstance(node, Compare):
        return _compare(relation.column(node.name), node)
    if isinstance(node, Within):
        return _within(relation.column(node.name), node)
    if isinstance(node, Search):
        return _search([relation.column(name) for name in node.names], node)
    if isinstance(node, Group):
        members = [condition(relation, member) for member in node.members]
        return sa.and_(sa.true(), *members) if node.every else sa.or_(sa.false(), *members)
    return condition(relation, node.member).is_not(sa.true())


def _compare(column: Expression, node: Compare) -> sa.ColumnElement[bool]:
    left = text_of(column) if node.as_text else column
    match node.operator:
        case "is_null":
            return column.is_(None)
        case "is_empty":
            return parts.is_empty(column, node.type)
        case "in":
            return _in(left, node)
        case "contains_all":
            return _list(column, node).op("@>")(values(node.parameter, node.type))
        case "contains_any":
            return _list(column, node).op("&&")(values(node.parameter, node.type))
        case "json_contains":
            return _document(column).op("@>")(value(node.parameter, node.type))
        case "json_has_key":
            return _document(column).op("?")(value(node.parameter, node.type))
        case "matches":
            return text_of(column).op("~")(value(node.parameter, "text"))
        case "contains" | "starts_with" | "ends_with":
            return _like(column, node)
        case "between":
            return sa.and_(_ordering(left, "ge", node, "_from"), _ordering(left, "le", node, "_to"))
    return _ordering(left, node.operator, node, "")


def _in(left: Expression, node: Compare) -> sa.ColumnElement[bool]:
    if not node.type.endswith("[]"):
        return left == any_of(node.parameter, node.type)
    # An array of arrays would be one array of more dimensions.
    rows = unnested(node.parameter)
    return left.in_(sa.select(sa.cast(rows.c[node.parameter], PgType(node.type))))


def _search(columns: list[Expression], node: Search) -> sa.ColumnElement[bool]:
    pattern = sort_key(value(node.parameter, "text"))
    if node.apart or not columns:
        return sa.or_(sa.false(), *(sort_key(text_of(column)).like(pattern) for column in columns))
    # As one text, which is read once, and which no index tempts the planner to walk from end to end.
    whole = sa.func.array_to_string(array([text_of(column) for column in columns]), constant(r"E'\n'"))
    return sort_key(whole).like(pattern)


def _list(column: Expression, node: Compare) -> Expression:
    return sa.cast(column, PgType("text[]")) if node.type == "text" else column


def _document(column: Expression) -> Expression:
    return sa.cast(column, PgType("jsonb"))


def _within(column: Expression, node: Within) -> sa.ColumnElement[bool]:
    """From the first moment of a stretch to the first one after it, in the days of a time zone."""
    zone, many = value(f"{node.parameter}_zone", "text"), value(f"{node.parameter}_count", "integer")
    this = sa.func.date_trunc(constant(f"'{node.unit}'"), sa.func.timezone(zone, sa.func.now()))
    before, behind = {
        "last": (-many, constant("1" if node.current else "0")),
        "this": (constant("0"), many),
        "next": (constant("0" if node.current else "1"), many + constant("1")),
    }[node.direction]
    length = constant(f"interval '{_LENGTHS[node.unit]}'")
    first, end = (_moment(this + steps * length, node.type, zone) for steps in (before, behind))
    return sa.and_(column >= first, column < end)


def _moment(local: Expression, type_: str, zone: Expression) -> Expression:
    if type_ == "timestamp with time zone":
        return sa.func.timezone(zone, local)
    return sa.cast(local, PgType(type_))


def _ordering(left: Expression, operator: str, node: Compare, end: str) -> sa.ColumnElement[bool]:
    right = value(node.parameter + end, node.type)
    if operator == "eq":
        return left == right
    if operator == "ne":
        return left.is_distinct_from(right)
    if not node.sort_key:
        return _OPERATORS[operator](left, right)
    return _OPERATORS[operator](sa.tuple_(sort_key(text_of(left)), left), sa.tuple_(sort_key(text_of(right)), right))


_OPERATORS: Mapping[str, _Ordering] = {
    "lt": lambda left, right: left < right,
    "le": lambda left, right: left <= right,
    "gt": lambda left, right: left > right,
    "ge": lambda left, right: left >= right,
}


def _like(column: Expression, node: Compare) -> sa.ColumnElement[bool]:
    # The pattern comes with its wildcards, and with what is no wildcard escaped (`filtering`).
    return sort_key(text_of(column)).like(sort_key(value(node.parameter, "text")))
