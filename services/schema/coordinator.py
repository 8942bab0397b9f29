"""Runs changes of shape: one transaction each, under short locks that are asked for again and again rather than waited for."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar
from weakref import WeakValueDictionary

import asyncpg
from opentelemetry import trace

from services.schema import errors, locks
from services.schema.plan import Plan
from services.tenancy import catalog
from services.tenancy.catalog import Catalog
from services.tenancy.catalogs import Catalogs
from services.tenancy.databases import Databases

_tracer = trace.get_tracer("rowhouse")

T = TypeVar("T")
Prepare = Callable[[asyncpg.Connection, Catalog], Awaitable[Plan]]
Perform = Callable[[asyncpg.Connection, Plan], Awaitable[T]]


class Again(Exception):
    """Something moved meanwhile: roll back and look anew."""


@dataclass(slots=True)
class _Attempt:
    """What the last attempt found: the tables it wanted, and who had them."""

    tables: locks.Tables = ()
    holder: locks.Holder | None = None
    blocked: bool = False


class Coordinator:
    """One change at a time per tenant; every other one waits here, not in Postgres."""

    def __init__(self, databases: Databases, catalogs: Catalogs, patience: locks.Patience | None = None) -> None:
        self._databases = databases
        self._catalogs = catalogs
        self._patience = patience or locks.Patience()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def plan(self, tenant: str, prepare: Prepare) -> tuple[Catalog, Plan]:
        """Only look: the plan, and the catalog that it holds for."""
        known = await self._catalogs.current(tenant, "ddl", fresh=True)
        async with self._databases.acquire(tenant, "ddl") as connection, connection.transaction(readonly=True):
            await connection.execute("SET LOCAL search_path = ''")
            return known, await self._prepared(connection, known, prepare)

    async def run(self, tenant: str, prepare: Prepare, perform: Perform[T]) -> T:
        """Prepare a plan, lock its tables, perform it if the catalog is still the one it was checked against, and commit.

        Raises Locked when somebody holds a table all the while, and whatever `prepare` and `perform` refuse; nothing is done then.
        """
        turn = self._turns.setdefault(tenant, asyncio.Lock())
        async with turn:
            try:
                return await self._attempts(tenant, prepare, perform)
            finally:
                self._catalogs.forget(tenant)

    async def _attempts(self, tenant: str, prepare: Prepare, perform: Perform[T]) -> T:
        started, attempt = time.monotonic(), _Attempt()
        while (waited := time.monotonic() - started) < self._patience.budget:
            try:
                return await self._attempt(tenant, prepare, perform, attempt)
            except locks.BLOCKED:
                attempt.blocked = True
                async with self._databases.acquire(tenant, "ddl") as connection:
                    attempt.holder = await locks.holder(connection, attempt.tables)
                await asyncio.sleep(self._patience.rest())
            except Again:
                attempt.blocked = False
            except asyncpg.PostgresError as error:
                raise errors.of_postgres(error) or error from error
        if not attempt.blocked:
            raise errors.ShapeMoves
        raise errors.Locked(attempt.tables, attempt.holder, waited)

    async def _attempt(self, tenant: str, prepare: Prepare, perform: Perform[T], attempt: "_Attempt") -> T:
        known = await self._catalogs.current(tenant, "ddl", fresh=True)
        with _tracer.start_as_current_span("postgres", kind=trace.SpanKind.CLIENT):
            return await self._in_transaction(tenant, known, prepare, perform, attempt)

    async def _in_transaction(
        self, tenant: str, known: Catalog, prepare: Prepare, perform: Perform[T], attempt: "_Attempt"
    ) -> T:
        async with self._databases.acquire(tenant, "ddl") as connection, connection.transaction():
            timeout = self._patience.attempt(attempt.holder)
            await connection.execute(f"SET LOCAL search_path = ''; SET LOCAL lock_timeout = {timeout}")
            plan = await self._prepared(connection, known, prepare)
            attempt.tables = plan.locks
            await locks.take(connection, plan.locks)
            if await catalog.version(connection) != known.version:
                raise Again
            return await perform(connection, plan)

    async def _prepared(self, connection: asyncpg.Connection, known: Catalog, prepare: Prepare) -> Plan:
        try:
            return await prepare(connection, known)
        except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError) as error:
            raise Again from error
