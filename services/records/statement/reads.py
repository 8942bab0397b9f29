"""The other statements that read: an estimated count, one record, and all rows for an export."""

from functools import lru_cache

import sqlalchemy as sa

from services.records.shapes import Record, Rows
from services.records.statement import order, parts
from services.records.statement.compiled import Statement, compiled
from services.records.statement.expressions import Relation, constant, labelled, text_of, value
from services.records.statement.pages import relation_of, where


@lru_cache(4096)
def estimate(shape: Rows) -> Statement:
    """How many rows Postgres expects, as EXPLAIN's JSON."""
    relation = relation_of(shape)
    query = sa.select(constant("1")).select_from(relation.rows).where(*where(relation, shape))
    return compiled(query, "EXPLAIN (FORMAT JSON) ")


@lru_cache(4096)
def record(shape: Record) -> Statement:
    """One record, whole, as one row: fingerprint, count, body (an object), version."""
    relation = Relation(shape.source, shape.names)
    keys = (relation.column(column.name) == value(f"k{at}", column.type) for at, column in enumerate(shape.key))
    version = parts.version_of(relation, shape.source.versioned)
    found = sa.select(*parts.fetched(relation, shape.fields), version).where(*keys).subquery("found")
    made = parts.as_objects(found, parts.whole(found, shape.fields), found.c.version)
    columns = sa.func.max(made.c.json).label("body"), sa.func.max(made.c.version).label("version")
    return compiled(sa.select(parts.fingerprint(), sa.func.count().label("found"), *columns).select_from(made))


@lru_cache(4096)
def rows(shape: Rows) -> Statement:
    """All rows in order, each column as Postgres' own text, under its name: for COPY, with no limit and no fingerprint."""
    relation = relation_of(shape)
    texts = ((field.name, text_of(relation.column(field.name))) for field in shape.fields)
    query = sa.select(*labelled(texts)).select_from(relation.rows).where(*where(relation, shape))
    return compiled(query.order_by(*order.plain(relation, shape.order)))
