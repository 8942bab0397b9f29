"""Where a file goes: a table that is to be made, or one that is there, whose columns then say what the file's must be."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from services import kinds
from services.records.errors import ColumnGenerated, NoPrimaryKey, NotWritable
from services.records.imports import infer
from services.records.imports.errors import ColumnsUnmapped, OptionInvalid, TableExists
from services.records.imports.head import Head
from services.records.imports.headers import Header
from services.records.imports.options import Options
from services.tenancy import catalog, names
from services.tenancy.catalog import Catalog, Table

_HOLD_ROWS = {"append": ("table", "partitioned_table"), "upsert": ("table",)}


@dataclass(frozen=True, slots=True)
class New:
    """A table to be made, under a name that is free; wished for are the types of a table to be like, by column."""

    place: tuple[str, str]
    types: Mapping[str, str] = field(default_factory=dict)
    like: Table | None = None

    def fit(self, found: Head, options: Options) -> None:
        """Give columns that are to be like another table's the kind of those, too."""
        for column in found.columns:
            if self.like and column.wanted and not column.wanted_kind and self.like.has_column(column.header.name):
                _take_kind(column, self.like.column(column.header.name))


@dataclass(frozen=True, slots=True)
class Into:
    """A table that is there. `key` are the columns by which an upsert knows a record."""

    table: Table
    mode: str
    key: tuple[str, ...]
    dry_run: bool

    @property
    def place(self) -> tuple[str, str]:
        """Its schema and name."""
        return self.table.schema, self.table.name

    @property
    def types(self) -> Mapping[str, str]:
        """The types of its columns."""
        return {column.name: column.type for column in self.table.columns}

    def fit(self, found: Head, options: Options) -> None:
        """Give each column of the file the name and type of the table's column that it is for.

        Raises ColumnsUnmapped, ColumnGenerated and OptionInvalid.
        """
        meant = [None if column.skip else self._meant(column.header) for column in found.columns]
        self._check(found, meant)
        for position, (column, ours) in enumerate(zip(found.columns, meant, strict=True)):
            if ours is not None:
                fitted = infer.column(
                    replace(column.header, name=ours.name, label=None, why=None),
                    ours.type,
                    date_order=options.date_order,
                )
                fitted.on_misfit, fitted.required = column.on_misfit, not ours.nullable
                _take_kind(fitted, ours)
                for row in found.shown:
                    if (value := row[position]) is not None:
                        fitted.see(value)
                found.columns[position], found.nearest[position] = fitted, None

    def _meant(self, header: Header) -> catalog.Column | None:
        """The column of that name or label: written the same, else in any case."""
        for word in (header.name, header.source.strip()):
            if self.table.has_column(word):
                return self.table.column(word)
        words = {header.name.casefold(), header.source.strip().casefold()}
        alike = [
            column
            for column in self.table.columns
            if column.name.casefold() in words or (column.label or column.name).casefold() in words
        ]
        return alike[0] if len(alike) == 1 else None

    def _check(self, found: Head, meant: list[catalog.Column | None]) -> None:
        kept = [column for column in found.columns if not column.skip]
        unmapped = [
            c.header.source or c.header.name
            for c, ours in zip(found.columns, meant, strict=True)
            if not (c.skip or ours)
        ]
        if unmapped:
            raise ColumnsUnmapped(self.table.name, unmapped, [column.name for column in self.table.columns])
        given = [column for column in meant if column is not None]
        for column in given:
            if given.count(column) > 1:
                raise OptionInvalid("columns", f"two columns of the file are for column '{column.name}'; skip one.")
            if column.generated:
                raise ColumnGenerated(column.name, "is computed from other columns")
            if column.identity == "a":
                raise ColumnGenerated(column.name, "is always numbered by Postgres")
        if any(column.on_misfit == "text" for column in kept):
            raise OptionInvalid("on_misfit", "with 'into' the types are the table's own; choose 'reject' or 'refuse'.")
        if missing := [name for name in self.key if name not in {column.name for column in given}]:
            raise OptionInvalid("key", f"the file has no column for '{missing[0]}', so no record can be told.")


def _take_kind(column: infer.Column, ours: catalog.Column) -> None:
    """An enumeration says its kind and options by its type."""
    if column.wanted == ours.type and not ours.enum_values:
        own = kinds.of_type(ours.base_type, ours.type_category).name
        column.wanted_kind = ours.kind if ours.kind != own or ours.display else None
        column.settings = ours.display


Target = New | Into


def find(known: Catalog, schema: str, name: str, options: Options) -> Target:
    """Find the target. Raises TableExists, NameInvalid, and for a table that is there what makes it none to import into."""
    there = known.schema(schema).name
    if options.into is not None:
        return _into(known.table(there, options.into), options)
    table = names.table(name)
    if any(other.name == table for other in known.of(there)):
        raise TableExists(there, table)
    like = known.table(there, options.like) if options.like is not None else None
    return New((there, table), {column.name: column.type for column in like.columns} if like else {}, like)


def _into(table: Table, options: Options) -> Into:
    if any(wish.type is not None for wish in options.columns):
        raise OptionInvalid("columns", "with 'into' the types are the table's own; leave out 'type'.")
    if table.relation not in _HOLD_ROWS[options.mode]:
        raise NotWritable(table.name, f"a file cannot be imported with mode '{options.mode}' into a {_said(table)}.")
    if options.mode == "append":
        if options.key:
            raise OptionInvalid("key", "it goes with mode 'upsert'.")
        return Into(table, options.mode, (), options.dry_run)
    key = tuple(table.column(reference).name for reference in options.key) or table.primary_key
    if not key:
        raise NoPrimaryKey(table.name, "Name the columns of a unique constraint with the option 'key'.")
    if not any(_identifies(index, key) for index in table.indexes):
        raise OptionInvalid("key", f"no primary key or unique constraint of '{table.name}' is on ({', '.join(key)}).")
    return Into(table, options.mode, key, options.dry_run)


def _identifies(index: catalog.Index, key: tuple[str, ...]) -> bool:
    return index.unique and index.valid and not index.partial and set(index.columns) == set(key)


def _said(table: Table) -> str:
    return table.relation.replace("_", " ")
