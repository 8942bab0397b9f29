"""Indexes made and dropped while everybody goes on: outside any transaction, on a session of their own, however long that takes."""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from weakref import WeakValueDictionary

import asyncpg
import structlog

from services.kit.errors import AppError
from services.kit.rpc.identity import Caller
from services.schema import convert, ddl, errors, locks
from services.schema.idempotency import Kept
from services.schema.plan import Concurrent
from services.tenancy import timeline
from services.tenancy.catalogs import Catalogs
from services.tenancy.databases import Databases

MOST = 2
"""At once in one tenant's database: each has a connection of its own."""

PATIENCE = 3.0
"""Seconds that a caller waits for the end; a table of a few hundred thousand records takes less."""

_ATTEMPTS = 5
_PAUSE = 1.0
# What the login's own settings allow is for statements that others wait for. Nobody waits for this one's lock.
_SETTINGS = "SET lock_timeout = '60s'; SET statement_timeout = 0; SET search_path = ''"
_VALID = """
    SELECT i.indisvalid FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = $2
"""
_LEFT = """
    SELECT id FROM rowhouse.operation o
    WHERE state = 'running' AND detail ? 'concurrently' AND at < now() - make_interval(secs => $1)
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a
                        WHERE a.datname = current_database() AND a.pid = (o.detail->'concurrently'->>'backend')::int)
    ORDER BY id
"""
_log = structlog.get_logger()


class Concurrently:
    """Carries out what the timeline says is running, and says there how it ended."""

    def __init__(self, databases: Databases, catalogs: Catalogs, patience: float = PATIENCE) -> None:
        self._databases = databases
        self._catalogs = catalogs
        self._patience = patience
        self._running: Counter[str] = Counter()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._tasks: set[asyncio.Task[None]] = set()

    def admit(self, tenant: str) -> None:
        """Refuse one more where enough are running. Raises TooManyIndexes."""
        if self._running[tenant] >= MOST:
            raise errors.TooManyIndexes(MOST)

    async def finished(self, tenant: str, kept: Kept, step: Concurrent | None) -> Kept:
        """The answer once the step is carried out, or after a few seconds while it runs on. Raises what Postgres refuses."""
        if step is None:
            return kept
        self._running[tenant] += 1
        task = asyncio.create_task(self._carry_out(tenant, kept.operation, step))
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._over(tenant, done))
        await asyncio.wait({task}, timeout=self._patience)
        if not task.done():
            return kept
        task.result()
        async with self._databases.acquire(tenant, "ddl") as connection:
            found = await timeline.get(connection, kept.operation)
        return replace(kept, body=convert.json_of(convert.operation_to(found)))

    async def sweep(self, caller: Caller, age: float = 60.0) -> None:
        """End what a process that is gone left running: what is half made is dropped, what is half dropped too."""
        async with self._databases.acquire(caller.tenant, "ddl") as connection:
            left = [row["id"] for row in await connection.fetch(_LEFT, age)]
        for identifier in left:
            async with self._databases.acquire(caller.tenant, "ddl") as connection:
                try:
                    await _end_left(connection, identifier)
                finally:
                    connection.terminate()

    def _over(self, tenant: str, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        self._running[tenant] -= 1
        if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, AppError):
            _log.error("index not finished", tenant=tenant, error=type(error).__name__)

    async def _carry_out(self, tenant: str, identifier: int, step: Concurrent) -> None:
        async with self._databases.acquire(tenant, "ddl") as connection:
            try:
                await connection.execute(_SETTINGS)
                await _say_who(connection, identifier)
                # Two at work on one table wait for each other's transactions, and one of them is sent away.
                turn = self._turns.setdefault(tenant, asyncio.Lock())
                async with turn:
                    await _ended(connection, identifier, step)
            finally:
                connection.terminate()  # with its settings
                self._catalogs.forget(tenant)
        _log.info("changed shape", tenant=tenant, verb="index", made=step.makes, operation=identifier)


async def _ended(connection: asyncpg.Connection, identifier: int, step: Concurrent) -> None:
    try:
        await _attempts(connection, step)
    except asyncpg.PostgresError as error:
        told = errors.IndexBlocked() if isinstance(error, locks.BLOCKED) else errors.of_postgres(error)
        await _drop_half(connection, step.schema, step.index)
        await _close(connection, identifier, told.message if told else "Postgres failed.")
        raise told or error from error
    if step.makes:
        # Of an expression nothing is known until then, and Postgres would guess when its index is worth it.
        with suppress(*locks.BLOCKED):
            await connection.execute(f"ANALYZE {ddl.qualified(step.schema, step.table)}")
    await _close(connection, identifier, None)


async def _say_who(connection: asyncpg.Connection, identifier: int) -> None:
    """Keep the session with the step: while it is there, somebody is at work."""
    detail = (await timeline.get(connection, identifier)).detail
    backend = {"backend": await connection.fetchval("SELECT pg_backend_pid()")}
    told = detail | {"concurrently": detail["concurrently"] | backend}
    await timeline.close(connection, identifier, state="running", detail=told)


async def _attempts(connection: asyncpg.Connection, step: Concurrent) -> None:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            await _drop_half(connection, step.schema, step.index)
            await connection.execute(step.sql)
        except locks.BLOCKED:
            if attempt == _ATTEMPTS:
                raise
            await asyncio.sleep(_PAUSE)
        else:
            return


async def _drop_half(connection: asyncpg.Connection, schema: str, index: str) -> None:
    """An index that is not valid serves nobody, and is kept up by every write."""
    if await connection.fetchval(_VALID, schema, index) is False:
        await connection.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {ddl.qualified(schema, index)}")


async def _end_left(connection: asyncpg.Connection, identifier: int) -> None:
    step = await timeline.get(connection, identifier)
    if step.state != "running":
        return
    await connection.execute(_SETTINGS)
    schema, index, makes = (step.detail["concurrently"][name] for name in ("schema", "index", "makes"))
    if not makes:
        await connection.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {ddl.qualified(schema, index)}")
    await _drop_half(connection, schema, index)
    made = await connection.fetchval(_VALID, schema, index) is not None
    await _close(connection, identifier, None if made == makes else "The service ended before the index was finished.")
    _log.info("ended what was left running", operation=identifier, made=made)


async def _close(connection: asyncpg.Connection, identifier: int, why: str | None) -> None:
    """Say how it ended. What a failed undo or redo marked as undone stands again."""
    async with connection.transaction():
        step = await timeline.get(connection, identifier)
        detail = {name: value for name, value in (step.detail or {}).items() if name != "concurrently"}
        if why is not None:
            for undone, by in step.detail["concurrently"]["revert"]:
                await timeline.mark_undone(connection, undone, by)
            detail["why"] = why
        await timeline.close(connection, identifier, state="failed" if why else "done", detail=detail)
