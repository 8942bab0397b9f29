"""Drop a column, which is hiding it; and put it back."""

from dataclasses import dataclass, replace
from typing import Literal

import asyncpg

from services.schema import ddl, dependants
from services.schema.errors import ColumnExists, ColumnInUse
from services.schema.operations import tables
from services.schema.plan import Dependant, Made, Operation, Part, Plan, Restore, Run, Step
from services.tenancy.catalog import HIDDEN_COLUMN, Catalog

_DEFAULT = """
    SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid)
    FROM pg_catalog.pg_attrdef d
    JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
    WHERE d.adrelid = $1::oid AND d.adnum = $2::int2 AND a.attgenerated = ''
"""
_PARTITION_KEY = """
    SELECT EXISTS (SELECT FROM pg_catalog.pg_partitioned_table WHERE partrelid = $1::oid AND $2::int2 = ANY (partattrs))
"""


@dataclass(frozen=True, slots=True)
class DropColumn(Operation):
    """Drops a column. Its values, keys, checks and indexes wait, hidden, for an undo, until the retention period ends."""

    schema: str
    table: str
    column: str
    do: Literal["drop_column"] = "drop_column"

    def check(self, catalog: Catalog) -> Plan:
        """Refuse what has no columns of its own."""
        table = tables.changeable(catalog.table(self.schema, self.table))
        column = tables.column(table, self.column)
        effects = [
            f"Column '{column.name}' of '{table.name}' is hidden, with all of its values; an undo brings it back."
        ]
        if column.name in table.primary_key:
            effects.append(f"'{table.name}' has no primary key then: its records cannot be edited one by one.")
        return Plan(
            effects=tuple(effects),
            table=table,
            column=column,
            target=(table.schema, table.name),
            target_column=f"{HIDDEN_COLUMN}{column.id}",
            locks=tables.locks(table),
        )

    async def look(self, connection: asyncpg.Connection, plan: Plan) -> Plan:
        """Find what hangs on it, and refuse where that cannot do without it."""
        found = await dependants.of(connection, plan.its_table, plan.its_column)
        computed = [
            reader.name for reader in found.readers if reader.type == "generated_column" and not _hidden(reader)
        ]
        if computed:
            raise ColumnInUse(plan.its_column.name, f"column '{computed[0]}' is computed from it; drop that one first")
        if await connection.fetchval(_PARTITION_KEY, plan.its_table.oid, plan.its_column.attnum):
            raise ColumnInUse(plan.its_column.name, "the table is partitioned by it")
        default = await connection.fetchval(_DEFAULT, plan.its_table.oid, plan.its_column.attnum)
        return replace(
            plan,
            dependants=found.named(),
            parts=found.parts,
            locks=tuple(sorted({*plan.locks, *found.tables})),
            facts=(("default", default),) if default is not None else (),
        )

    def steps(self, plan: Plan) -> tuple[Step, ...]:
        """Take off what hangs on it, foreign keys first, then give it a name that is not shown."""
        alter = f"ALTER TABLE {ddl.qualified(plan.its_table.schema, plan.its_table.name)}"
        old, hidden = ddl.identifier(plan.its_column.name), ddl.identifier(plan.target_column)
        off = [part.drop for part in reversed(plan.parts)]
        if plan.facts:
            off.append(f"{alter} ALTER COLUMN {old} DROP DEFAULT")
        return tuple(Run(statement) for statement in (*off, f"{alter} RENAME COLUMN {old} TO {hidden}"))

    def inverse(self, plan: Plan, made: Made) -> Operation:
        """Put it back, and what hung on it."""
        default = next((value for _, value in plan.facts), None)
        return RestoreColumn(
            plan.its_table.id, plan.its_table.schema, plan.its_column.id, plan.its_column.name, default, plan.parts
        )


def _hidden(reader: Dependant) -> bool:
    return reader.name.startswith(HIDDEN_COLUMN)


@dataclass(frozen=True, slots=True)
class RestoreColumn(Operation):
    """Puts a dropped column back where it was. Only an undo does this."""

    relation: int
    schema: str
    attribute: int
    name: str
    default: str | None = None
    parts: tuple[Part, ...] = ()
    do: Literal["restore_column"] = "restore_column"

    def check(self, catalog: Catalog) -> Plan:
        """Refuse when its table is gone or its name is taken."""
        table = catalog.table(self.schema, f"@{self.relation}")
        if table.has_column(self.name):
            raise ColumnExists(table.name, self.name)
        return Plan(
            effects=(f"Column '{self.name}' is back in '{table.name}'.",),
            table=table,
            target=(table.schema, table.name),
            target_column=self.name,
            locks=tables.concerned(catalog, self.parts, table),
        )

    def steps(self, plan: Plan) -> tuple[Step, ...]:
        """The way back. Records that came since get the default, where the column must have a value."""
        where, column = ddl.qualified(*plan.place), ddl.identifier(self.name)
        hidden = ddl.identifier(f"{HIDDEN_COLUMN}{self.attribute}")
        statements = [f"ALTER TABLE {where} RENAME COLUMN {hidden} TO {column}"]
        if self.default is not None:
            statements.append(f"ALTER TABLE {where} ALTER COLUMN {column} SET DEFAULT {self.default}")
            if any(part.type == "not_null" for part in self.parts):
                statements.append(f"UPDATE {where} SET {column} = DEFAULT WHERE {column} IS NULL")  # noqa: S608  quoted names
        return (*(Run(statement) for statement in statements), *(Restore(part) for part in self.parts))

    def inverse(self, plan: Plan, made: Made) -> Operation:
        """Drop it again."""
        return DropColumn(self.schema, f"@{self.relation}", f"@{self.attribute}")
