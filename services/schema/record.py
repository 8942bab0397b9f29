"""Carries a plan out and puts it on the timeline: the last part of every change, inside the coordinator's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import structlog

from services.kit.rpc.identity import Caller
from services.schema import convert, operations
from services.schema.errors import OperationInvalid
from services.schema.idempotency import Kept
from services.schema.plan import Concurrent, Made, Operation, Part, Plan, Restore, Run
from services.tenancy import timeline

_log = structlog.get_logger()
_IDS = """
    SELECT r.id AS relation, a.id AS attribute FROM rowhouse.relation r
    LEFT JOIN rowhouse.attribute a ON a.relation = r.id AND a.name = $3
    WHERE r.schema_name = $1 AND r.name = $2
"""

_SHOW = "SELECT rowhouse.set_display($1::int, kind => $2, display => $3::jsonb)"


@dataclass(frozen=True, slots=True)
class Subject:
    """What the timeline says an operation is about."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Done:
    """What carrying a plan out left behind: the way back, and what could not be put back because of records that came since."""

    inverse: Operation
    subject: Subject | None
    left: list[dict[str, str]]
    later: Concurrent | None = None
    """What is still to be done once all else is committed."""

    def detail(self, revert: Sequence[tuple[int, int | None]] = (), **more: object) -> dict[str, Any] | None:
        """For the timeline; nothing to say is None. `revert`: operations, and what undid them before, should the later step fail."""
        if self.later is not None:
            index = {"schema": self.later.schema, "index": self.later.index, "makes": self.later.makes}
            more["concurrently"] = index | {"revert": list(revert)}
        return more | ({"not_restored": self.left} if self.left else {}) or None


async def carry_out(connection: asyncpg.Connection, operation: Operation, plan: Plan) -> Done:
    """Run the steps, give ids and labels to what they made, and say how to take it back."""
    steps = operation.steps(plan)
    now = [step for step in steps if not isinstance(step, Concurrent)]
    left = [told for step in now if (told := await _run(connection, step)) is not None]
    await connection.execute("SELECT rowhouse.reconcile()")
    made = await _ids(connection, plan.target, plan.target_column)
    await _label(connection, plan, made)
    await _show(connection, plan)
    name = plan.table.name if plan.table else plan.target[1] if plan.target else ""
    subject = Subject(made.relation, name) if made.relation is not None else None
    later = next((step for step in steps if isinstance(step, Concurrent)), None)
    return Done(operation.inverse(plan, made), subject, left, later)


async def open_step(
    connection: asyncpg.Connection,
    caller: Caller,
    verb: str,
    operation: Operation,
    done: Done,
    *,
    request: dict[str, Any],
    detail: dict[str, Any] | None,
    undoes: int | None = None,
) -> Kept:
    """Put it on the timeline, and give the step as REST shows it."""
    identifier = await timeline.open(
        connection,
        verb=verb,
        nature=operation.nature,
        caller=caller,
        channel=timeline.channel_of(caller),
        table=done.subject,
        request=request,
        inverse=operations.record(done.inverse),
        detail=detail,
        undoes=undoes,
        state="running" if done.later else "done",
    )
    return Kept(identifier, convert.json_of(convert.operation_to(await timeline.get(connection, identifier))))


async def _label(connection: asyncpg.Connection, plan: Plan, made: Made) -> None:
    for label in plan.labels:
        attribute = None
        if label.column is not None:
            attribute = (await _ids(connection, plan.target, label.column)).attribute
            if attribute is None:
                raise OperationInvalid(f"There is no column '{label.column}' that could have a label.", "columns")
        await connection.execute(
            "SELECT rowhouse.set_label($1::int, $2::int, $3)", made.relation, attribute, label.text
        )


async def _show(connection: asyncpg.Connection, plan: Plan) -> None:
    for shown in plan.shown:
        attribute = (await _ids(connection, plan.target, shown.column)).attribute
        if attribute is None:
            raise OperationInvalid(f"There is no column '{shown.column}' that could be of a kind.", "columns")
        display = convert.json_of(dict(shown.display)).decode()
        await connection.execute(_SHOW, attribute, shown.kind, display)


async def _run(connection: asyncpg.Connection, step: Run | Restore) -> dict[str, str] | None:
    if not isinstance(step, Restore):
        await connection.execute(step.sql)
        return None
    try:
        async with connection.transaction():
            for statement in step.part.create:
                await connection.execute(statement)
    except asyncpg.IntegrityConstraintViolationError as error:
        return _told(step.part, error)
    return None


def _told(part: Part, error: asyncpg.PostgresError) -> dict[str, str]:
    _log.info("part not put back", type=part.type, sqlstate=error.sqlstate)
    return {"type": part.type, "name": part.name, "table": part.table, "why": str(error.message), "sql": part.create[0]}


async def _ids(connection: asyncpg.Connection, table: tuple[str, str] | None, column: str | None) -> Made:
    row = await connection.fetchrow(_IDS, *table, column) if table else None
    return Made(row["relation"], row["attribute"]) if row else Made(None, None)
