"""The statements of exports: all rows in order, for COPY, and what a format has to know of them beforehand.

A format that writes values in a way of its own gives SQL of its own making, in which the columns are called c0, c1 …
"""

from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import array

from services.records.shapes import Field, Rows
from services.records.statement import cells, order, parts
from services.records.statement.compiled import Query, Statement, compiled
from services.records.statement.expressions import Expression, PgType, Relation, constant, labelled, text_of
from services.records.statement.pages import relation_of, where

FORMULA = r"[-=+@\t\r\n＝＋－＠]"
"""How texts begin that a spreadsheet may take for a formula, as a pattern that Python and Postgres read alike."""

_OF_MANY_LINES = frozenset({"json", "json[]"})
"""Types that keep a document as it was written, line ends between its parts included."""

_PRINTED_ALIKE = frozenset(
    {
        "text",
        "character varying",
        "smallint",
        "integer",
        "bigint",
        "numeric",
        "real",
        "double precision",
        "date",
        "uuid",
        "jsonb",
    }
    | {f"{word} with{out} time zone" for word in ("time", "timestamp") for out in ("", "out")}
)
"""Types that COPY prints as a cast to text does, in three quarters of the time."""


@lru_cache(4096)
def texts(shape: Rows, guarded: frozenset[str] = frozenset()) -> Statement:
    """Each column as Postgres' own text; in columns that are `guarded` what looks like a formula gets an apostrophe before it."""
    relation = relation_of(shape)
    columns = (_guarded(relation, field) if field.name in guarded else _text(relation, field) for field in shape.fields)
    return _ordered(relation, shape, sa.select(*(column.label(f"c{at}") for at, column in enumerate(columns))))


@lru_cache(4096)
def objects(shape: Rows) -> Statement:
    """Records as JSON objects, whole, each on one line."""
    relation = relation_of(shape)
    columns = ((field, relation.column(field.name)) for field in shape.fields)
    row = [(field.name, cells.shown(cells.projected(column, field.form), field.form)) for field, column in columns]
    if not row:
        return _ordered(relation, shape, sa.select(constant("'{}'").label("json")))
    record = sa.select(*labelled(row)).correlate(relation.rows).lateral("record")
    json = text_of(sa.func.row_to_json(constant("record.*")))
    if any(field.type in _OF_MANY_LINES for field in shape.fields):
        json = sa.func.translate(json, constant(r"E'\n\r'"), constant("'  '"))
    return _ordered(relation, shape, sa.select(json.label("json")), record)


@lru_cache(4096)
def lines(shape: Rows, casts: tuple[str, ...], expressions: tuple[str, ...]) -> Statement:
    """The `expressions` of each row. `casts` are the types as which c0, c1 … are fetched, empty for a column's own."""
    relation = relation_of(shape)
    found = _fetched(relation, shape, casts).order_by(*order.plain(relation, shape.order))
    return compiled(sa.select(*map(constant, expressions)).select_from(_apart(found)))


@lru_cache(4096)
def survey(shape: Rows, casts: tuple[str, ...], expressions: tuple[str, ...]) -> Statement:
    """One row: the fingerprint, and as `facts` the texts of these aggregates over all rows."""
    facts = sa.cast(array([text_of(constant(text)) for text in expressions]), PgType("text[]")).label("facts")
    found = _apart(_fetched(relation_of(shape), shape, casts))
    return compiled(sa.select(parts.fingerprint(), facts).select_from(found))


def _text(relation: Relation, field: Field) -> Expression:
    column = relation.column(field.name)
    return column if field.type in _PRINTED_ALIKE else text_of(column)


def _guarded(relation: Relation, field: Field) -> Expression:
    text = text_of(relation.column(field.name))
    marked = constant("''''").concat(text)
    return sa.case((text.op("~")(constant(f"'^{FORMULA}'")), marked), else_=text)


def _fetched(relation: Relation, shape: Rows, casts: tuple[str, ...]) -> Query:
    columns = (relation.column(field.name) for field in shape.fields)
    cast = (sa.cast(column, PgType(type_)) if type_ else column for column, type_ in zip(columns, casts, strict=True))
    return (
        sa.select(*(column.label(f"c{at}") for at, column in enumerate(cast)))
        .select_from(relation.rows)
        .where(*where(relation, shape))
    )


def _apart(query: Query) -> sa.Subquery:
    # OFFSET 0: else the planner works a cast out once for each place where it is used.
    return query.offset(constant("0")).subquery("found")


def _ordered(relation: Relation, shape: Rows, query: Query, *beside: sa.FromClause) -> Statement:
    source = relation.rows
    for each in beside:
        source = source.join(each, sa.true())
    found = query.select_from(source).where(*where(relation, shape))
    return compiled(found.order_by(*order.plain(relation, shape.order)))
