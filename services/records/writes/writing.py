"""Writes, from a request to the JSON of the answer: all of one request in one transaction, with its step on the timeline."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg

from services.kit.rpc.identity import Caller
from services.records import errors, failures, idempotency, plans, statement
from services.records.execute import Connection, Executor, Plan, Session
from services.records.idempotency import Answer
from services.records.request import Once
from services.records.writes import answers, changes, edits
from services.records.writes.attempt import Attempt, Blamed, Untouched
from services.records.writes.explain import Explainer
from services.records.writes.steps import Verb, Write
from services.records.writes.upsert import Upsert
from services.tenancy import timeline
from services.tenancy.catalog import Catalog, Table

P = TypeVar("P", bound=Plan)

_SCOPE = "records:write"


class Writer:
    """Writes on the login that may change rows and nothing else."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def create(self, caller: Caller, asked: edits.Create, once: Once) -> Answer:
        """New records. Raises what `changes.create` and the table's constraints refuse, and IdempotencyKeyReused."""
        return await self._write(caller, once, lambda catalog: changes.create(catalog, asked), _written)

    async def update(self, caller: Caller, asked: edits.Update, once: Once) -> Answer:
        """Changes of records. Raises besides RecordUnknown and VersionMismatch."""
        return await self._write(caller, once, lambda catalog: changes.update(catalog, asked), _written)

    async def delete(self, caller: Caller, asked: edits.Delete | edits.DeleteWhere, once: Once) -> Answer:
        """Deletions. Raises as `update` does, and TooManyFound."""
        if isinstance(asked, edits.DeleteWhere):
            return await self._write(caller, once, lambda catalog: changes.delete_where(catalog, asked), _deleted)
        return await self._write(caller, once, lambda catalog: changes.delete(catalog, asked), _written)

    async def _write(
        self,
        caller: Caller,
        once: Once,
        prepare: Callable[[Catalog], P],
        write: Callable[["_Transaction", P], Awaitable[Answer]],
    ) -> Answer:
        caller.require(_SCOPE)

        async def work(session: Session, plan: P) -> Answer:
            return await write(_Transaction(session, caller, once), plan)

        async def recalled(connection: Connection) -> Answer | None:
            return await idempotency.recall(connection, caller.subject, once)

        return await self._executor.run(caller.tenant, "rw", prepare, work, recalled if once.key else None)


class _Transaction:
    """What surrounds the rows of a write: the answer that may be known already, the step on the timeline, the answer to keep."""

    def __init__(self, session: Session, caller: Caller, once: Once) -> None:
        self.session = session
        self._caller = caller
        self._once = once

    async def run(
        self, table: Table, verb: Verb, size: int, rows: Callable[[int], Awaitable[tuple[Answer, int]]]
    ) -> Answer:
        """Do `rows`, given the operation's id, in a transaction; it gives the answer and how many records that were, if not `size`."""
        connection = self.session.connection
        async with connection.transaction():
            if (known := await idempotency.recall(connection, self._caller.subject, self._once)) is not None:
                return known
            operation = await timeline.open(
                connection,
                verb=verb,
                nature="data",
                caller=self._caller,
                channel="api",
                table=table,
                detail={"records": size},
            )
            answer, count = await rows(operation)
            if count != size:
                await timeline.close(connection, operation, detail={"records": count})
            await idempotency.remember(connection, self._caller.subject, self._once, answer)
        return answer


async def _written(transaction: _Transaction, plan: Write) -> Answer:
    """Write, and explain what is refused."""
    try:
        return await _settled(transaction, plan)
    except Blamed as blamed:
        number = None if plan.single or blamed.row is None else blamed.row.number
        explainer = Explainer(transaction.session.connection, plan)
        raise await explainer.refusal(blamed.refused, blamed.row, number) from blamed


async def _settled(transaction: _Transaction, plan: Write) -> Answer:
    """Write at once; carefully where records may be left out, and where it is refused: then it is known which one is to blame."""
    if plan.manner.partial or plan.conflict is not None:
        return await _attempted(transaction, plan, careful=True)
    try:
        return await _attempted(transaction, plan, careful=False)
    except (asyncpg.PostgresError, Untouched) as refused:
        if isinstance(refused, asyncpg.PostgresError) and not failures.blames_a_record(refused):
            raise
    return await _attempted(transaction, plan, careful=True)


async def _attempted(transaction: _Transaction, plan: Write, *, careful: bool) -> Answer:
    async def rows(operation: int) -> tuple[Answer, int]:
        attempt = (Upsert if plan.conflict else Attempt)(transaction.session, plan, careful=careful)
        await attempt.run()
        return answers.written(plan, attempt, operation), len(attempt.written)

    return await transaction.run(plan.table, plan.verb, plan.size, rows)


async def _deleted(transaction: _Transaction, plan: plans.Selection) -> Answer:
    async def rows(operation: int) -> tuple[Answer, int]:
        row = await transaction.session.row(statement.delete_where(plan.rows), plan.arguments)
        if row["too_many"]:
            counted = await transaction.session.row(statement.count(plan.rows), plan.arguments | {"most": None})
            raise errors.TooManyFound(plan.table.name, counted["count"], edits.MAX_RECORDS)
        return answers.deleted(row["count"], operation), row["count"]

    return await transaction.run(plan.table, Verb.DELETE, 0, rows)
