"""Statements that look for records by values: which of a list are there already, and which stand in the way."""

from functools import lru_cache

import sqlalchemy as sa

from services.records.shapes import Match
from services.records.statement import parts
from services.records.statement.compiled import Statement, compiled
from services.records.statement.expressions import Expression, PgType, Relation, constant, key_of, unnested, value

MOST = 1000
"""How many records are counted."""


@lru_cache(4096)
def present(shape: Match) -> Statement:
    """Of values in arrays k0, k1 …: fingerprint, the positions (from 1) of those that a record has (`present`), and `first`:

    for each the position of the first that is alike.
    """
    given = unnested(*(f"k{at}" for at in range(len(shape.by))))
    relation = Relation(shape.source, shape.names)
    values = [sa.cast(given.c[f"k{at}"], PgType(column.type)) for at, column in enumerate(shape.by)]
    same = (relation.column(c.name) == text for c, text in zip(shape.by, values, strict=True))
    there = sa.exists(sa.select(constant("1")).select_from(relation.rows).where(*same).correlate(given))
    first = sa.func.min(given.c.n).over(partition_by=values)
    each = sa.select(given.c.n, there.label("there"), first.label("first")).select_from(given).subquery("each")
    listed = sa.func.array_agg(each.c.n).filter(each.c.there).label("present")
    alike = sa.func.array_agg(sa.text("each.first ORDER BY each.n")).label("first")
    return compiled(sa.select(parts.fingerprint(), listed, alike).select_from(each))


@lru_cache(4096)
def matching(shape: Match) -> Statement:
    """Of records with the values k0, k1 …: how many there are (`count`, MOST + 1 for more), and the key of one (`key`)."""
    relation = Relation(shape.source, shape.names)
    same = (relation.column(c.name) == value(f"k{at}", c.type) for at, c in enumerate(shape.by))
    key: Expression = key_of((relation.column(c.name), c.type) for c in shape.key) if shape.key else sa.null()
    some = sa.select(sa.cast(key, PgType("text")).label("key")).select_from(relation.rows).where(*same)
    found = some.limit(constant(str(MOST + 1))).subquery("found")
    return compiled(sa.select(sa.func.count().label("count"), sa.func.min(found.c.key).label("key")).select_from(found))
