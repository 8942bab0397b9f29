"""Figures over the rows of a list, each worked out and written by Postgres."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import array

from services.records.shapes import Aggregate, By, Figure
from services.records.statement import cells, order, parts
from services.records.statement.compiled import Statement, compiled
from services.records.statement.expressions import TEXT, Expression, PgType, constant, sort_key, text_of
from services.records.statement.pages import relation_of, where

_Build: TypeAlias = Callable[[Expression, Figure], Expression]

_NUMERIC = PgType("numeric")
_HALF = constant("0.5")
_HALF_FLOAT = constant("0.5::float8")
_EXACT = frozenset({"smallint", "integer", "bigint", "numeric", "money"})
_FLOATS = frozenset({"real", "double precision"})
_WITH_EXTREMES = _EXACT | _FLOATS | {"date", "interval", "inet"}
"""Types of which Postgres has min() and max(); of every other type that sorts, the first and the last value are asked for."""

_OF_ROWS = frozenset({"count", "count_null", "count_empty", "count_distinct", "count_true", "percent_true"})


@lru_cache(1024)
def aggregate(shape: Aggregate) -> Statement:
    """Figures as one row: fingerprint, rows, and each figure's JSON as v0, v1 …"""
    relation = relation_of(shape.rows, (figure.name for figure in shape.figures))
    names = {name: f"a{at}" for at, name in enumerate(dict.fromkeys(figure.name for figure in shape.figures))}
    columns = (relation.column(name).label(label) for name, label in names.items())
    query = sa.select(*columns).select_from(relation.rows).where(*where(relation, shape.rows))
    if shape.window:
        offset, limit = (sa.bindparam(name, type_=sa.BigInteger()) for name in ("offset", "limit"))
        query = query.order_by(*order.plain(relation, shape.rows.order)).offset(offset).limit(limit)
    found = query.subquery("found")
    values = (_json(figure, found.c[names[figure.name]]).label(f"v{at}") for at, figure in enumerate(shape.figures))
    figures = sa.select(parts.fingerprint(), sa.func.count().label("rows"), *values).select_from(found)
    return compiled(figures, planned_by_value=parts.has_pattern(shape.rows.where))


def _json(figure: Figure, column: Expression) -> Expression:
    exact = sa.cast(column, _NUMERIC) if figure.type == "money" else column
    value = FUNCTIONS[figure.function](exact, figure)
    if figure.function not in _OF_ROWS:
        value = _shown(value, figure)
    return text_of(sa.func.to_json(value))


def _shown(value: Expression, figure: Figure) -> Expression:
    if figure.type in _EXACT:
        return text_of(value) if figure.as_text and figure.type not in ("smallint", "integer") else value
    if figure.function in ("min", "max", "median"):
        return cells.shown(cells.projected(value, figure.form), figure.form)
    return value


def _count_empty(column: Expression, figure: Figure) -> Expression:
    return sa.func.count().filter(parts.is_empty(column, figure.type))


def _count_distinct(column: Expression, figure: Figure) -> Expression:
    return sa.func.count((column if figure.by is By.VALUE else text_of(column)).distinct())


def _extreme(name: str, end: str) -> _Build:
    def build(column: Expression, figure: Figure) -> Expression:
        function = getattr(sa.func, name)
        if figure.by is By.SORT_KEY:
            # As people order texts: by their sort keys, then by themselves.
            pair = sa.case((column.is_not(None), array([sort_key(text_of(column)), text_of(column)])))
            return function(pair, type_=sa.ARRAY(TEXT))[constant("2")]  # type: ignore[no-any-return]
        if figure.type in _WITH_EXTREMES:
            return function(column)  # type: ignore[no-any-return]
        plain = column if figure.by is By.VALUE else sa.collate(text_of(column), "C")
        return sa.func.percentile_disc(constant(end)).within_group(plain)

    return build


def _median(column: Expression, figure: Figure) -> Expression:
    """The value in the middle. Of two their mean, where there is one, else the lower one."""
    lower, upper = (sa.func.percentile_disc(_HALF).within_group(way) for way in (column.asc(), column.desc()))
    if figure.type in _EXACT:
        # A division would round.
        return sa.func.trim_scale((sa.cast(lower, _NUMERIC) + sa.cast(upper, _NUMERIC)) * _HALF)
    if figure.type in _FLOATS:
        return lower * _HALF_FLOAT + upper * _HALF_FLOAT
    return (lower + upper) * _HALF_FLOAT if figure.type == "interval" else lower


def _percent_true(column: Expression, figure: Figure) -> Expression:
    return sa.func.count().filter(column) * constant("100.0") / sa.func.nullif(sa.func.count(column), constant("0"))


FUNCTIONS: Mapping[str, _Build] = MappingProxyType(
    {
        "count": lambda column, _: sa.func.count(column),
        "count_null": lambda column, _: sa.func.count().filter(column.is_(None)),
        "count_empty": _count_empty,
        "count_distinct": _count_distinct,
        "sum": lambda column, _: sa.func.sum(column),
        "avg": lambda column, _: sa.func.avg(column),
        "min": _extreme("min", "0"),
        "max": _extreme("max", "1"),
        "median": _median,
        "count_true": lambda column, _: sa.func.count().filter(column),
        "percent_true": _percent_true,
    }
)
"""Every function that a kind may declare."""
