"""Statements that write: each takes a list of records as one array per column, and answers with the records as they are now."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.records.shapes import Column, Rows, Write
from services.records.statement import parts
from services.records.statement.compiled import Query, Statement, compiled
from services.records.statement.expressions import (
    Expression,
    PgType,
    Relation,
    constant,
    key_of,
    unnested,
)
from services.records.statement.pages import relation_of, where

Clause = sa.ColumnElement[bool]


@lru_cache(4096)
def insert(shape: Write) -> Statement:
    """New records, in the order given: fingerprint, and for each record its position (`found`), JSON (`records`), key and version.

    Without targets it makes one record of defaults only. Where the shape is `guarded`, records that are there already are left out.
    """
    relation = _relation(shape)
    query = postgresql.insert(relation.table)
    if shape.targets:
        given = unnested(*(f"v{at}" for at in range(len(shape.targets))))
        values = (_given(given, f"v{at}", column) for at, column in enumerate(shape.targets))
        columns = [relation.column(column.name) for column in shape.targets]
        query = query.from_select(columns, sa.select(*values).select_from(given).order_by(given.c.n))
    else:
        query = query.values()
    if shape.guarded:
        unique: list[Any] = [relation.column(column.name) for column in shape.by]
        query = query.on_conflict_do_nothing(index_elements=unique)
    written = query.returning(*_returned(relation, shape)).cte("written")
    numbered = sa.select(written, sa.func.row_number().over().label("n")).subquery("numbered")
    return compiled(_answer(numbered, shape, in_order=True))


@lru_cache(4096)
def update(shape: Write) -> Statement:
    """Changes of records: as `insert`; `found` has the positions (from 1) of those that were changed."""
    relation = _relation(shape)
    given = unnested(*_values(shape), *_names(shape))
    values = {relation.column(column.name): _set(relation, given, shape, at) for at, column in enumerate(shape.targets)}
    query = sa.update(relation.table).values(values).where(*_addressed(relation, given, shape))
    return compiled(_answer(query.returning(*_returned(relation, shape), given.c.n).cte("written"), shape))


@lru_cache(4096)
def delete(shape: Write) -> Statement:
    """Deletions: fingerprint, and `found` as in `update`."""
    relation = _relation(shape)
    given = unnested(*_names(shape))
    query = sa.delete(relation.table).where(*_addressed(relation, given, shape)).returning(given.c.n.label("n"))
    gone = query.cte("written")
    return compiled(sa.select(parts.fingerprint(), _all(gone.c.n, gone.c.n).label("found")).select_from(gone))


@lru_cache(4096)
def delete_where(shape: Rows) -> Statement:
    """Deletion of all that a filter finds, if that is no more than `most`: fingerprint, and how many are gone (`count`).

    `too_many` says that it was more, and that nothing was done.
    """
    relation, looked_at = Relation(shape.source, _compared(shape), written=True), relation_of(shape)
    most = sa.bindparam("most", type_=sa.BigInteger())
    some = (
        sa.select(constant("1")).select_from(looked_at.rows).where(*where(looked_at, shape)).limit(most + constant("1"))
    )
    bound = sa.select(sa.func.count().label("n")).select_from(some.subquery("some")).cte("bound")
    few = sa.select(bound.c.n <= most).scalar_subquery()
    query = sa.delete(relation.table).where(few, *where(relation, shape)).returning(constant("1"))
    gone = sa.select(sa.func.count()).select_from(query.cte("gone")).scalar_subquery()
    return compiled(sa.select(parts.fingerprint(), gone.label("count"), (bound.c.n > most).label("too_many")))


def _compared(shape: Rows) -> Iterable[str]:
    return parts.compared(shape.where) if shape.where is not None else ()


def _relation(shape: Write) -> Relation:
    return Relation(shape.source, shape.names, written=True)


def _names(shape: Write) -> Iterable[str]:
    yield from (f"k{at}" for at in range(len(shape.by)))
    yield "version"


def _values(shape: Write) -> Iterable[str]:
    for at in range(len(shape.targets)):
        yield f"v{at}"
        if shape.mixed:
            yield f"s{at}"


def _set(relation: Relation, given: sa.FromClause, shape: Write, at: int) -> Expression:
    """What a target becomes: what is given, or, for a record that does not set it, what it is."""
    column = shape.targets[at]
    new = _given(given, f"v{at}", column)
    if not shape.mixed:
        return new
    return sa.case((given.c[f"s{at}"] == constant("'t'"), new), else_=relation.column(column.name))


def _given(given: sa.FromClause, name: str, column: Column) -> Expression:
    return sa.cast(given.c[name], PgType(column.type))


def _addressed(relation: Relation, given: sa.FromClause, shape: Write) -> list[Clause]:
    version = given.c.version
    right = sa.or_(version.is_(None), relation.version_is(version))
    keys = [relation.column(c.name) == _given(given, f"k{at}", c) for at, c in enumerate(shape.by)]
    return [*keys, right] if shape.source.versioned else keys


def _returned(relation: Relation, shape: Write) -> list[Expression]:
    keys = [relation.column(column.name).label(f"key{at}") for at, column in enumerate(shape.key)]
    return [*parts.fetched(relation, shape.fields), *keys, parts.version_of(relation, shape.source.versioned)]


def _answer(written: sa.FromClause, shape: Write, *, in_order: bool = False) -> Query:
    """`in_order`: as Postgres returns rows that it makes."""
    named = (
        [key_of((written.c[f"key{at}"], c.type) for at, c in enumerate(shape.key)).label("key")] if shape.key else []
    )
    made = parts.as_objects(written, parts.whole(written, shape.fields), *named, written.c.version, written.c.n)
    columns = {"found": made.c.n, "records": made.c.json, **({"keys": made.c.key} if shape.key else {})}
    if shape.source.versioned:
        columns["versions"] = made.c.version
    order = None if in_order else made.c.n
    listed = [_all(column, order).label(name) for name, column in columns.items()]
    return sa.select(parts.fingerprint(), *listed).select_from(made)


def _all(expression: Expression, order: Expression | None) -> sa.Function[Any]:
    return sa.func.array_agg(expression if order is None else postgresql.aggregate_order_by(expression, order))
