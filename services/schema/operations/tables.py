"""What the operations on tables ask alike: whether a table may be changed, and whether a name is free."""

from services.schema.errors import ColumnNotFound, NotATable, PartOfAnother, TableExists
from services.schema.plan import Part
from services.tenancy.catalog import Catalog, Column, Table
from services.tenancy.errors import ColumnUnknown

LOCKABLE = frozenset({"table", "partitioned_table"})
"""Relations that are locked before they change, and whose columns can be constrained."""


def changeable(table: Table) -> Table:
    """`table`, if columns can be added to it and taken off it."""
    if table.relation not in LOCKABLE:
        raise NotATable(table.name, table.relation)
    return whole(table)


def whole(table: Table) -> Table:
    """`table`, if it is not a part of another one."""
    if table.partition:
        raise PartOfAnother(table.name)
    return table


def column(table: Table, reference: str) -> Column:
    """The column that an operation is about; where there is none, that is a 404 as for tables."""
    try:
        return table.column(reference)
    except ColumnUnknown as unknown:
        raise ColumnNotFound(unknown) from unknown


def free(catalog: Catalog, schema: str, name: str) -> None:
    """Refuse a name that a table of the schema has."""
    if any(table.name == name for table in catalog.of(schema)):
        raise TableExists(schema, name)


def locks(table: Table) -> tuple[tuple[str, str], ...]:
    """What LOCK TABLE takes; views are locked by the statement that changes them."""
    return ((table.schema, table.name),) if table.relation in LOCKABLE else ()


def concerned(catalog: Catalog, parts: tuple[Part, ...], *tables: Table) -> tuple[tuple[str, str], ...]:
    """What LOCK TABLE takes for `tables` and those that `parts` are put back on, as far as they are there."""
    ids = {table.id for table in tables} | {identifier for part in parts for identifier in part.relations}
    return tuple(sorted(lock for i in ids if i in catalog.by_id for lock in locks(catalog.by_id[i])))


def about(table: Table) -> str:
    """How people speak of it: 'table people', 'view latest'."""
    return f"{table.relation.replace('_', ' ')} '{table.name}'"
