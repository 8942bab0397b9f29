"""Statements that write: each takes a list of records as one array per column, and answers with the records as they are now."""

from collections.abc import Iterable
from functools import lru_cache

import sqlalchemy as sa

from services.records.shapes import Column, Write
from services.records.statement import parts
from services.records.statement.compiled import Query, Statement, compiled
from services.records.statement.expressions import (
    Expression,
    PgType,
    Relation,
    constant,
    joined,
    key_of,
    text_of,
    unnested,
)

Clause = sa.ColumnElement[bool]


@lru_cache(4096)
def insert(shape: Write) -> Statement:
    """New records, in the order given: fingerprint, count, body (objects, joined), keys, versions.

    Without targets it makes one record of defaults only.
    """
    relation = _relation(shape)
    query = sa.insert(relation.table)
    if shape.targets:
        given = unnested(*(f"v{at}" for at in range(len(shape.targets))))
        values = (_given(given, f"v{at}", column) for at, column in enumerate(shape.targets))
        columns = [relation.column(column.name) for column in shape.targets]
        query = query.from_select(columns, sa.select(*values).select_from(given).order_by(given.c.n))
    else:
        query = query.values()
    return compiled(_answer(query.returning(*_returned(relation, shape)).cte("written"), shape))


@lru_cache(4096)
def update(shape: Write) -> Statement:
    """Changes of records: as `insert`, and `found`, the positions (from 1) of those that were changed."""
    relation = _relation(shape)
    given = unnested(*_values(shape), *_names(shape))
    values = {relation.column(column.name): _set(relation, given, shape, at) for at, column in enumerate(shape.targets)}
    query = sa.update(relation.table).values(values).where(*_addressed(relation, given, shape))
    return compiled(_answer(query.returning(*_returned(relation, shape), given.c.n).cte("written"), shape))


@lru_cache(4096)
def delete(shape: Write) -> Statement:
    """Deletions: fingerprint, count, and `found` as in `update`."""
    relation = _relation(shape)
    given = unnested(*_names(shape))
    query = sa.delete(relation.table).where(*_addressed(relation, given, shape)).returning(given.c.n.label("n"))
    gone = query.cte("written")
    return compiled(sa.select(parts.fingerprint(), sa.func.count().label("count"), _positions(gone)).select_from(gone))


def _relation(shape: Write) -> Relation:
    return Relation(shape.source, shape.names, written=True)


def _names(shape: Write) -> Iterable[str]:
    yield from (f"k{at}" for at in range(len(shape.key)))
    yield "version"


def _values(shape: Write) -> Iterable[str]:
    for at in range(len(shape.targets)):
        yield f"v{at}"
        if shape.mixed:
            yield f"s{at}"


def _set(relation: Relation, given: sa.FromClause, shape: Write, at: int) -> Expression:
    """What a target becomes: what is given, or, for a record that does not set it, what it is."""
    column = shape.targets[at]
    value = _given(given, f"v{at}", column)
    if not shape.mixed:
        return value
    return sa.case((given.c[f"s{at}"] == constant("'t'"), value), else_=relation.column(column.name))


def _given(given: sa.FromClause, name: str, column: Column) -> Expression:
    return sa.cast(given.c[name], PgType(column.type))


def _addressed(relation: Relation, given: sa.FromClause, shape: Write) -> list[Clause]:
    version = given.c.version
    right = sa.or_(version.is_(None), relation.table.c.xmin == sa.cast(version, PgType("xid")))
    keys = [relation.column(c.name) == _given(given, f"k{at}", c) for at, c in enumerate(shape.key)]
    return [*keys, right] if shape.source.versioned else keys


def _returned(relation: Relation, shape: Write) -> list[Expression]:
    keys = [relation.column(column.name).label(f"key{at}") for at, column in enumerate(shape.key)]
    return [*parts.fetched(relation, shape.fields), *keys, parts.version_of(relation, shape.source.versioned)]


def _answer(written: sa.CTE, shape: Write) -> Query:
    key = ((written.c[f"key{at}"], column.type) for at, column in enumerate(shape.key))
    keys = (key_of(key) if shape.key else text_of(sa.null())).label("key")
    numbers = [written.c.n] if "n" in written.c else []
    made = parts.as_objects(written, parts.whole(written, shape.fields), keys, written.c.version, *numbers)
    order = made.c.n if numbers else None
    columns = [
        sa.func.count().label("count"),
        joined(made.c.json, constant("','"), order).label("body"),
        joined(made.c.key, constant("'\",\"'"), order).label("keys"),
        joined(made.c.version, constant("'\",\"'"), order).label("versions"),
    ]
    return sa.select(parts.fingerprint(), *columns, *([_positions(made)] if numbers else [])).select_from(made)


def _positions(rows: sa.FromClause) -> Expression:
    return sa.func.array_agg(rows.c.n).label("found")
