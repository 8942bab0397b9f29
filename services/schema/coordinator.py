"""Runs changes of shape: one transaction each, under short locks that are asked for again and again rather than waited for."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import resources
from typing import TypeVar
from weakref import WeakValueDictionary

import asyncpg

from services.schema import ddl, errors
from services.schema.plan import Plan
from services.tenancy import catalog
from services.tenancy.catalog import Catalog
from services.tenancy.catalogs import Catalogs
from services.tenancy.databases import Databases

_HOLDERS = (resources.files(__package__) / "sql" / "holders.sql").read_text()
_BLOCKED = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)

T = TypeVar("T")
Prepare = Callable[[asyncpg.Connection, Catalog], Awaitable[Plan]]
Locks = tuple[tuple[str, str], ...]
Perform = Callable[[asyncpg.Connection, Plan], Awaitable[T]]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one attempt waits for its locks (milliseconds, drawn anew each time), and all attempts together (seconds).

    Whoever waits for a table makes all others wait behind; at 100 ms nobody notices.
    """

    lock_timeout: tuple[int, int] = (50, 100)
    pause: tuple[float, float] = (0.05, 0.15)
    budget: float = 5.0


class Again(Exception):
    """Something moved meanwhile: roll back and look anew."""


class Coordinator:
    """One change at a time per tenant; every other one waits here, not in Postgres."""

    def __init__(self, databases: Databases, catalogs: Catalogs, patience: Patience | None = None) -> None:
        self._databases = databases
        self._catalogs = catalogs
        self._patience = patience or Patience()
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
        started = time.monotonic()
        wanted: list[Locks] = [()]
        blocked: Exception | None = None
        while time.monotonic() - started < self._patience.budget:
            try:
                return await self._attempt(tenant, prepare, perform, wanted)
            except _BLOCKED as error:
                blocked = error
                await asyncio.sleep(random.uniform(*self._patience.pause))  # noqa: S311  jitter, no secret
            except Again:
                blocked = None
            except asyncpg.PostgresError as error:
                raise errors.of_postgres(error) or error from error
        if blocked is None:
            raise errors.ShapeMoves
        raise await self._locked(tenant, wanted[0], time.monotonic() - started) from blocked

    async def _attempt(self, tenant: str, prepare: Prepare, perform: Perform[T], wanted: list[Locks]) -> T:
        known = await self._catalogs.current(tenant, "ddl", fresh=True)
        async with self._databases.acquire(tenant, "ddl") as connection, connection.transaction():
            timeout = random.randint(*self._patience.lock_timeout)  # noqa: S311  jitter, no secret
            await connection.execute(f"SET LOCAL search_path = ''; SET LOCAL lock_timeout = {timeout}")
            plan = await self._prepared(connection, known, prepare)
            wanted[0] = plan.locks
            if plan.locks:
                names = ", ".join(ddl.qualified(*name) for name in plan.locks)
                await connection.execute(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE")
            if await catalog.version(connection) != known.version:
                raise Again
            return await perform(connection, plan)

    async def _prepared(self, connection: asyncpg.Connection, known: Catalog, prepare: Prepare) -> Plan:
        try:
            return await prepare(connection, known)
        except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError) as error:
            raise Again from error

    async def _locked(self, tenant: str, wanted: Locks, seconds: float) -> errors.Locked:
        schemas, names = [schema for schema, _ in wanted], [name for _, name in wanted]
        async with self._databases.acquire(tenant, "ddl") as connection:
            row = await connection.fetchrow(_HOLDERS, schemas, names)
        what = " and ".join(f"Table '{name}'" for name in names) or "What this changes"
        if row is None:
            return errors.Locked(what, "another session", None, seconds)
        held = f" for {row['seconds']:.0f} seconds" if row["seconds"] is not None else ""
        who = f"'{row['application'] or row['login']}' (login {row['login']}, process {row['pid']}, in a transaction{held})"
        return errors.Locked(f"Table {row['table']}", who, row["pid"], seconds)
