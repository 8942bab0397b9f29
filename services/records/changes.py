"""Requests for writes against the catalog: which columns and records they name, and the texts that Postgres will read."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from services.records import documents, keys, request, resolve, shapes, values
from services.records.documents import Json
from services.records.errors import BodyInvalid, ColumnGenerated, NotWritable, RecordTwice, ValueInvalid
from services.records.plans import Input, Role, Step, Write
from services.tenancy.catalog import Catalog, Column, Table

_NO_VERSION = "0"
"""A version that no row ever has."""


@dataclass(frozen=True, slots=True)
class _Row:
    """One record of a request: its number from 1, the columns it sets and their texts, its key and the version it must have."""

    number: int
    columns: tuple[Column, ...]
    texts: tuple[str | None, ...]
    key: tuple[str, ...] = ()
    version: str | None = None


def create(catalog: Catalog, asked: request.Create) -> Write:
    """New records. Raises NotWritable, ColumnUnknown, ColumnGenerated, ValueInvalid and BodyInvalid."""
    table = _writable(catalog, asked.table, new=True)
    read = _Reader(table)
    rows = [_Row(number, *read.record(record, number)) for number, record in enumerate(asked.records, 1)]
    # Ids are given in the order of the request: only neighbours share a statement.
    runs = _runs(rows, lambda row: row.columns or row.number)
    steps = [_step(table, run, as_text=asked.as_text, versioned=table.relation == "table") for run in runs]
    return Write(table, "create_records", tuple(steps))


def update(catalog: Catalog, asked: request.Update) -> Write:
    """Changes of records. Raises besides NoPrimaryKey, RecordUnknown for what cannot be a key, and RecordTwice."""
    table = _writable(catalog, asked.table, new=False)
    _check_distinct(table, [change.key for change in asked.changes])
    read = _Reader(table)
    rows = [_changed(table, read, change, None if asked.single else at) for at, change in enumerate(asked.changes, 1)]
    runs = _runs(rows, lambda row: row.columns)
    steps = [_step(table, run, as_text=asked.as_text, versioned=True, single=asked.single) for run in runs]
    return Write(
        table, "update_records", tuple(steps), asked.single, *_named((c.key, c.version) for c in asked.changes)
    )


def delete(catalog: Catalog, asked: request.Delete) -> Write:
    """Records that go. Raises as `update` does."""
    table = _writable(catalog, asked.table, new=False)
    _check_distinct(table, [key for key, _ in asked.keys])
    rows = [
        _Row(at, (), (), tuple(keys.values(key, table, None if asked.single else at)), _version(version))
        for at, (key, version) in enumerate(asked.keys, 1)
    ]
    step = _step(table, rows, as_text=False, versioned=True, single=asked.single)
    return Write(table, "delete_records", (step,), asked.single, *_named(asked.keys))


@dataclass(slots=True)
class _Reader:
    """Reads records of one table; a name is looked up once."""

    table: Table
    known: dict[str, Column] = field(default_factory=dict)

    def record(self, record: dict[str, Json], row: int | None) -> tuple[tuple[Column, ...], tuple[str | None, ...]]:
        columns = tuple(self._column(name, row) for name in record)
        if len({column.name for column in columns}) < len(columns):
            raise BodyInvalid("A column is named twice, by its name and by its id.", **_about(row))
        texts = tuple(_text(value, column, row) for column, value in zip(columns, record.values(), strict=True))
        return columns, texts

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
    return _Row(row or 1, *read.record(change.values, row), key, _version(change.version))


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


def _named(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    named, versions = zip(*pairs, strict=True)
    return named, versions


def _runs(rows: Iterable[_Row], alike: Callable[[_Row], object]) -> Iterable[list[_Row]]:
    return (list(run) for _, run in groupby(rows, alike))


def _step(table: Table, rows: Sequence[_Row], *, as_text: bool, versioned: bool, single: bool = False) -> Step:
    columns = rows[0].columns
    source = resolve.source(table)
    shape = shapes.Write(
        shapes.Source(source.schema, source.name, source.versioned and versioned),
        tuple(shapes.Column(column.name, column.base_type) for column in columns),
        resolve.shown(table, (), as_text),
        resolve.key_columns(table) if table.primary_key else (),
    )
    numbers = tuple(row.number for row in rows)
    texts = [[row.texts[at] for row in rows] for at in range(len(columns))]
    parts = [[row.key[at] for row in rows] for at in range(len(rows[0].key))]
    arguments = {
        **{f"v{at}": column for at, column in enumerate(texts)},
        **{f"k{at}": part for at, part in enumerate(parts)},
        "version": [row.version for row in rows],
        "oid": table.oid,
    }
    told = () if single else numbers
    inputs = (
        *(Input(Role.KEY, c.name, c.type, part, told) for c, part in zip(shape.key, parts, strict=False)),
        *(Input(Role.VALUE, c.name, c.type, column, told) for c, column in zip(columns, texts, strict=True)),
    )
    return Step(shape, arguments, inputs, numbers)


def _about(row: int | None) -> dict[str, str]:
    return {} if row is None else {"row": str(row)}
