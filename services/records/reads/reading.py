"""Pages and single records, from a request to the JSON of the answer."""

from services.kit.rpc.identity import Caller
from services.records import bodies, plans, request, resolve, statement
from services.records.bodies import Found
from services.records.errors import RecordUnknown
from services.records.execute import Executor, Session
from services.records.idempotency import Answer
from services.records.reads import jumps

_SCOPE = "records:read"


class Reader:
    """Reads on the login that can do nothing else."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def page(self, caller: Caller, asked: request.Page) -> bytes:
        """A page of records. Raises what `resolve.page` refuses, and QueryTooSlow."""
        caller.require(_SCOPE)
        return await self._executor.run(caller.tenant, "ro", lambda catalog: resolve.page(catalog, asked), _page)

    async def aggregates(self, caller: Caller, asked: request.Aggregate) -> bytes:
        """Figures over a list. Raises what `resolve.aggregate` refuses, and QueryTooSlow."""
        caller.require(_SCOPE)
        return await self._executor.run(
            caller.tenant, "ro", lambda catalog: resolve.aggregate(catalog, asked), _aggregate
        )

    async def record(self, caller: Caller, asked: request.Get) -> Answer:
        """One record with its version. Raises RecordUnknown, NoPrimaryKey and AnswerTooLarge."""
        caller.require(_SCOPE)
        return await self._executor.run(caller.tenant, "ro", lambda catalog: resolve.record(catalog, asked), _record)


async def _page(session: Session, asked: plans.Page) -> bytes:
    plan = await jumps.landed(session, asked)
    found = await _found(session, plan)
    if found.included < min(found.fetched, plan.shape.limit):
        # Too many bytes: asked again for what fits, so that the cursors are those of the last record shown.
        plan = resolve.shorter(plan, found.included)
        found = await _found(session, plan)
    estimate = None
    if plan.count == "estimate" and not bodies.is_whole(plan, found):
        selection = plan.selection
        estimate = await session.expected_rows(statement.estimate(selection.rows), selection.arguments)
    return bodies.page(plan, found, estimate)


async def _found(session: Session, plan: plans.Page) -> Found:
    row = await session.row(statement.page(plan.shape), plan.arguments)
    return Found(*tuple(row)[1:])


async def _record(session: Session, plan: plans.Record) -> Answer:
    row = await session.row(statement.record(plan.shape), plan.arguments)
    if not row["found"]:
        raise RecordUnknown(plan.table.name, plan.key)
    return Answer(bodies.checked(row["body"].encode(), plan.table.name), 0, row["version"] or "")


async def _aggregate(session: Session, plan: plans.Aggregate) -> bytes:
    row = await session.row(statement.aggregate(plan.shape), plan.arguments)
    return bodies.checked(bodies.aggregates(plan, row["rows"], tuple(row)[2:]), plan.table.name)
