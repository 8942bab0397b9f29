"""The statement of a page: Postgres fetches, formats, cuts and joins it; we only put it between brackets."""

from collections.abc import Iterable
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import array

from services.records.shapes import By, Field, Page, Rows
from services.records.statement import cells, conditions, order, parts
from services.records.statement.compiled import Query, Statement, compiled
from services.records.statement.expressions import Expression, Relation, constant, joined, key_of, text_of

MAX_PAGE = 8_000_000
"""Bytes of JSON in a page; at least one record is shown."""

MAX_CURSOR = 1500
"""Characters of one value in a cursor; a longer one comes with one more, so that it is known to be cut."""

_MOST_CONDITIONS = 100
"""Conditions of the filter in all ranges of a page."""

_UP_TO_HERE = (None, 0)


@lru_cache(4096)
def page(shape: Page) -> Statement:
    """A page as one row: fingerprint, fetched, included, body, keys, versions, truncated, first, last, total.

    One record more than the limit is fetched, to know whether there are more. The limit is part of the text: with a parameter in its
    place Postgres plans anew each time (150 to 250 µs of 500).
    """
    found = _found(shape)
    made = _cells(found, shape)
    numbered = sa.select(
        *made.c,
        sa.over(sa.func.row_number(), rows=_UP_TO_HERE).label("n"),
        sa.over(sa.func.sum(sa.func.octet_length(made.c.json)), rows=_UP_TO_HERE).label("size"),
    ).subquery("numbered")
    return compiled(_joined(numbered, shape), planned_by_value=parts.has_pattern(shape.rows.where))


def relation_of(rows: Rows, more: Iterable[str] = ()) -> Relation:
    """The relation with every column that the statement names; `more` are those that the rows do not."""
    fields = (field.name for field in rows.fields)
    levels = (level.name for level in rows.order if level.by is not By.PLACE)
    return Relation(rows.source, (*fields, *levels, *parts.compared(rows.where), *more))


def where(relation: Relation, rows: Rows) -> tuple[sa.ColumnElement[bool], ...]:
    """The filter, if there is one."""
    return () if rows.where is None else (conditions.condition(relation, rows.where),)


def _found(shape: Page) -> sa.Subquery:
    relation = relation_of(shape.rows)
    select = sa.select(*_fetched(relation, shape)).select_from(relation.rows).where(*where(relation, shape.rows))
    most = constant(str(shape.limit + 1))
    if shape.offset:
        query = select.order_by(*order.plain(relation, shape.rows.order)).limit(most)
        return query.offset(sa.bindparam("offset", type_=sa.BigInteger())).subquery("found")
    if shape.after is None:
        ranges = order.whole(relation, shape.rows.order)
    else:
        ranges = list(order.branches(relation, shape.rows.order, shape.after))
    if len(ranges) > 1 and len(ranges) * len(list(parts.compared(shape.rows.where))) > _MOST_CONDITIONS:
        return _together(select, relation, ranges, shape).limit(most).subquery("found")
    parted = [select.where(*part.where).order_by(*part.order).limit(most) for part in ranges]
    if len(parted) == 1:
        return parted[0].subquery("found")
    united = sa.union_all(*parted).subquery("ranges")
    return sa.select(*united.c).limit(most).subquery("found")


def _together(select: Query, relation: Relation, ranges: list[order.Branch], shape: Page) -> Query:
    """The ranges as one, for a long filter: repeated in each, it would take a second to compile."""
    backward = shape.after is not None and shape.after.backward
    if shape.after is not None:
        select = select.where(sa.or_(*(sa.and_(*part.where) for part in ranges)))
    return select.order_by(*order.plain(relation, shape.rows.order, backward=backward))


def _fetched(relation: Relation, shape: Page) -> list[Expression]:
    version = parts.version_of(relation, shape.rows.source.versioned)
    keys = [relation.column(column.name).label(f"key{at}") for at, column in enumerate(shape.key)]
    # Without a key a cursor is a position, and needs no values.
    levels = shape.rows.order if shape.key else ()
    starts = [relation.column(level.name).label(f"start{at}") for at, level in enumerate(levels)]
    return [*parts.fetched(relation, shape.rows.fields), *starts, *((*keys, version) if shape.as_arrays else ())]


def _cells(found: sa.Subquery, shape: Page) -> sa.Subquery:
    fields = shape.rows.fields
    row = [(field.name, cells.cut(found.c[f"c{at}"], field.form)) for at, field in enumerate(fields)]
    starts = [column for column in found.c if column.name.startswith("start")]
    truncated = _truncated(found, fields).label("truncated")
    if not shape.as_arrays:
        return parts.as_objects(found, row, *starts, truncated)
    key = ((found.c[f"key{at}"], column.type) for at, column in enumerate(shape.key))
    named = (key_of(key) if shape.key else text_of(sa.null())).label("key")
    return parts.as_arrays(found, row, *starts, truncated, named, found.c.version)


def _truncated(found: sa.Subquery, fields: tuple[Field, ...]) -> Expression:
    """The positions of the columns that are cut in this row, NULL for none."""
    long = ((at, cells.is_long(found.c[f"c{at}"], field.form)) for at, field in enumerate(fields))
    marks = [sa.case((is_long, constant(f"'{at}'"))) for at, is_long in long if is_long is not None]
    if not marks:
        return text_of(sa.null())
    # An array has room for more than the 100 arguments of a function.
    return sa.func.nullif(sa.func.array_to_string(array(marks), constant("','")), constant("''"))


def _joined(numbered: sa.Subquery, shape: Page) -> Query:
    c = numbered.c
    limit, comma, quoted = constant(str(shape.limit)), constant("','"), constant("'\",\"'")
    kept = sa.and_(c.n <= limit, sa.or_(c.n == constant("1"), c.size <= constant(str(MAX_PAGE))))
    backward = shape.after is not None and shape.after.backward
    order_ = c.n.desc() if backward else None
    cut = text_of(c.n).concat(constant("':'")).concat(c.truncated)
    start = start_of(numbered)
    columns = {
        "fetched": sa.func.count(),
        "included": sa.func.count().filter(kept),
        "body": joined(c.json, comma, order_).filter(kept),
        "keys": joined(c.key, quoted, order_).filter(kept) if shape.as_arrays else sa.null(),
        "versions": joined(c.version, quoted, order_).filter(kept) if shape.as_arrays else sa.null(),
        "truncated": joined(cut, constant("';'")).filter(kept),
        "first": sa.func.max(start).filter(c.n == constant("1")),
        "last": sa.func.max(start).filter(c.n == limit),
        "total": _total(shape.rows) if shape.counted else sa.null(),
    }
    named = (expression.label(name) for name, expression in columns.items())
    return sa.select(parts.fingerprint(), *named).select_from(numbered)


def start_of(numbered: sa.Subquery) -> Expression:
    """The values of the order in a row, as a JSON array of texts; NULL where a cursor is a position."""
    starts = (text_of(column) for column in numbered.c if column.name.startswith("start"))
    texts = [sa.func.left(start, constant(str(MAX_CURSOR + 1))) for start in starts]
    return text_of(sa.func.json_build_array(*texts)) if texts else text_of(sa.null())


def _total(rows: Rows) -> Expression:
    relation = relation_of(rows)
    return sa.select(sa.func.count()).select_from(relation.rows).where(*where(relation, rows)).scalar_subquery()
