"""Drop a table, which is hiding it in a schema of its own; and put it back."""

from dataclasses import dataclass, replace
from typing import Literal

import asyncpg

from services.schema import ddl, dependants
from services.schema.operations import tables
from services.schema.plan import Made, Operation, Part, Plan, Restore, Run, Step
from services.tenancy.catalog import Catalog

TRASH = "rowhouse_trash_"
"""Each dropped table has a schema of its own, so that names of its indexes and sequences never meet another's."""

_PARTITIONS = """
    SELECT n.nspname::text AS schema, c.relname::text AS name
    FROM pg_catalog.pg_partition_tree($1::oid::regclass) t
    JOIN pg_catalog.pg_class c ON c.oid = t.relid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE t.level > 0 ORDER BY t.level, 1, 2
"""


@dataclass(frozen=True, slots=True)
class DropTable(Operation):
    """Drops a table or a view. Its records, keys, indexes and triggers wait, hidden, for an undo, until the retention period ends."""

    schema: str
    table: str
    do: Literal["drop_table"] = "drop_table"

    def check(self, catalog: Catalog) -> Plan:
        """Refuse a part of another table."""
        table = tables.whole(catalog.table(self.schema, self.table))
        return Plan(
            effects=(f"The {tables.about(table)} is hidden, with all of its records; an undo brings it back.",),
            table=table,
            target=(f"{TRASH}{table.id}", table.name),
            locks=tables.locks(table),
        )

    async def look(self, connection: asyncpg.Connection, plan: Plan) -> Plan:
        """Find the foreign keys from and to it, what reads it, and its partitions."""
        table = plan.its_table
        found = await dependants.of(connection, table)
        partitions = await connection.fetch(_PARTITIONS, table.oid) if table.relation == "partitioned_table" else []
        return replace(
            plan,
            dependants=found.named(),
            parts=found.parts,
            locks=tuple(sorted({*plan.locks, *found.tables})),
            facts=tuple((row["schema"], row["name"]) for row in partitions),
        )

    def steps(self, plan: Plan) -> tuple[Step, ...]:
        """Take the foreign keys off, and move the table, with its partitions, into a schema that nobody may use."""
        table, trash = plan.its_table, plan.place[0]
        off = [Run(part.drop) for part in reversed(plan.parts)]
        moves = [Run(_move(schema, name, trash)) for schema, name in ((table.schema, table.name), *plan.facts)]
        return (*off, Run(f"SELECT rowhouse.create_schema({ddl.literal(trash)})"), *moves)

    def inverse(self, plan: Plan, made: Made) -> Operation:
        """Put it back, and the foreign keys."""
        table = plan.its_table
        return RestoreTable(table.id, table.schema, table.name, plan.facts, plan.parts)


@dataclass(frozen=True, slots=True)
class RestoreTable(Operation):
    """Puts a dropped table back where it was. Only an undo does this."""

    relation: int
    schema: str
    name: str
    partitions: tuple[tuple[str, ...], ...] = ()
    parts: tuple[Part, ...] = ()
    do: Literal["restore_table"] = "restore_table"

    def check(self, catalog: Catalog) -> Plan:
        """Refuse when its schema is gone or its name is taken."""
        schema = catalog.schema(self.schema).name
        tables.free(catalog, schema, self.name)
        return Plan(
            effects=(f"Table '{self.name}' is back in schema '{schema}'.",),
            target=(schema, self.name),
            locks=tables.concerned(catalog, self.parts),
        )

    def steps(self, plan: Plan) -> tuple[Step, ...]:
        """The way back."""
        trash = f"{TRASH}{self.relation}"
        moves = [Run(_move(trash, name, schema)) for schema, name in (plan.place, *self.partitions)]
        return (*moves, Run(f"DROP SCHEMA {ddl.identifier(trash)} RESTRICT"), *(Restore(part) for part in self.parts))

    def inverse(self, plan: Plan, made: Made) -> Operation:
        """Drop it again."""
        return DropTable(self.schema, f"@{self.relation}")


def _move(schema: str, name: str, into: str) -> str:
    # ALTER TABLE moves views and foreign tables as well.
    return f"ALTER TABLE {ddl.qualified(schema, name)} SET SCHEMA {ddl.identifier(into)}"
