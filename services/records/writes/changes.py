"""Edits against the catalog: which columns and records they name, and the statements' worth of texts that Postgres will read."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from services.records import documents, keys, plans, resolve, shapes, values
from services.records.documents import Json
from services.records.errors import BodyInvalid, ColumnGenerated, NotWritable, RecordTwice, ValueInvalid
from services.records.request import TableName
from services.records.writes import conflicts, edits
from services.records.writes.edits import Manner
from services.records.writes.steps import Row, Skipped, Step, Verb, Write, is_mixed
from services.tenancy.catalog import Catalog, Column, Table, View

MAX_DEFAULTS = 50
"""How many sets of columns with defaults the records of one call may leave out; each takes a statement."""

_NO_VERSION = "0"
"""A version that no record ever has."""

_TAKES: Mapping[Verb, Callable[[View], bool]] = {
    Verb.CREATE: lambda view: view.inserts,
    Verb.UPDATE: lambda view: view.updates,
    Verb.DELETE: lambda view: view.deletes,
}
_HOW_VIEWS_ARE_WRITTEN = (
    "Postgres can write a view that reads one table, without DISTINCT, GROUP BY, HAVING, LIMIT, WITH, UNION or aggregates, or that "
    "has INSTEAD OF triggers. Write to the tables that it reads."
)


def create(catalog: Catalog, asked: edits.Create) -> Write:
    """New records. Raises NotWritable, ColumnUnknown, ColumnGenerated, ValueInvalid, ConflictInvalid and BodyInvalid."""
    table = _writable(catalog, asked.table, Verb.CREATE)
    by = conflicts.resolve(catalog, table, asked.conflict.columns) if asked.conflict else ()
    read = _Reader(table, asked.manner, by)
    rows = tuple(read.new(record, number) for number, record in enumerate(asked.records, 1))
    whole = tuple(row for row in rows if row is not None)
    steps = () if by else tuple(insertions(table, whole, asked.manner))
    return Write(
        catalog, table, Verb.CREATE, steps, asked.manner,
        conflict=asked.conflict, by=by, rows=whole if by else (), skipped=tuple(read.skipped),
    )  # fmt: skip


def update(catalog: Catalog, asked: edits.Update) -> Write:
    """Changes of records. Raises besides NoPrimaryKey, RecordUnknown for what cannot be a key, and RecordTwice."""
    table = _writable(catalog, asked.table, Verb.UPDATE)
    _check_distinct(table, [change.key for change in asked.changes])
    read = _Reader(table, asked.manner)
    rows = [read.changed(change, None if asked.single else at) for at, change in enumerate(asked.changes, 1)]
    step = _step(Verb.UPDATE, table, [row for row in rows if row.texts], asked.manner)
    steps = (step,) if step.rows else ()
    return Write(catalog, table, Verb.UPDATE, steps, asked.manner, asked.single, skipped=tuple(read.skipped))


def delete(catalog: Catalog, asked: edits.Delete) -> Write:
    """Records that go. Raises as `update` does."""
    table = _writable(catalog, asked.table, Verb.DELETE)
    _check_distinct(table, [key for key, _ in asked.keys])
    rows = [
        Row(at, {}, tuple(keys.values(key, table, None if asked.single else at)), _version(table, version), key)
        for at, (key, version) in enumerate(asked.keys, 1)
    ]
    step = _step(Verb.DELETE, table, rows, asked.manner)
    return Write(catalog, table, Verb.DELETE, (step,), asked.manner, asked.single)


def delete_where(catalog: Catalog, asked: edits.DeleteWhere) -> plans.Selection:
    """All records that a filter finds. Raises NotWritable, ColumnUnknown and FilterInvalid."""
    _writable(catalog, asked.found.table, Verb.DELETE, keyed=False)
    selection = resolve.selection(catalog, asked.found)
    return replace(selection, arguments=selection.arguments | {"most": edits.MAX_RECORDS})


def insertions(table: Table, rows: Sequence[Row], manner: Manner, by: Sequence[Column] = ()) -> Iterable[Step]:
    """New records, which leave those alone that have the same values in the columns `by`.

    Neighbours share a statement, so that ids are given in the order of the request, unless they leave out different defaults.
    """
    named = _named(table, rows)
    runs = [(alike, list(run)) for alike, run in groupby(rows, lambda row: _filled(table, named, row))]
    if len({alike for alike, _ in runs}) > MAX_DEFAULTS:
        raise BodyInvalid("The records leave out too many different columns that have a default; send them in parts.")
    for alike, run in runs:
        columns = tuple(column for column in named if column.name in alike)
        for part in [run] if columns else [[row] for row in run]:
            yield _step(Verb.CREATE, table, part, manner, columns, by)


def located(table: Table, rows: Sequence[Row], manner: Manner, by: Sequence[Column]) -> Step:
    """New records as changes of those that have the same values in the columns `by`, which stay as they are.

    One that leaves such a column empty is not among them: no other record is the same.
    """
    names = {column.name for column in by}
    changed = [
        Row(row.number, {name: text for name, text in row.texts.items() if name not in names}, key)
        for row in rows
        if len(key := tuple(text for column in by if (text := row.texts.get(column.name)) is not None)) == len(by)
    ]
    return _step(Verb.UPDATE, table, changed, manner, by=by)


@dataclass(slots=True)
class _Reader:
    """Reads records of one table; a name is looked up once. What cannot be read is `skipped` where the manner allows it."""

    table: Table
    manner: Manner
    by: Sequence[Column] = ()
    skipped: list[Skipped] = field(default_factory=list)
    known: dict[str, Column] = field(default_factory=dict)

    def new(self, record: dict[str, Json], number: int) -> Row | None:
        """A new record; None where it is left out."""
        before = len(self.skipped)
        texts = self._texts(record, number, number)
        return Row(number, texts) if len(self.skipped) == before else None

    def changed(self, change: edits.Change, row: int | None) -> Row:
        """The change of a record; `row` is None where no list is spoken of."""
        if not change.values:
            where = "There is no column to change." if row is None else f"Record {row} sets no column."
            raise BodyInvalid(where, **_about(row))
        key = tuple(keys.values(change.key, self.table, row))
        texts = self._texts(change.values, row, row or 1)
        return Row(row or 1, texts, key, _version(self.table, change.version), change.key)

    def _texts(self, record: dict[str, Json], row: int | None, number: int) -> dict[str, str | None]:
        texts: dict[str, str | None] = {}
        for name, value in record.items():
            column = self._column(name, row)
            if column.name in texts:
                raise BodyInvalid(f"Column '{column.name}' is named twice, by its name and by its id.", **_about(row))
            try:
                texts[column.name] = self._text(value, column)
            except ValueError as error:
                self._refuse(column, value, str(error), row, number)
        return texts

    def _text(self, value: Json, column: Column) -> str | None:
        if self.manner.pasted and isinstance(value, str) and not isinstance(value, documents.Number):
            return values.pasted(value, column)
        return values.text_of(value, column)

    def _refuse(self, column: Column, value: Json, why: str, row: int | None, number: int) -> None:
        said = value if isinstance(value, str) else "a list" if isinstance(value, list) else "an object"
        if not self.manner.partial:
            raise ValueInvalid(column.name, said, why, row) from None
        self.skipped.append(Skipped(number, column.name, said, ValueInvalid(column.name, said, why)))

    def _column(self, name: str, row: int | None) -> Column:
        if fault := documents.fault_in(name):
            raise BodyInvalid(f"A column's name cannot be read: {fault}", **_about(row))
        if name not in self.known:
            column = self.table.column(name)
            _check_settable(self.table, column, row)
            self.known[name] = column
        return self.known[name]


def _writable(catalog: Catalog, name: TableName, verb: Verb, *, keyed: bool = True) -> Table:
    table = catalog.table(name.schema, name.table)
    if table.relation == "materialized_view":
        raise NotWritable(table.name, "it is a materialized view, which Postgres fills from a query.")
    if table.view is not None and not _TAKES[verb](table.view):
        raise NotWritable(table.name, _HOW_VIEWS_ARE_WRITTEN)
    if keyed and verb is not Verb.CREATE:
        keys.columns(table)
    return table


def _check_settable(table: Table, column: Column, row: int | None) -> None:
    if column.generated:
        raise ColumnGenerated(column.name, "is computed from other columns", row)
    if column.identity == "a":
        raise ColumnGenerated(column.name, "is always numbered by Postgres", row)
    if table.view is not None and not table.view.by_triggers and column.name not in table.view.columns:
        raise ColumnGenerated(column.name, f"is worked out by view '{table.name}'", row)


def _version(table: Table, version: str) -> str | None:
    """The version as the table's rows may have it; None for any."""
    if not version:
        return None
    if resolve.source(table).hashed:
        return version if version.isascii() and version.isalnum() else _NO_VERSION
    is_xid = version.isascii() and version.isdigit() and len(version) <= 10 and int(version) < 2**32
    return version if is_xid else _NO_VERSION


def _check_distinct(table: Table, named: Sequence[str]) -> None:
    seen: set[str] = set()
    for row, key in enumerate(named, 1):
        if key in seen:
            raise RecordTwice(table.name, key, row)
        seen.add(key)


def _named(table: Table, rows: Iterable[Row]) -> tuple[Column, ...]:
    """The columns that any of the records sets, always in the table's own order."""
    names = {name for row in rows for name in row.texts}
    return tuple(column for column in table.columns if column.name in names)


def _filled(table: Table, named: Iterable[Column], row: Row) -> frozenset[str]:
    """The columns that a statement fills for the record: where there is no default, one that is left out is NULL all the same."""
    return frozenset(column.name for column in named if column.name in row.texts or not _has_default(table, column))


def _has_default(table: Table, column: Column) -> bool:
    return bool(column.default or column.identity) or table.relation == "view"  # a view's are its table's


def _step(
    verb: Verb,
    table: Table,
    rows: Sequence[Row],
    manner: Manner,
    targets: tuple[Column, ...] | None = None,
    by: Sequence[Column] = (),
) -> Step:
    targets = _named(table, rows) if targets is None else targets
    source = resolve.source(table)
    if verb is Verb.CREATE and table.relation == "partitioned_table":
        source = replace(source, versioned=False)  # it does not tell the versions of new rows
    key = resolve.key_columns(table) if table.primary_key else ()
    shape = shapes.Write(
        source,
        tuple([shapes.Column(column.name, column.base_type) for column in targets]),
        resolve.shown(table, (), manner.as_text),
        key,
        tuple([shapes.Column(column.name, column.base_type) for column in by]) or key,
        mixed=is_mixed(verb, targets, rows),
        guarded=bool(by),
    )
    return Step(verb, table, shape, targets, tuple(rows))


def _about(row: int | None) -> dict[str, str]:
    return {} if row is None else {"row": str(row)}
