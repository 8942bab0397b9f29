"""What a tenant's database looks like: values, and the one query that reads them. Caching is `catalogs`' affair."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import asyncpg
import orjson

from services import kinds
from services.kinds import options
from services.tenancy import fingerprints
from services.tenancy.errors import CatalogUnsettled, ColumnUnknown, SchemaUnknown, TableRenamed, TableUnknown

HIDDEN_COLUMN = "__rh_"
"""Columns so named wait for their purge; nobody sees them but `SELECT *`."""

_READ = (fingerprints.SQL / "catalog.sql").read_text().format(fingerprint=fingerprints.of_table("r.oid"))
_ESTIMATES = (fingerprints.SQL / "estimates.sql").read_text()
_RELATIONS = {"r": "table", "p": "partitioned_table", "v": "view", "m": "materialized_view", "f": "foreign_table"}
_CONSTRAINTS = {"p": "primary_key", "u": "unique", "f": "foreign_key", "c": "check", "x": "exclusion"}
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Column:
    """A column as people see it; `kind` is the family by which it is shown, edited and filtered."""

    id: int
    name: str
    attnum: int
    type: str
    """With its modifier: `numeric(10,2)`."""
    base_type: str
    """Without: what values are cast to."""
    kind: str
    label: str | None
    nullable: bool
    default: str | None
    generated: bool
    identity: str
    """'' for none, 'a' always, 'd' by default."""
    comment: str | None
    position: int
    sortable: bool
    type_category: str
    enum_values: tuple[str, ...]
    display: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """How it is shown and read, as its kind declares; `options` are there for every enumeration."""


@dataclass(frozen=True, slots=True)
class References:
    """The far end of a foreign key."""

    schema: str
    table: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Constraint:
    """A key, foreign key, check or exclusion, with its definition as Postgres prints it."""

    name: str
    type: str
    """primary_key, unique, foreign_key, check or exclusion."""
    definition: str
    columns: tuple[str, ...]
    references: References | None


@dataclass(frozen=True, slots=True)
class Index:
    """An index, also one that belongs to a constraint."""

    name: str
    method: str
    unique: bool
    primary: bool
    valid: bool
    partial: bool
    definition: str
    columns: tuple[str | None, ...]
    """Key columns; None where it is an expression."""


@dataclass(frozen=True, slots=True)
class View:
    """What of a view can be written, and where it goes: to its own triggers, or to the one table that it shows."""

    inserts: bool
    updates: bool
    deletes: bool
    by_triggers: bool
    """Whether INSTEAD OF triggers do it, who may take every column."""
    table: int
    """The oid of that table, 0 where there is none."""
    columns: Mapping[str, str]
    """The view's columns that are columns of that table, and theirs."""


@dataclass(frozen=True)
class Table:
    """A relation of any sort. Its `id` survives renames, its `fingerprint` moves with its columns."""

    id: int
    oid: int
    schema: str
    name: str
    relation: str
    """table, partitioned_table, view, materialized_view or foreign_table."""
    partition: bool
    columns: tuple[Column, ...]
    """In people's order, without the hidden ones."""
    primary_key: tuple[str, ...]
    """What names a record; of a view the columns that show the whole key of the one table that it shows."""
    constraints: tuple[Constraint, ...]
    indexes: tuple[Index, ...]
    comment: str | None
    label: str | None
    estimated_rows: int
    fingerprint: str
    old_names: tuple[str, ...]
    view: View | None = None

    def column(self, reference: str) -> Column:
        """The column of that name or `@id`; raises ColumnUnknown with the likeliest meant one."""
        identifier = identifier_in(reference)
        for column in self.columns:
            if column.name == reference or column.id == identifier:
                return column
        raise ColumnUnknown(self.name, reference, (c.name for c in self.columns))

    def has_column(self, name: str) -> bool:
        """Whether a visible column has exactly this name."""
        return any(column.name == name for column in self.columns)


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema; its id is its oid."""

    id: int
    name: str
    comment: str | None


@dataclass(frozen=True)
class Catalog:
    """All that people can see of one database, at one version."""

    version: str
    schemas: tuple[Schema, ...]
    tables: tuple[Table, ...]
    _by_name: Mapping[tuple[str, str], Table] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {(t.schema, t.name): t for t in self.tables})

    @cached_property
    def by_id(self) -> Mapping[int, Table]:
        """The tables by their ids."""
        return {t.id: t for t in self.tables}

    @cached_property
    def by_oid(self) -> Mapping[int, Table]:
        """The tables by their oids."""
        return {t.oid: t for t in self.tables}

    def schema(self, reference: str) -> Schema:
        """The schema of that name or `@id`; raises SchemaUnknown."""
        identifier = identifier_in(reference)
        for schema in self.schemas:
            if schema.name == reference or schema.id == identifier:
                return schema
        raise SchemaUnknown(reference, (s.name for s in self.schemas))

    def table(self, schema: str, reference: str) -> Table:
        """The table of that name or `@id`; raises SchemaUnknown, TableRenamed for a name it used to have, else TableUnknown."""
        name = self.schema(schema).name
        identifier = identifier_in(reference)
        found = self._by_name.get((name, reference)) or (self.by_id.get(identifier) if identifier is not None else None)
        if found is not None and found.schema == name:
            return found
        raise self._missing(name, reference)

    def of(self, schema: str) -> tuple[Table, ...]:
        """The tables of one schema, by name."""
        return tuple(t for t in self.tables if t.schema == schema)

    def _missing(self, schema: str, reference: str) -> TableRenamed | TableUnknown:
        here = self.of(schema)
        renamed = [t for t in here if reference in t.old_names]
        if renamed:
            return TableRenamed(reference, schema, renamed[-1].name, renamed[-1].id)
        return TableUnknown(schema, reference, (t.name for t in here))


def identifier_in(reference: str) -> int | None:
    """The id that `@<id>` names, else None."""
    return int(reference[1:]) if reference[:1] == "@" and reference[1:].isascii() and reference[1:].isdigit() else None


async def version(connection: asyncpg.Connection) -> str:
    """The fingerprint of the whole catalog as it stands."""
    found: str = await connection.fetchval(fingerprints.WHOLE)
    return found


async def estimates(connection: asyncpg.Connection, tables: Sequence[Table]) -> dict[int, int]:
    """About how many rows tables have now, by their ids: a catalog that is cached does not know."""
    rows = await connection.fetch(_ESTIMATES, [table.oid for table in tables])
    by_oid = {row["oid"]: row["estimated_rows"] for row in rows}
    return {table.id: by_oid.get(table.oid, table.estimated_rows) for table in tables}


async def read(connection: asyncpg.Connection) -> Catalog:
    """Read the whole catalog, giving ids to what is new. In a transaction it sees that transaction's own changes.

    The version is read first: content that is newer than its version is read again, the reverse would never be.
    """
    for _ in range(_ATTEMPTS):
        async with connection.transaction():
            await connection.execute("SET LOCAL search_path = ''")
            found = await version(connection)
            document = orjson.loads(await connection.fetchval(_READ))
            if document["settled"]:
                return _catalog_from(found, document)
            await connection.execute("SELECT rowhouse.reconcile()")
    raise CatalogUnsettled


def _catalog_from(found: str, document: Mapping[str, Any]) -> Catalog:
    schemas = tuple(Schema(**schema) for schema in document["schemas"])
    tables = [_table_from(table) for table in document["tables"]]
    by_oid = {table.oid: table for table in tables}
    return Catalog(
        found, schemas, tuple(_keyed(table, table.view, by_oid) if table.view else table for table in tables)
    )


def _keyed(shown: Table, view: View, tables: Mapping[int, Table]) -> Table:
    """The view with the columns that name its records, if it shows the whole key of its table."""
    source = tables.get(view.table)
    near = {theirs: own for own, theirs in reversed(list(view.columns.items()))}
    if source is None or not all(name in near for name in source.primary_key):
        return shown
    return replace(shown, primary_key=tuple(near[name] for name in source.primary_key))


def _table_from(raw: dict[str, Any]) -> Table:
    constraints = tuple(_constraint_from(constraint) for constraint in raw.pop("constraints"))
    primary = next((c.columns for c in constraints if c.type == "primary_key"), ())
    return Table(
        **raw
        | {
            "relation": _RELATIONS[raw.pop("relkind")],
            "columns": tuple(_column_from(column) for column in raw["columns"]),
            "primary_key": primary,
            "constraints": constraints,
            "indexes": tuple(Index(**index | {"columns": _names(index["columns"])}) for index in raw["indexes"]),
            "old_names": tuple(raw["old_names"]),
            "view": View(**raw["view"]) if raw["view"] else None,
        }
    )


def _column_from(raw: list[Any]) -> Column:
    *shape, category, labels, display = raw
    shape[5] = kinds.of_column(shape[5], shape[4], category).name
    if labels:
        display = options.with_labels(display, labels)
    return Column(*[*shape, category, tuple(labels), display])


def _constraint_from(raw: dict[str, Any]) -> Constraint:
    far = raw["references"]
    references = References(far["schema"], far["table"], _names(far["columns"])) if far else None
    return Constraint(
        **raw | {"type": _CONSTRAINTS[raw["type"]], "columns": _names(raw["columns"]), "references": references}
    )


def _names(raw: Iterable[Any] | None) -> tuple[Any, ...]:
    return tuple(raw or ())
