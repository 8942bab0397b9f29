"""The other statements that read: an estimated count, and one record."""

from functools import lru_cache

import sqlalchemy as sa

from services.records.shapes import Record, Rows
from services.records.statement import parts
from services.records.statement.compiled import Statement, compiled
from services.records.statement.expressions import Relation, constant, value
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
