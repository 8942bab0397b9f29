"""Give a table another name; taken back by giving it the old one."""

from dataclasses import dataclass
from typing import Literal

from services.schema import ddl
from services.schema.errors import NameChanged
from services.schema.operations import tables
from services.schema.plan import Made, Operation, Plan, Run, Step
from services.tenancy import names
from services.tenancy.catalog import Catalog


@dataclass(frozen=True, slots=True)
class RenameTable(Operation):
    """Renames a table or view. Its id stays; views and keys follow, while SQL text elsewhere that names it does not."""

    schema: str
    table: str
    name: str
    expected: str | None = None
    """The name it must still have, where `table` is an id; 409 if it has another."""
    do: Literal["rename_table"] = "rename_table"

    def check(self, catalog: Catalog) -> Plan:
        """Refuse a name that is taken."""
        table, name = catalog.table(self.schema, self.table), names.table(self.name)
        if self.expected is not None and table.name != self.expected:
            raise NameChanged(self.expected, table.name)
        if name != table.name:
            tables.free(catalog, table.schema, name)
        return Plan(
            effects=(
                f"The {tables.about(table)} is called '{name}'; links to its id and its old name still lead there.",
            ),
            table=table,
            target=(table.schema, name),
            locks=tables.locks(table),
        )

    def steps(self, plan: Plan) -> tuple[Step, ...]:
        """One statement; none for the name it has."""
        old, new = plan.its_table.name, plan.place[1]
        rename = f"ALTER TABLE {ddl.qualified(plan.its_table.schema, old)} RENAME TO {ddl.identifier(new)}"
        return (Run(rename),) if new != old else ()

    def inverse(self, plan: Plan, made: Made) -> Operation:
        """Back to the old name, if it still has the new one."""
        return RenameTable(plan.its_table.schema, f"@{plan.its_table.id}", plan.its_table.name, plan.place[1])
