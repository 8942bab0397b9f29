"""Give a column another name; taken back by giving it the old one."""

from dataclasses import dataclass
from typing import Literal

from services.schema import ddl
from services.schema.errors import ColumnExists, NameChanged
from services.schema.operations import tables
from services.schema.plan import Made, Operation, Plan, Run, Step
from services.tenancy import names
from services.tenancy.catalog import Catalog


@dataclass(frozen=True, slots=True)
class RenameColumn(Operation):
    """Renames a column. Its id stays; views, keys and checks follow, while SQL text elsewhere that names it does not."""

    schema: str
    table: str
    column: str
    name: str
    expected: str | None = None
    """The name it must still have, where `column` is an id; 409 if it has another."""
    do: Literal["rename_column"] = "rename_column"

    def check(self, catalog: Catalog) -> Plan:
        """Refuse a name that is taken."""
        table = tables.whole(catalog.table(self.schema, self.table))
        column, name = tables.column(table, self.column), names.column(self.name)
        if self.expected is not None and column.name != self.expected:
            raise NameChanged(self.expected, column.name)
        if name != column.name and table.has_column(name):
            raise ColumnExists(table.name, name)
        return Plan(
            effects=(f"Column '{column.name}' of '{table.name}' is called '{name}'.",),
            table=table,
            column=column,
            target=(table.schema, table.name),
            target_column=name,
            locks=tables.locks(table),
        )

    def steps(self, plan: Plan) -> tuple[Step, ...]:
        """One statement; none for the name it has."""
        old, new = plan.its_column.name, plan.target_column
        where = ddl.qualified(plan.its_table.schema, plan.its_table.name)
        rename = f"ALTER TABLE {where} RENAME COLUMN {ddl.identifier(old)} TO {ddl.identifier(new)}"
        return (Run(rename),) if new != old else ()

    def inverse(self, plan: Plan, made: Made) -> Operation:
        """Back to the old name, if it still has the new one."""
        table, column = plan.its_table, plan.its_column
        return RenameColumn(table.schema, f"@{table.id}", f"@{column.id}", column.name, plan.target_column)
