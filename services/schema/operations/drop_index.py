"""Drop an index while everybody goes on reading and writing; and make it anew as it was."""

from dataclasses import dataclass, replace
from typing import Literal

import asyncpg

from services.schema import ddl
from services.schema.errors import IndexExists, IndexOfConstraint, IndexUnknown
from services.schema.plan import Concurrent, Made, Operation, Plan, Step
from services.tenancy.catalog import Catalog, Table

_DEFINITION = """
    SELECT CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END, substr(pg_get_indexdef(c.oid), length(format('CREATE %sINDEX %I ON %s',
        CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END, c.relname, i.indrelid::regclass)) + 1)
    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = $2
"""
"""What makes it unique, and what stands behind its table's name."""


@dataclass(frozen=True, slots=True)
class DropIndex(Operation):
    """Drops an index. Nothing of the data is lost; what it made fast is slow again."""

    schema: str
    name: str
    """The index's name."""
    do: Literal["drop_index"] = "drop_index"

    def check(self, catalog: Catalog) -> Plan:
        """Refuse what is no index, and the index of a key."""
        table = _table_of(catalog, catalog.schema(self.schema).name, self.name)
        if any(constraint.name == self.name for constraint in table.constraints):
            raise IndexOfConstraint(self.name, table.name)
        return Plan(
            effects=(f"Index '{self.name}' of '{table.name}' is dropped.",),
            table=table,
            target=(table.schema, table.name),
        )

    async def look(self, connection: asyncpg.Connection, plan: Plan) -> Plan:
        """Keep what makes it again."""
        unique, rest = await connection.fetchrow(_DEFINITION, plan.place[0], self.name) or ("", "")
        return replace(plan, facts=(("unique", unique), ("rest", rest)))

    def steps(self, plan: Plan) -> tuple[Step, ...]:
        """One statement."""
        drop = f"DROP INDEX CONCURRENTLY IF EXISTS {ddl.qualified(plan.place[0], self.name)}"
        return (Concurrent(drop, *plan.place, self.name, makes=False),)

    def inverse(self, plan: Plan, made: Made) -> Operation:
        """Make it again."""
        (_, unique), (_, rest) = plan.facts
        return RestoreIndex(plan.place[0], plan.its_table.id, self.name, unique, rest)


@dataclass(frozen=True, slots=True)
class RestoreIndex(Operation):
    """Makes an index as it was. Only an undo does this."""

    schema: str
    relation: int
    name: str
    unique: str
    rest: str
    do: Literal["restore_index"] = "restore_index"

    def check(self, catalog: Catalog) -> Plan:
        """Refuse when its table is gone or its name is taken."""
        table = catalog.table(self.schema, f"@{self.relation}")
        if any(
            self.name in (other.name, *(index.name for index in other.indexes)) for other in catalog.of(self.schema)
        ):
            raise IndexExists(table.name, (), self.name)
        return Plan(
            effects=(f"Index '{self.name}' of '{table.name}' is made again.",),
            strategy="scan",
            table=table,
            target=(table.schema, table.name),
        )

    def steps(self, plan: Plan) -> tuple[Step, ...]:
        """One statement."""
        index, table = ddl.identifier(self.name), ddl.qualified(*plan.place)
        make = f"CREATE {self.unique}INDEX CONCURRENTLY {index} ON {table}{self.rest}"
        return (Concurrent(make, *plan.place, self.name, makes=True),)

    def inverse(self, plan: Plan, made: Made) -> Operation:
        """Drop it again."""
        return DropIndex(plan.place[0], self.name)


def _table_of(catalog: Catalog, schema: str, name: str) -> Table:
    for table in catalog.of(schema):
        if any(index.name == name for index in table.indexes):
            return table
    raise IndexUnknown(schema, name, (index.name for table in catalog.of(schema) for index in table.indexes))
