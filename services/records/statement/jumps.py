"""Statements that find where a page starts that is asked for by its position: rows passed over, rows counted, and statistics."""

from functools import lru_cache

import sqlalchemy as sa

from services.records.shapes import By, Level, Place, Rows
from services.records.statement import order, parts
from services.records.statement.compiled import Query, Statement, compiled
from services.records.statement.expressions import constant
from services.records.statement.pages import relation_of, start_of, where
from services.tenancy import fingerprints

_OFFSET = sa.bindparam("offset", type_=sa.BigInteger())
_SORTED = {By.VALUE: "v::{type}", By.SORT_KEY: "rowhouse.sort_key(v), v", By.BYTES: 'v COLLATE "C"'}
_CURVE = """(
    SELECT json_build_array(s.null_frac, (
        SELECT json_agg(json_build_array(v, mass) ORDER BY {sorted})
        FROM (SELECT v, mass FROM unnest(s.common, s.frequencies) c(v, mass)
              UNION ALL SELECT v, NULL FROM unnest(s.bounds) b(v)) p))
    FROM (SELECT null_frac, most_common_vals::text::text[] AS common, most_common_freqs AS frequencies,
                 histogram_bounds::text::text[] AS bounds
          FROM pg_catalog.pg_stats WHERE schemaname = $2 AND tablename = $3 AND attname = ${name}
          ORDER BY inherited DESC LIMIT 1) s)::text AS curve{at}"""
"""The distribution of a column, as ANALYZE left it: the share of NULLs, common values with their shares, and bounds of the rest
that have as many rows between each two, in the order of the level."""


@lru_cache(1024)
def place(shape: Place) -> Statement:
    """The row's values of the order, as a page has them in `first`: fingerprint, start (NULL where there is no such row)."""
    relation = relation_of(shape.rows)
    starts = [relation.column(level.name).label(f"start{at}") for at, level in enumerate(shape.rows.order)]
    select = sa.select(*starts).select_from(relation.rows).where(*where(relation, shape.rows))
    ranges = order.whole(relation, shape.rows.order, backward=shape.backward)
    parted = [select.where(*part.where).order_by(*part.order).limit(_OFFSET + constant("1")) for part in ranges]
    found = sa.union_all(*parted).subquery("ranges") if len(parted) > 1 else parted[0].subquery("ranges")
    row = sa.select(*found.c).offset(_OFFSET).limit(constant("1")).subquery("row")
    query = sa.select(parts.fingerprint(), sa.select(start_of(row)).scalar_subquery().label("start"))
    return compiled(query, planned_by_value=parts.has_pattern(shape.rows.where))


@lru_cache(1024)
def count(shape: Rows) -> Statement:
    """How many rows there are, `most` at most: fingerprint, count."""
    relation = relation_of(shape)
    rows: Query = sa.select(constant("1")).select_from(relation.rows).where(*where(relation, shape))
    counted = rows.limit(sa.bindparam("most", type_=sa.BigInteger())).subquery("rows")
    query = sa.select(parts.fingerprint(), sa.func.count().label("count")).select_from(counted)
    return compiled(query, planned_by_value=parts.has_pattern(shape.where))


@lru_cache(1024)
def curves(levels: tuple[Level, ...]) -> Statement:
    """The distribution of each level's column, as one row: fingerprint, curve0, curve1 … Parameters are oid, schema, table, level0 …"""
    found = (
        _CURVE.format(sorted=_SORTED[level.by].format(type=level.type), name=at + 4, at=at)
        for at, level in enumerate(levels)
    )
    names = ("oid", "schema", "table", *(f"level{at}" for at in range(len(levels))))
    fingerprint = fingerprints.of_table("$1::bigint::oid")
    return Statement(f"SELECT {fingerprint} AS fingerprint, {', '.join(found)}", names)
