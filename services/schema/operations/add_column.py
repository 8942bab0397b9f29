"""Add a column; taken back by dropping it, which is hiding it."""

from dataclasses import dataclass
from typing import Literal

import asyncpg

from services.schema import columns, ddl
from services.schema.columns import DefaultFunction, DefaultValue, Display, NewColumn
from services.schema.errors import ColumnExists, RowsWithoutValue
from services.schema.operations import tables
from services.schema.operations.drop_column import DropColumn
from services.schema.plan import Label, Made, Operation, Plan, Run, Step, Strategy
from services.tenancy import names
from services.tenancy.catalog import Catalog


@dataclass(frozen=True, slots=True)
class AddColumn(Operation):
    """Adds a column at the end of a table. Records that exist get its default, or nothing."""

    schema: str
    table: str
    name: str
    type: str | None = None
    """A type as Postgres writes it, `numeric(10,2)`, or a kind."""
    kind: str | None = None
    """The family of the column, `text` or `number`; with a type, one that its columns can be of."""
    nullable: bool = True
    default: DefaultValue | DefaultFunction | None = None
    label: str | None = None
    """The text that people see, where a name in SQL would not do."""
    comment: str | None = None
    display: Display | None = None
    """Settings of its kind: how it is shown and read, `{"currency": "EUR"}`, or what there is to choose from, `{"options": […]}`."""
    do: Literal["add_column"] = "add_column"

    def check(self, catalog: Catalog) -> Plan:
        """Refuse a name that is taken, an unknown type, one column too many."""
        table, name = tables.changeable(catalog.table(self.schema, self.table)), names.column(self.name)
        if table.has_column(name):
            raise ColumnExists(table.name, name)
        columns.check([self._column()], [column.name for column in table.columns])
        return Plan(
            effects=(f"Column '{name}' ({self._column().sql_type()}) is added to '{table.name}'.",),
            strategy=self._strategy(),
            table=table,
            target=(table.schema, table.name),
            target_column=name,
            locks=tables.locks(table),
            labels=(Label(name, self.label),) if self.label else (),
            shown=self._column().shown(),
        )

    async def look(self, connection: asyncpg.Connection, plan: Plan) -> Plan:
        """Try the default, and refuse NOT NULL without one where there are records."""
        await columns.check_defaults(connection, [self._column()])
        await columns.check_zones(connection, plan.shown)
        if not self.nullable and not self._column().has_default:
            where = ddl.qualified(plan.its_table.schema, plan.its_table.name)
            if await connection.fetchval(f"SELECT EXISTS (SELECT FROM {where})"):  # noqa: S608  a quoted name
                raise RowsWithoutValue(plan.its_table.name, self.name)
        return plan

    def steps(self, plan: Plan) -> tuple[Step, ...]:
        """ADD COLUMN and its comment."""
        taken = [constraint.name for constraint in plan.its_table.constraints]
        (definition,) = columns.definitions(plan.its_table.name, [self._column()], taken)
        add = f"ALTER TABLE {ddl.qualified(*plan.place)} ADD COLUMN {definition}"
        return tuple(Run(statement) for statement in (add, *columns.comments(*plan.place, [self._column()])))

    def inverse(self, plan: Plan, made: Made) -> Operation:
        """Drop it, by its id."""
        return DropColumn(plan.its_table.schema, f"@{plan.its_table.id}", f"@{made.attribute}")

    def _strategy(self) -> Strategy:
        if self._column().volatile():
            return "rewrite"
        return "scan" if self._column().rule() else "instant"

    def _column(self) -> NewColumn:
        given = (self.name, self.type, self.kind, self.nullable, self.default, self.label, self.comment, self.display)
        return NewColumn(*given)
