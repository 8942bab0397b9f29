"""Which columns can decide that a new record is one that is there already: those that the database itself keeps unique."""

from collections.abc import Iterable

from services.records.errors import ConflictInvalid
from services.tenancy.catalog import Catalog, Column, Index, Table

_NULLS_EQUAL = ") NULLS NOT DISTINCT"


def resolve(catalog: Catalog, table: Table, names: tuple[str, ...]) -> tuple[Column, ...]:
    """The columns of those names, in the table's own order. Raises ColumnUnknown, and ConflictInvalid with those there are."""
    named = {table.column(name).name for name in names}
    known = tuple(unique(catalog, table))
    if named not in [set(columns) for columns in known]:
        raise ConflictInvalid(table.name, names, known)
    return tuple(column for column in table.columns if column.name in named)


def unique(catalog: Catalog, table: Table) -> Iterable[tuple[str, ...]]:
    """The sets of columns in which no two records are alike, the key first. A view has those of its table that it shows."""
    source, shown = table, {column.name: column.name for column in table.columns}
    if table.view is not None:
        if table.view.by_triggers or table.view.table not in catalog.by_oid:
            return
        source = catalog.by_oid[table.view.table]
        shown = {far: near for near, far in table.view.columns.items()}
    for index in sorted(source.indexes, key=lambda index: not index.primary):
        columns = _columns(source, index)
        if columns and all(name in shown and not _is_computed(source, name) for name in columns):
            yield tuple(shown[name] for name in columns)


def _is_computed(table: Table, name: str) -> bool:
    column = table.column(name)
    return column.generated or column.identity == "a"


def _columns(table: Table, index: Index) -> tuple[str, ...]:
    """What the index keeps unique at once and for every record; nothing where it does not."""
    deferrable = any(c.name == index.name and "DEFERRABLE" in c.definition for c in table.constraints)
    always = index.unique and index.valid and not (index.partial or deferrable)
    columns = tuple(name for name in index.columns if name is not None)
    return columns if always and len(columns) == len(index.columns) and _NULLS_EQUAL not in index.definition else ()
