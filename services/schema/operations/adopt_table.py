"""Make a loaded file's table one of the workspace's; taken back by dropping it, which is hiding it."""

from dataclasses import dataclass, field, replace
from importlib import resources
from typing import Any, ClassVar, Literal

import asyncpg
import orjson
from pydantic import ConfigDict

from services import kinds
from services.kinds import settings
from services.kit.rpc.identity import Caller
from services.schema import columns, ddl
from services.schema.columns import Display
from services.schema.errors import ImportOver, LoadUnknown
from services.schema.operations import tables
from services.schema.operations.drop_table import DropTable
from services.schema.plan import Label, Made, Operation, Plan, Run, Shown, Step
from services.tenancy import names
from services.tenancy.catalog import Catalog
from services.tenancy.timeline import Nature

_LOADS = "rowhouse_load"
_ENDINGS = {"sequence": "seq", "constraint": "not_null"}
_END = "SELECT rowhouse.end_import($1::bigint, 'done', $2::bigint, $3::jsonb)"
_NAMED = (resources.files("services.schema") / "sql" / "load.sql").read_text()
_TAKEN = """
    SELECT c.relname::text FROM pg_catalog.pg_class c
    WHERE c.relnamespace = $1::text::regnamespace AND c.relname = ANY ($2::text[])
"""


@dataclass(frozen=True, slots=True)
class AdoptedColumn:
    """A column of the load as it is named already, the text that people see, and its kind where the type does not say it."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    name: str
    label: str | None = None
    kind: str | None = None
    display: Display | None = None
    """Settings of the kind."""

    def shown(self) -> tuple[Shown, ...]:
        """Its kind and settings; raises KindUnknown, DisplayInvalid."""
        if self.kind is None:
            return ()
        return (Shown(self.name, self.kind, settings.complete(kinds.named(self.kind), self.display or {})),)


@dataclass(frozen=True, slots=True)
class Actor:
    """A person whose import goes on in the background."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    subject: str
    name: str


@dataclass(frozen=True, slots=True)
class AdoptTable(Operation):
    """Makes what an import has loaded a table of the workspace, all at once. The import service asks for this."""

    nature: ClassVar[Nature] = "mixed"
    load: str
    schema: str
    name: str
    columns: tuple[AdoptedColumn, ...] = ()
    primary_key: tuple[str, ...] | None = None
    """To be made; None where the load has it already, or is to have none."""
    detail: dict[str, Any] = field(default_factory=dict)
    """The import's report, kept on the timeline."""
    importing: int | None = None
    """The import that this ends: it is done when the table is there, and there is no table if it has been cancelled."""
    actor: Actor | None = None
    """Whom the import service works for when nobody waits any more."""
    do: Literal["adopt_table"] = "adopt_table"

    def check(self, catalog: Catalog) -> Plan:
        """Refuse a name that is taken."""
        schema, name = catalog.schema(self.schema).name, names.table(self.name)
        tables.free(catalog, schema, name)
        return Plan(
            effects=(f"The loaded file is table '{name}' in schema '{schema}'.",),
            strategy="scan",
            target=(schema, name),
            labels=tuple(Label(column.name, column.label) for column in self.columns if column.label),
            shown=tuple(shown for column in self.columns for shown in column.shown()),
        )

    async def look(self, connection: asyncpg.Connection, plan: Plan) -> Plan:
        """Find the load, and what else bears its name."""
        load = await connection.fetchval("SELECT to_regclass($1)::oid", ddl.qualified(_LOADS, self.load))
        if load is None:
            raise LoadUnknown(self.load)
        schema, table = plan.place
        wanted = {
            (row["type"], row["name"]): _named(table, row["column"], row["type"])
            for row in await connection.fetch(_NAMED, load)
        }
        taken = {r[0] for r in await connection.fetch(_TAKEN, ddl.identifier(schema), list(wanted.values()))}
        facts = tuple((type_, name, new) for (type_, name), new in wanted.items() if new not in taken)
        return replace(plan, facts=facts)

    def steps(self, plan: Plan) -> tuple[Step, ...]:
        """Move, own, name, key, grant, and let the planner know it."""
        schema, name = plan.place
        here, moved = ddl.qualified(schema, name), ddl.qualified(schema, self.load)
        statements = [
            f"ALTER TABLE {ddl.qualified(_LOADS, self.load)} SET SCHEMA {ddl.identifier(schema)}",
            f"ALTER TABLE {moved} OWNER TO CURRENT_ROLE",
            f"ALTER TABLE {moved} RENAME TO {ddl.identifier(name)}",
            *(_rename(plan.place, type_, old, new) for type_, old, new in plan.facts),
            *columns.rules(plan.place, plan.shown),
        ]
        if self.primary_key:
            statements.append(f"ALTER TABLE {here} ADD PRIMARY KEY {ddl.columns(self.primary_key)}")
        statements += [f"SELECT rowhouse.publish({ddl.literal(here)}::regclass)", f"ANALYZE {here}"]
        return tuple(Run(statement) for statement in statements)

    def inverse(self, plan: Plan, made: Made) -> Operation:
        """Drop it, by its id."""
        return DropTable(plan.place[0], f"@{made.relation}")

    def on_behalf_of(self, caller: Caller) -> Caller:
        """A service may name the person it works for."""
        if caller.via != "service" or self.actor is None:
            return caller
        return replace(caller, subject=self.actor.subject, name=self.actor.name)

    async def settle(self, connection: asyncpg.Connection, step: int) -> None:
        """End the import with its table. Raises ImportOver for one that has ended otherwise."""
        if self.importing is None:
            return
        report = orjson.dumps(self.detail).decode()
        if not await connection.fetchval(_END, self.importing, step, report):
            raise ImportOver(self.importing)

    def report(self) -> dict[str, Any]:
        """The import's own."""
        return self.detail


def _named(table: str, column: str, type_: str) -> str:
    """As Postgres itself would have named it."""
    ending = "_pkey" if type_ == "primary_key" else f"_{names.shortened(column, 29)}_{_ENDINGS[type_]}"
    return names.shortened(table, names.MAX_BYTES - len(ending.encode())) + ending


def _rename(at: tuple[str, str], type_: str, old: str, new: str) -> str:
    if type_ == "sequence":
        return f"ALTER SEQUENCE {ddl.qualified(at[0], old)} RENAME TO {ddl.identifier(new)}"
    return f"ALTER TABLE {ddl.qualified(*at)} RENAME CONSTRAINT {ddl.identifier(old)} TO {ddl.identifier(new)}"
