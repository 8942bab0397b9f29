"""Say of which kind a column is, and how it is shown and read. The CHECK that a kind asks for is exchanged along."""

from dataclasses import dataclass, replace
from typing import Any, Literal

import asyncpg

from services import kinds
from services.kinds import Kind, settings
from services.schema import columns, ddl, dependants
from services.schema.columns import Display
from services.schema.errors import OperationInvalid, RowsBreakKind
from services.schema.operations import tables
from services.schema.plan import Made, Operation, Part, Plan, Restore, Run, Shown, Step
from services.tenancy.catalog import Catalog, Column, Table

_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class SetDisplay(Operation):
    """Changes how a column is shown and read: settings of its kind, or its kind to another one that its type can be of."""

    schema: str
    table: str
    column: str
    display: Display | None = None
    """Settings to change, by name; null takes one away."""
    kind: str | None = None
    """Another kind, whose settings begin anew."""
    do: Literal["set_display"] = "set_display"

    def check(self, catalog: Catalog) -> Plan:
        """Refuse a kind that the column's type cannot be of, and settings that the kind does not have."""
        table = tables.whole(catalog.table(self.schema, self.table))
        column = tables.column(table, self.column)
        if self.display is None and self.kind is None:
            raise OperationInvalid("Give display settings, a kind, or both.", "display")
        kind = self._kind(column)
        display = self._settings(kind, column)
        rule = _rule(table, column, kind, display)
        exchanged = rule != _rule(table, column, kinds.named(column.kind), column.display)
        return Plan(
            effects=(f"Column '{column.name}' of '{table.name}' is shown and read as {kind.name}.",),
            strategy="scan" if exchanged else "instant",
            table=table,
            column=column,
            target=(table.schema, table.name),
            target_column=column.name,
            locks=tables.locks(table),
            shown=(Shown(column.name, kind.name, display),),
            facts=((_free_name(table, column, kind), rule),) if exchanged and rule else (),
        )

    async def look(self, connection: asyncpg.Connection, plan: Plan) -> Plan:
        """Refuse where there are values that the kind does not allow, and find the CHECK that goes."""
        await columns.check_zones(connection, plan.shown)
        for _, rule in plan.facts:
            await _refuse_misfits(connection, plan, rule)
        if plan.strategy == "instant":
            return plan
        table, column = plan.its_table, plan.its_column
        found = (await dependants.of(connection, table, column)).parts
        own = {constraint.name for constraint in table.constraints if columns.is_rule(constraint, column)}
        return replace(plan, parts=tuple(part for part in found if part.type == "check" and part.name in own))

    def steps(self, plan: Plan) -> tuple[Step, ...]:
        """The old CHECK off, the new one on."""
        added = (columns.add_rule(plan.place, name, rule) for name, rule in plan.facts)
        return tuple(Run(statement) for statement in (*(part.drop for part in plan.parts), *added))

    def inverse(self, plan: Plan, made: Made) -> Operation:
        """Back to the kind, the settings and the CHECK that it had."""
        table, column = plan.its_table, plan.its_column
        added = next((name for name, _ in plan.facts), None)
        return RestoreDisplay(table.id, table.schema, column.id, column.kind, dict(column.display), added, plan.parts)

    def _kind(self, column: Column) -> Kind:
        kind = kinds.named(self.kind or column.kind)
        if kinds.of_column(kind.name, column.base_type, column.type_category) is not kind:
            raise kinds.KindMisfit(kind.name, column.type, kind.types)
        return kind

    def _settings(self, kind: Kind, column: Column) -> dict[str, Any]:
        before = column.display if kind.name == column.kind else {}
        wanted = {**before, **(self.display or {})}
        is_plain = kind is kinds.of_type(column.base_type, column.type_category)
        return (settings.checked if is_plain else settings.complete)(kind, wanted)


@dataclass(frozen=True, slots=True)
class RestoreDisplay(Operation):
    """Puts back the kind, the settings and the CHECK that a column had. Only an undo does this."""

    relation: int
    schema: str
    attribute: int
    kind: str
    display: dict[str, Any]
    added: str | None = None
    """The CHECK that goes."""
    parts: tuple[Part, ...] = ()
    do: Literal["restore_display"] = "restore_display"

    def check(self, catalog: Catalog) -> Plan:
        """Refuse where the table or the column is gone."""
        table = catalog.table(self.schema, f"@{self.relation}")
        column = tables.column(table, f"@{self.attribute}")
        return Plan(
            effects=(f"Column '{column.name}' of '{table.name}' is shown and read as {self.kind} again.",),
            table=table,
            column=column,
            target=(table.schema, table.name),
            target_column=column.name,
            locks=tables.locks(table),
            shown=(Shown(column.name, self.kind, self.display),),
        )

    def steps(self, plan: Plan) -> tuple[Step, ...]:
        """The new CHECK off, if it is still there, the old one on."""
        there = {constraint.name for constraint in plan.its_table.constraints} & {self.added}
        off = (f"ALTER TABLE {ddl.qualified(*plan.place)} DROP CONSTRAINT {ddl.identifier(name)}" for name in there)
        return (*(Run(statement) for statement in off), *(Restore(part) for part in self.parts))

    def inverse(self, plan: Plan, made: Made) -> Operation:
        """The change again."""
        column = plan.its_column
        display = {**dict.fromkeys(self.display), **column.display}
        return SetDisplay(self.schema, f"@{self.relation}", f"@{self.attribute}", display, column.kind)


def _rule(table: Table, column: Column, kind: Kind, display: kinds.Settings) -> str | None:
    """The CHECK that a column of this kind has: none in a view, nor where the type itself lists the values."""
    if table.relation not in tables.LOCKABLE or column.enum_values:
        return None
    return kind.rule(ddl.identifier(column.name), display)


def _free_name(table: Table, column: Column, kind: Kind) -> str:
    others = {constraint.name for constraint in table.constraints if not columns.is_rule(constraint, column)}
    return columns.rule_name(table.name, column.name, kind, others)


async def _refuse_misfits(connection: asyncpg.Connection, plan: Plan, rule: str) -> None:
    misfits = f"FROM {ddl.qualified(*plan.place)} WHERE NOT ({rule})"  # quoted names and constants
    count = await connection.fetchval(f"SELECT count(*) {misfits}")
    if count:
        text = f"left({ddl.identifier(plan.target_column)}::text, 60)"
        rows = await connection.fetch(f"SELECT DISTINCT {text} {misfits} LIMIT {_EXAMPLES}")
        raise RowsBreakKind(plan.target_column, plan.shown[0].kind or "", count, [row[0] for row in rows])
