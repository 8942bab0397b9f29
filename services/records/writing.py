"""Writes, from a request to the JSON of the answer: all of one request in one transaction, with its step on the timeline."""

from collections.abc import Callable

from services.kit.errors import AppError
from services.kit.rpc.identity import Caller
from services.records import bodies, changes, errors, idempotency, plans, request, shapes, statement
from services.records.execute import Connection, Executor, Session
from services.records.idempotency import Answer
from services.records.request import Once
from services.records.statement import Statement
from services.tenancy import timeline
from services.tenancy.catalog import Catalog

_SCOPE = "records:write"
_LARGEST_SHOWN = 1_000_000
"""Characters of a record that an error carries."""


class Writer:
    """Writes on the login that may change rows and nothing else."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def create(self, caller: Caller, asked: request.Create, once: Once) -> Answer:
        """New records. Raises what `changes.create` and the table's constraints refuse, and IdempotencyKeyReused."""
        return await self._write(caller, once, lambda catalog: changes.create(catalog, asked))

    async def update(self, caller: Caller, asked: request.Update, once: Once) -> Answer:
        """Changes of records, all or none. Raises besides RecordUnknown and VersionMismatch."""
        return await self._write(caller, once, lambda catalog: changes.update(catalog, asked))

    async def delete(self, caller: Caller, asked: request.Delete, once: Once) -> Answer:
        """Deletions, all or none. Raises as `update` does."""
        return await self._write(caller, once, lambda catalog: changes.delete(catalog, asked))

    async def _write(self, caller: Caller, once: Once, prepare: Callable[[Catalog], plans.Write]) -> Answer:
        caller.require(_SCOPE)

        async def work(session: Session, plan: plans.Write) -> Answer:
            async with session.connection.transaction():
                if (known := await recalled(session.connection)) is not None:
                    return known
                answer = await _done(session, plan, caller)
                await idempotency.remember(session.connection, caller.subject, once, answer)
                return answer

        async def recalled(connection: Connection) -> Answer | None:
            return await idempotency.recall(connection, caller.subject, once)

        return await self._executor.run(caller.tenant, "rw", prepare, work, recalled if once.key else None)


async def _done(session: Session, plan: plans.Write, caller: Caller) -> Answer:
    operation = await timeline.open(
        session.connection,
        verb=plan.verb,
        nature="data",
        caller=caller,
        channel="api",
        table=plan.table,
        detail={"records": sum(len(step.rows) for step in plan.steps)},
    )
    parts = [await _step(session, plan, step) for step in plan.steps]
    if plan.verb == "delete_records":
        return Answer(bodies.deleted(sum(part.count for part in parts), operation), operation)
    if plan.single:
        body = bodies.checked(parts[0].body.encode(), plan.table.name)
        return Answer(body, operation, parts[0].versions or "")
    return Answer(bodies.checked(bodies.written(parts, operation), plan.table.name), operation)


async def _step(session: Session, plan: plans.Write, step: plans.Step) -> bodies.Written:
    row = await session.row(_statement(plan, step), step.arguments)
    if row["count"] != len(step.rows):
        raise await _untouched(session, plan, step, set(row.get("found") or ()))
    return bodies.Written(row["count"], row.get("body") or "", row.get("keys"), row.get("versions"))


def _statement(plan: plans.Write, step: plans.Step) -> Statement:
    match plan.verb:
        case "create_records":
            return statement.insert(step.shape)
        case "update_records":
            return statement.update(step.shape)
    return statement.delete(step.shape)


async def _untouched(session: Session, plan: plans.Write, step: plans.Step, found: set[int]) -> AppError:
    """Why the first record that was not written was not."""
    at = next((at for at in range(len(step.rows)) if at + 1 not in found), 0)
    number = step.rows[at]
    row = None if plan.single else number
    if not plan.keys:
        return errors.RecordUntouched(plan.table.name, row)
    key, version = plan.keys[number - 1], plan.versions[number - 1]
    shape = shapes.Record(step.shape.source, step.shape.fields, step.shape.key)
    arguments = {f"k{n}": step.arguments[f"k{n}"][at] for n in range(len(shape.key))} | {"oid": plan.table.oid}
    now = await session.row(statement.record(shape), arguments)
    if not now["found"]:
        return errors.RecordUnknown(plan.table.name, key, row)
    if not version or version == now["version"]:
        return errors.RecordUntouched(plan.table.name, row)
    body = now["body"] if len(now["body"]) <= _LARGEST_SHOWN else "null"
    return errors.VersionMismatch(plan.table.name, key, now["version"], body, row)
