"""Requests for writes against the catalog: which columns and records they name, and the texts that Postgres will read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from services.records import documents, keys, request, resolve, shapes, values
from services.records.documents import Json
from services.records.errors import BodyInvalid, ColumnGenerated, NotWritable, RecordTwice, ValueInvalid
from services.records.plans import Input, Role, Step, Write
from services.tenancy.catalog import Catalog, Column, Table

MAX_DEFAULTS = 50
"""How many sets of columns with defaults the records of one call may leave out; each takes a statement."""

_NO_VERSION = "0"
"""A version that no row ever has."""


@dataclass(frozen=True, slots=True)
class _Row:
    """One record of a request: its number from 1, the texts it sets by column, its key and the version it must have."""

    number: int
    texts: dict[str, str | None]
    key: tuple[str, ...] = ()
    version: str | None = None


def create(catalog: Catalog, asked: request.Create) -> Write:
    """New records. Raises NotWritable, ColumnUnknown, ColumnGenerated, ValueInvalid and BodyInvalid."""
    table = _writable(catalog, asked.table, new=True)
    read = _Reader(table)
    rows = [_Row(number, read.record(record, number)) for number, record in enumerate(asked.records, 1)]
    return Write(table, "create_records", tuple(_inserted(table, rows, asked.as_text)))


def update(catalog: Catalog, asked: request.Update) -> Write:
    """Changes of records. Raises besides NoPrimaryKey, RecordUnknown for what cannot be a key, and RecordTwice."""
    table = _writable(catalog, asked.table, new=False)
    _check_distinct(table, [change.key for change in asked.changes])
    read = _Reader(table)
    rows = [_changed(table, read, change, None if asked.single else at) for at, change in enumerate(asked.changes, 1)]
    step = _step(table, rows, _named(table, rows), as_text=asked.as_text, single=asked.single)
    keys_, versions = zip(*((change.key, change.version) for change in asked.changes), strict=True)
    return Write(table, "update_records", (step,), asked.single, keys_, versions)


def delete(catalog: Catalog, asked: request.Delete) -> Write:
    """Records that go. Raises as `update` does."""
    table = _writable(catalog, asked.table, new=False)
    _check_distinct(table, [key for key, _ in asked.keys])
    rows = [
        _Row(at, {}, tuple(keys.values(key, table, None if asked.single else at)), _version(version))
        for at, (key, version) in enumerate(asked.keys, 1)
    ]
    step = _step(table, rows, (), as_text=False, single=asked.single)
    keys_, versions = zip(*asked.keys, strict=True)
    return Write(table, "delete_records", (step,), asked.single, keys_, versions)


@dataclass(slots=True)
class _Reader:
    """Reads records of one table; a name is looked up once."""

    table: Table
    known: dict[str, Column] = field(default_factory=dict)

    def record(self, record: dict[str, Json], row: int | None) -> dict[str, str | None]:
        texts: dict[str, str | None] = {}
        for name, value in record.items():
            column = self._column(name, row)
            if column.name in texts:
                raise BodyInvalid(f"Column '{column.name}' is named twice, by its name and by its id.", **_about(row))
            texts[column.name] = _text(value, column, row)
        return texts

    def _column(self, name: str, row: int | None) -> Column:
        if fault := documents.fault_in(name):
            raise BodyInvalid(f"A column's name cannot be read: {fault}", **_about(row))
        if name not in self.known:
            self.known[name] = _settable(self.table.column(name), row)
        return self.known[name]


def _writable(catalog: Catalog, name: request.TableName, *, new: bool) -> Table:
    table = catalog.table(name.schema, name.table)
    if table.relation == "materialized_view":
        raise NotWritable(table.name, "it is a materialized view, which Postgres fills from a query.")
    if not new:
        keys.columns(table)
    return table


def _settable(column: Column, row: int | None) -> Column:
    if column.generated:
        raise ColumnGenerated(column.name, "is computed from other columns", row)
    if column.identity == "a":
        raise ColumnGenerated(column.name, "is always numbered by Postgres", row)
    return column


def _changed(table: Table, read: _Reader, change: request.Change, row: int | None) -> _Row:
    if not change.values:
        raise BodyInvalid(
            "There is no column to change." if row is None else f"Record {row} sets no column.", **_about(row)
        )
    key = tuple(keys.values(change.key, table, row))
    return _Row(row or 1, read.record(change.values, row), key, _version(change.version))


def _text(value: Json, column: Column, row: int | None) -> str | None:
    try:
        return values.text_of(value, column)
    except ValueError as error:
        said = value if isinstance(value, str) else "a list" if isinstance(value, list) else "an object"
        raise ValueInvalid(column.name, said, str(error), row) from None


def _version(version: str) -> str | None:
    if not version:
        return None
    is_xid = version.isascii() and version.isdigit() and len(version) <= 10 and int(version) < 2**32
    return version if is_xid else _NO_VERSION


def _check_distinct(table: Table, named: Sequence[str]) -> None:
    seen: set[str] = set()
    for row, key in enumerate(named, 1):
        if key in seen:
            raise RecordTwice(table.name, key, row)
        seen.add(key)


def _named(table: Table, rows: Sequence[_Row]) -> tuple[Column, ...]:
    """The columns that any of the records sets, always in the table's own order."""
    names = {name for row in rows for name in row.texts}
    return tuple(column for column in table.columns if column.name in names)


def _inserted(table: Table, rows: Sequence[_Row], as_text: bool) -> Iterable[Step]:
    """Neighbours share a statement, so that ids are given in the order of the request, unless they leave out different defaults."""
    named = _named(table, rows)
    runs = [(alike, list(run)) for alike, run in groupby(rows, lambda row: _filled(named, row))]
    if len({alike for alike, _ in runs}) > MAX_DEFAULTS:
        raise BodyInvalid("The records leave out too many different columns that have a default; send them in parts.")
    versioned = table.relation == "table"  # a partitioned table does not tell the versions of new rows
    for alike, run in runs:
        columns = tuple(column for column in named if column.name in alike)
        for part in [run] if columns else [[row] for row in run]:
            yield _step(table, part, columns, as_text=as_text, versioned=versioned)


def _filled(named: Iterable[Column], row: _Row) -> frozenset[str]:
    """The columns that a statement fills for the record: where there is no default, one that is left out is NULL all the same."""
    return frozenset(
        column.name for column in named if column.name in row.texts or not (column.default or column.identity)
    )


def _step(
    table: Table,
    rows: Sequence[_Row],
    columns: tuple[Column, ...],
    *,
    as_text: bool,
    versioned: bool = True,
    single: bool = False,
) -> Step:
    source = resolve.source(table)
    key = resolve.key_columns(table) if table.primary_key else ()
    texts = [[row.texts.get(column.name) for row in rows] for column in columns]
    sets = [["t" if column.name in row.texts else "f" for row in rows] for column in columns]
    parts = [[row.key[at] for row in rows] for at in range(len(rows[0].key))]
    shape = shapes.Write(
        shapes.Source(source.schema, source.name, source.versioned and versioned),
        tuple(shapes.Column(column.name, column.base_type) for column in columns),
        resolve.shown(table, (), as_text),
        key,
        mixed=any("f" in set_ for set_ in sets),
    )
    arguments = {
        **{f"v{at}": column for at, column in enumerate(texts)},
        **{f"s{at}": set_ for at, set_ in enumerate(sets)},
        **{f"k{at}": part for at, part in enumerate(parts)},
        "version": [row.version for row in rows],
        "oid": table.oid,
    }
    numbers = tuple(row.number for row in rows)
    told = () if single else numbers
    inputs = (
        *(Input(Role.KEY, c.name, c.type, part, told) for c, part in zip(key, parts, strict=False)),
        *(Input(Role.VALUE, c.name, c.type, column, told) for c, column in zip(columns, texts, strict=True)),
    )
    return Step(shape, arguments, inputs, numbers)


def _about(row: int | None) -> dict[str, str]:
    return {} if row is None else {"row": str(row)}
