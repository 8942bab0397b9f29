"""What a value looks like in JSON: Postgres formats every one, a page cuts the long ones."""

import sqlalchemy as sa

from services.records.statement.expressions import Expression, PgType, constant, text_of
from services.records.values import MAX_CELL, Form

JSONS = PgType("json[]")
_MAX = constant(str(MAX_CELL))


def projected(column: Expression, form: Form) -> Expression:
    """What of a column is fetched, once, however often it is looked at later."""
    return text_of(column) if form in (Form.OTHER, Form.JSON) else column


def shown(column: Expression, form: Form) -> Expression:
    """A projected column as it goes into JSON, whole."""
    match form:
        case Form.CAST:
            return text_of(column)
        case Form.MONEY:
            return sa.cast(column, PgType("numeric"))
        case Form.MONEY_TEXT:
            return text_of(sa.cast(column, PgType("numeric")))
        case Form.JSON:
            return sa.cast(column, PgType("json"))
        case Form.BYTES:
            return sa.func.translate(sa.func.encode(column, constant("'base64'")), constant(r"E'\n'"), constant("''"))
        case Form.ARRAY:
            return _array(column, column)
        case Form.ARRAY_TEXT:
            return _array(column, sa.cast(column, PgType("text[]")))
    return column


def cut(column: Expression, form: Form) -> Expression:
    """A projected column as it goes into a page: what is longer than MAX_CELL characters becomes the start of its text."""
    if (long := is_long(column, form)) is None:
        return shown(column, form)
    if form in (Form.TEXT, Form.OTHER, Form.BYTES):
        whole = shown(column, form)
        return sa.case((long, sa.func.left(whole, _MAX)), else_=whole)
    start = sa.func.to_json(sa.func.left(text_of(column), _MAX))
    return sa.case((long, start), else_=sa.func.to_json(column) if form is Form.NUMERIC else shown(column, form))


def is_long(column: Expression, form: Form) -> Expression | None:
    """Whether a page would cut this; None where it cannot be long. Looks at bytes first, which are counted without reading them."""
    match form:
        case Form.TEXT | Form.OTHER | Form.JSON:
            return sa.and_(sa.func.octet_length(column) > _MAX, sa.func.length(column) > _MAX)
        case Form.BYTES:
            return sa.func.octet_length(column) > constant(str(MAX_CELL // 4 * 3))
        case Form.NUMERIC:
            # A numeric of 8 bytes may print 131,072 digits.
            short = sa.and_(sa.func.abs(column) < constant("1e1000"), sa.func.scale(column) < constant("1000"))
            return sa.and_(sa.not_(short), sa.func.length(text_of(column)) > _MAX)
        case Form.ARRAY | Form.ARRAY_TEXT:
            return sa.func.octet_length(text_of(column)) > _MAX
    return None


def _array(column: Expression, elements: Expression) -> Expression:
    # Bounds other than 1 would be lost in JSON.
    bounded = text_of(column).like(constant("'[%'"))
    return sa.case((bounded, sa.func.to_json(text_of(column))), else_=sa.func.to_json(elements))
