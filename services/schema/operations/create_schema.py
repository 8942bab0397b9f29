"""Make a schema; taken back by dropping it while it is empty."""

from dataclasses import dataclass
from typing import Literal

from services.schema import ddl
from services.schema.errors import SchemaExists
from services.schema.plan import Made, Operation, Plan, Run, Step
from services.tenancy import names
from services.tenancy.catalog import Catalog


@dataclass(frozen=True, slots=True)
class CreateSchema(Operation):
    """Makes a schema: a folder for tables, with a name in SQL."""

    name: str
    do: Literal["create_schema"] = "create_schema"

    def check(self, catalog: Catalog) -> Plan:
        """Refuse a name that is taken or reserved."""
        name = names.schema(self.name)
        if any(schema.name == name for schema in catalog.schemas):
            raise SchemaExists(name)
        return Plan(effects=(f"Schema '{name}' is made.",))

    def steps(self, plan: Plan) -> tuple[Step, ...]:
        """One call of the function that may do so: the owner of tables has no right to create schemas."""
        return (Run(f"SELECT rowhouse.create_schema({ddl.literal(names.schema(self.name))})"),)

    def inverse(self, plan: Plan, made: Made) -> Operation:
        """Drop it."""
        return DropSchema(names.schema(self.name))


@dataclass(frozen=True, slots=True)
class DropSchema(Operation):
    """Drops an empty schema. Only an undo does this."""

    name: str
    do: Literal["drop_schema"] = "drop_schema"

    def check(self, catalog: Catalog) -> Plan:
        """Refuse a schema that is gone."""
        name = catalog.schema(self.name).name
        return Plan(effects=(f"Schema '{name}' is dropped.",))

    def steps(self, plan: Plan) -> tuple[Step, ...]:
        """Postgres itself refuses one that is not empty."""
        return (Run(f"DROP SCHEMA {ddl.identifier(self.name)} RESTRICT"),)

    def inverse(self, plan: Plan, made: Made) -> Operation:
        """Make it again."""
        return CreateSchema(self.name)
