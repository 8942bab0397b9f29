"""Changes of shape, from a request to its step on the timeline: plan and apply. Taking them back is `undo`'s affair."""

import asyncpg
import orjson
import structlog

from services.kit.rpc.identity import Caller
from services.schema import convert, errors, idempotency, operations, record
from services.schema.concurrent import Concurrently
from services.schema.coordinator import Coordinator, Prepare
from services.schema.idempotency import Kept, Key
from services.schema.operations.adopt_table import AdoptTable
from services.schema.plan import Concurrent, Operation, Plan
from services.schema.plans import Plans
from services.tenancy.catalog import Catalog

_log = structlog.get_logger()


class _Stale(Exception):
    """The catalog has moved since a plan was made."""


class _Answered(Exception):
    """The same request came before; this was the answer."""

    def __init__(self, kept: Kept) -> None:
        super().__init__()
        self.kept = kept


class Changes:
    """Plans and applies operations for callers who may change the shape."""

    def __init__(self, coordinator: Coordinator, concurrently: Concurrently, plans: Plans) -> None:
        self._coordinator = coordinator
        self._concurrently = concurrently
        self._plans = plans

    async def plan(self, caller: Caller, request: bytes) -> bytes:
        """What the operation would do, with a token that applies exactly that."""
        operation = _allowed(caller, operations.parse(request))
        known, plan = await self._coordinator.plan(caller.tenant, preparation(operation))
        token = self._plans.token(caller.tenant, request, known.version)
        return convert.json_of(convert.plan_to(plan, orjson.Fragment(request), token, self._plans.expires()))

    async def apply_plan(self, caller: Caller, token: str, key: str) -> Kept:
        """Apply what a plan promised. Raises StalePlan with a new one when the shape has moved or the time is up."""
        promise = self._plans.read(caller.tenant, token)
        why = "This plan has expired."
        if not promise.expired:
            try:
                wanted = idempotency.of(caller.subject, key, token.encode())
                return await self._apply(caller, promise.operation, wanted, promise.version)
            except _Stale:
                why = "The shape of the database has changed since this plan was made."
        raise errors.StalePlan(why, (await self.plan(caller, promise.operation)).decode())

    async def apply(self, caller: Caller, request: bytes, key: str) -> Kept:
        """Apply an operation without a plan: all there are can be undone in full."""
        return await self._apply(caller, request, idempotency.of(caller.subject, key, request), None)

    async def _apply(self, caller: Caller, request: bytes, key: Key, version: str | None) -> Kept:
        operation = _allowed(caller, operations.parse(request))

        async def prepare(connection: asyncpg.Connection, known: Catalog) -> Plan:
            if (kept := await idempotency.recall(connection, key)) is not None:
                raise _Answered(kept)
            if version not in (None, known.version):
                raise _Stale
            return await preparation(operation)(connection, known)

        async def perform(connection: asyncpg.Connection, plan: Plan) -> tuple[Kept, Concurrent | None]:
            done = await record.carry_out(connection, operation, plan)
            if done.later is not None:
                self._concurrently.admit(caller.tenant)
            kept = await record.open_step(
                *(connection, operation.on_behalf_of(caller), operation.do, operation, done),
                request=operations.request(operation),
                detail=done.detail(**operation.report()),
            )
            await operation.settle(connection, kept.operation)
            await idempotency.remember(connection, key, kept)
            return kept, done.later

        try:
            kept, later = await self._coordinator.run(caller.tenant, prepare, perform)
        except _Answered as answered:
            return answered.kept
        _log.info("changed shape", tenant=caller.tenant, verb=operation.do, operation=kept.operation)
        return await self._concurrently.finished(caller.tenant, kept, later)


def preparation(operation: Operation) -> Prepare:
    """How the coordinator gets this operation's plan."""

    async def prepare(connection: asyncpg.Connection, known: Catalog) -> Plan:
        return await operation.look(connection, operation.check(known))

    return prepare


def _allowed(caller: Caller, operation: Operation) -> Operation:
    caller.require("schema:write")
    if isinstance(operation, AdoptTable):
        caller.require("records:write")
    return operation
