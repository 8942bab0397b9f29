"""SQL expressions that statements are made of. SQLAlchemy Core quotes and binds; it never connects (docs/decisions/0007)."""

from collections.abc import Iterable
from functools import reduce
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by, asyncpg
from sqlalchemy.types import UserDefinedType

from services.records.shapes import Source

Expression = sa.ColumnElement[Any]

DIALECT = asyncpg.dialect()  # type: ignore[no-untyped-call]
_SAFE_KEYS = frozenset({"smallint", "integer", "bigint", "uuid", "date", "boolean"})
"""Types whose texts need no percent-encoding."""

_UNRESERVED = "[A-Za-z0-9_.~-]"


class PgType(UserDefinedType[Any]):
    """A type by its `format_type(oid, -1)` name: the server converts, and no modifier cuts or rounds on the way."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: object) -> str:
        """The name as it stands; it comes from the catalog, quoted by Postgres."""
        return self.name


TEXT = PgType("text")
ANY = PgType("")
"""Of columns: their types do not matter here."""


class Relation:
    """A tenant's table as Core sees it. Its columns' keys have a prefix, so that none is ever taken for one of our parameters."""

    def __init__(self, source: Source, names: Iterable[str], *, written: bool = False) -> None:
        self.table = sa.Table(
            _name(source.name),
            sa.MetaData(),
            *(sa.Column(_name(name), ANY, key=_key(name)) for name in dict.fromkeys(names)),
            sa.Column("xmin", ANY, key="xmin", system=True),
            sa.Column("ctid", ANY, key="ctid", system=True),
            schema=_name(source.schema),
        )
        # A short name keeps the text of a query short.
        self.rows: sa.FromClause = self.table if written else self.table.alias("t")
        self._hashed = source.hashed

    def column(self, name: str) -> Expression:
        """The column of that name."""
        return self.rows.c[_key(name)]

    @property
    def version(self) -> Expression:
        """The row's version as text."""
        return sa.func.md5(text_of(self._whole)) if self._hashed else text_of(self.rows.c.xmin)

    def version_is(self, text: Expression) -> sa.ColumnElement[bool]:
        """Whether that is the row's version."""
        return self.version == text if self._hashed else self.rows.c.xmin == sa.cast(text, PgType("xid"))

    @property
    def place(self) -> Expression:
        """Where the row lies."""
        return self.rows.c.ctid

    @property
    def _whole(self) -> Expression:
        preparer = DIALECT.identifier_preparer
        name = preparer.format_table(self.table) if self.rows is self.table else preparer.quote("t")
        return constant(f"{name}.*")


def _key(name: str) -> str:
    return f"column {name}"


def _name(name: str) -> sa.quoted_name:
    return sa.quoted_name(name, True)


def text_of(expression: Expression) -> Expression:
    """The expression's own text."""
    return sa.cast(expression, TEXT)


def value(name: str, type_: str) -> Expression:
    """A parameter: a text that the server reads as `type_`."""
    return sa.cast(sa.bindparam(name, type_=sa.Text()), PgType(type_))


def values(name: str, type_: str) -> Expression:
    """A parameter: an array of texts that the server reads as an array of `type_`."""
    return sa.cast(_texts(name), PgType(f"{type_}[]"))


def any_of(name: str, type_: str) -> Expression:
    """Any element of a parameter: an array of texts, of any length, that the server reads as `type_`."""
    return sa.any_(values(name, type_))


def unnested(*names: str) -> sa.TableValuedAlias:
    """Array parameters side by side as the rows of a table `x`, numbered from 1 in its column `n`."""
    function = sa.func.unnest(*(sa.cast(_texts(name), PgType("text[]")) for name in names))
    return function.table_valued(*names, with_ordinality="n", name="x").render_derived(name="x")


def constant(text: str) -> Expression:
    """SQL of our own making, as it stands."""
    return sa.literal_column(text)


def joined(expression: Expression, separator: Expression, order: Expression | None = None) -> sa.Function[Any]:
    """All values as one text."""
    return sa.func.string_agg(expression, separator if order is None else aggregate_order_by(separator, order))


def sort_key(expression: Expression) -> Expression:
    """Text as people order and compare it."""
    return sa.func.rowhouse.sort_key(expression)


def key_of(columns: Iterable[tuple[Expression, str]]) -> Expression:
    """A record's key as it stands in a path: values joined by `,`, each percent-encoded where its type needs it."""
    parts = [text_of(column) if type_ in _SAFE_KEYS else _encoded(text_of(column)) for column, type_ in columns]
    return reduce(lambda left, right: left.concat(constant("','")).concat(right), parts)


def labelled(row: Iterable[tuple[str, Expression]]) -> list[Expression]:
    """Expressions under their names, quoted whatever they are."""
    return [expression.label(_name(name)) for name, expression in row]


def _texts(name: str) -> sa.BindParameter[Any]:
    return sa.bindparam(name, type_=sa.ARRAY(sa.Text()))


def _encoded(text: Expression) -> Expression:
    letters = (
        sa.func.regexp_split_to_table(text, constant("''")).table_valued("letter", with_ordinality="n").render_derived()
    )
    letter, n = letters.c.letter, letters.c.n
    bytes_ = sa.func.upper(sa.func.encode(sa.func.convert_to(letter, constant("'UTF8'")), constant("'hex'")))
    escaped = sa.func.regexp_replace(bytes_, constant("'(..)'"), constant(r"'%\1'"), constant("'g'"))
    safe = sa.case((letter.op("~")(constant(f"'{_UNRESERVED}'")), letter), else_=escaped)
    whole = sa.select(joined(safe, constant("''"), n)).select_from(letters).scalar_subquery()
    return sa.case((text.op("~")(constant(f"'^{_UNRESERVED}*$'")), text), else_=whole)
