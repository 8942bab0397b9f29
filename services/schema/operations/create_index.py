"""Make an index while everybody goes on reading and writing; taken back by dropping it."""

from dataclasses import dataclass, replace
from typing import Annotated, Literal

import asyncpg
from pydantic import Field

from services.schema import ddl
from services.schema.errors import ColumnTwice, IndexExists, NotATable, OperationInvalid
from services.schema.operations import tables
from services.schema.operations.drop_index import DropIndex
from services.schema.plan import Concurrent, Made, Operation, Plan, Run, Step
from services.tenancy import indexes, names
from services.tenancy.catalog import Catalog, Table

_INDEXABLE = ("table", "materialized_view")
_TAKEN = """
    SELECT array_agg(c.relname::text) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND (c.relname = $2 OR starts_with(c.relname, $3))
"""


@dataclass(frozen=True, slots=True)
class CreateIndex(Operation):
    """Makes an index, so that lists that are filtered, sorted or searched by its columns are fast. Nobody waits for it."""

    schema: str
    table: str
    columns: Annotated[tuple[indexes.Part, ...], Field(min_length=1, max_length=32)]
    """The columns, in the order in which they are filtered and sorted by."""
    name: str | None = None
    """Its name; made from those of table and columns if absent."""
    do: Literal["create_index"] = "create_index"

    def check(self, catalog: Catalog) -> Plan:
        """Refuse what is no table, what cannot be indexed so, and an index that there is."""
        table = tables.whole(catalog.table(self.schema, self.table))
        if table.relation not in _INDEXABLE:
            raise NotATable(table.name, table.relation)
        self._check_columns(table)
        if any(indexes.is_on(table, self.columns, index.definition) for index in table.indexes):
            raise IndexExists(table.name, tuple(part.column for part in self.columns))
        listed = ", ".join(tables.column(table, part.column).name for part in self.columns)
        return Plan(
            effects=(f"An index of '{table.name}' on ({listed}) is made while everybody goes on reading and writing.",),
            strategy="scan",
            table=table,
            target=(table.schema, table.name),
        )

    async def look(self, connection: asyncpg.Connection, plan: Plan) -> Plan:
        """Find a name that is free."""
        table = plan.its_table
        wanted = self.name and names.table(self.name)
        base = "_".join([table.name, *(tables.column(table, part.column).name for part in self.columns)])
        start = base.encode()[: names.MAX_BYTES - 8].decode(errors="ignore")
        taken = await connection.fetchval(_TAKEN, table.schema, wanted or f"{start}_idx", f"{start}_idx") or ()
        if wanted and wanted in taken:
            raise IndexExists(table.name, (), wanted)
        free = (f"{start}_idx{number or ''}" for number in range(len(taken) + 1))
        return replace(plan, facts=(("name", wanted or next(name for name in free if name not in taken)),))

    def steps(self, plan: Plan) -> tuple[Step, ...]:
        """The index, and the extension that it may need."""
        ((_, name),) = plan.facts
        method = indexes.method(self.columns)
        where = f"{ddl.qualified(*plan.place)} USING {method} ({', '.join(self._elements(plan.its_table))})"
        extension = (Run("SELECT rowhouse.enable_trigrams()"),) if method == "gin" else ()
        make = f"CREATE INDEX CONCURRENTLY {ddl.identifier(name)} ON {where}"
        return (*extension, Concurrent(make, *plan.place, name, makes=True))

    def inverse(self, plan: Plan, made: Made) -> Operation:
        """Drop it."""
        ((_, name),) = plan.facts
        return DropIndex(plan.place[0], name)

    def _check_columns(self, table: Table) -> None:
        seen = set()
        for part in self.columns:
            column = tables.column(table, part.column)
            if column.name in seen:
                raise ColumnTwice(column.name)
            seen.add(column.name)
            if (why := indexes.fault(part, column)) is not None:
                raise OperationInvalid(f"Column '{column.name}' cannot be part of an index like that: {why}", "columns")
        if len({part.by == "trigram" for part in self.columns}) > 1:
            raise OperationInvalid("An index by 'trigram' is on such columns only; make two indexes.", "columns")

    def _elements(self, table: Table) -> list[str]:
        return [sql for part in self.columns for sql in indexes.elements(part, tables.column(table, part.column))]
