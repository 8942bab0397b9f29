"""Undo and redo of changes of shape. Both are operations of their own; both carry out an inverse that the timeline keeps."""

import asyncpg
import structlog

from services.kit.errors import Conflict, Invalid, NotFound
from services.kit.rpc.identity import Caller
from services.schema import errors, operations, record
from services.schema.changes import preparation
from services.schema.concurrent import Concurrently
from services.schema.coordinator import Coordinator
from services.schema.idempotency import Kept
from services.schema.plan import Concurrent, Operation, Plan
from services.tenancy import timeline
from services.tenancy.catalog import Catalog
from services.tenancy.databases import Databases

_log = structlog.get_logger()
_LATER = """
    SELECT id, verb FROM rowhouse.operation
    WHERE id > $1 AND state = 'done' AND undoes IS NULL AND nature <> 'data'
        AND (relation = ANY ($2::int[])
             OR verb IN ('create_table', 'adopt_table', 'rename_table') AND (request->>'name' = $3 OR request->>'schema' = $4))
    ORDER BY id DESC LIMIT 20
"""


class Undo:
    """Takes steps back and lets them stand again, for callers who may change the shape."""

    def __init__(self, databases: Databases, coordinator: Coordinator, concurrently: Concurrently) -> None:
        self._databases = databases
        self._coordinator = coordinator
        self._concurrently = concurrently

    async def undo(self, caller: Caller, identifier: int) -> Kept:
        """Take an operation back. Raises AlreadyUndone, CannotUndo, UndoConflict with the operations to undo first."""
        step = await self._step(caller, identifier)
        if step.undone_by is not None:
            raise errors.AlreadyUndone(identifier, step.undone_by)
        if not step.undoable or step.nature == "data":
            raise errors.CannotUndo(identifier, "the timeline keeps nothing that would take it back")
        return await self._reverse(caller, "undo", step, step)

    async def redo(self, caller: Caller, identifier: int) -> Kept:
        """Let an undone operation stand again. Raises NotUndone, UndoConflict."""
        step = await self._step(caller, identifier)
        if step.undone_by is None:
            raise errors.NotUndone(identifier)
        async with self._databases.acquire(caller.tenant, "ddl") as connection:
            against = await timeline.get(connection, step.undone_by)
        return await self._reverse(caller, "redo", step, against)

    async def _step(self, caller: Caller, identifier: int) -> timeline.Operation:
        caller.require("schema:write")
        async with self._databases.acquire(caller.tenant, "ddl") as connection:
            step = await timeline.get(connection, identifier)
        if step.undoes is not None:
            of = (step.request or {}).get("operation", step.undoes)
            raise errors.CannotUndo(
                identifier, f"it is itself the {step.verb} of operation {of}; undo or redo that one"
            )
        return step

    async def _reverse(self, caller: Caller, verb: str, step: timeline.Operation, against: timeline.Operation) -> Kept:
        """Carry out the inverse of `against`: of the step itself for an undo, of its undo for a redo."""
        if against.inverse is None:
            raise errors.CannotUndo(step.id, "what it hid has been purged")
        inverse = operations.recorded(against.inverse)

        async def prepare(connection: asyncpg.Connection, known: Catalog) -> Plan:
            if (await timeline.get(connection, step.id)).undone_by != step.undone_by:
                raise errors.ShapeMoves
            return await preparation(inverse)(connection, known)

        async def perform(connection: asyncpg.Connection, plan: Plan) -> tuple[Kept, Concurrent | None]:
            done = await record.carry_out(connection, inverse, plan)
            if done.later is not None:
                self._concurrently.admit(caller.tenant)
            again = [(step.id, against.id)] if verb == "redo" else []
            kept = await record.open_step(
                *(connection, caller, verb, inverse, done),
                request={"operation": step.id},
                detail=done.detail([(against.id, None), *again], did=inverse.do),
                undoes=against.id,
            )
            await timeline.mark_undone(connection, against.id, kept.operation)
            if verb == "redo":
                await timeline.mark_undone(connection, step.id, None)
                await timeline.close(connection, step.id, inverse=operations.record(done.inverse))
            return kept, done.later

        try:
            kept, later = await self._coordinator.run(caller.tenant, prepare, perform)
        except (errors.Locked, errors.ShapeMoves):
            raise
        except (Conflict, NotFound, Invalid) as error:
            raise await self._conflict(caller, f"{verb}ne", step, inverse, error.message) from error
        _log.info("changed shape", tenant=caller.tenant, verb=verb, did=inverse.do, operation=kept.operation)
        return await self._concurrently.finished(caller.tenant, kept, later)

    async def _conflict(
        self, caller: Caller, verb: str, step: timeline.Operation, inverse: Operation, why: str
    ) -> errors.UndoConflict:
        wanted = operations.record(inverse)
        relations = {i for part in wanted.get("parts", ()) for i in part["relations"]} | {step.relation} - {None}
        schema = wanted["name"] if wanted["do"] == "drop_schema" else None
        async with self._databases.acquire(caller.tenant, "ddl") as connection:
            rows = await connection.fetch(_LATER, step.id, list(relations), wanted.get("name"), schema)
        return errors.UndoConflict(verb, step.id, why, [(row["id"], row["verb"]) for row in rows])
