"""Imports, from what a caller asks to the record of how each one ended."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import asyncpg
import structlog

from services.kit import shielded
from services.kit.errors import AppError, Kind
from services.kit.rpc.identity import Caller
from services.records.imports import history, journal, leftovers, limits, options, preview, sources, targets
from services.records.imports.asked import Asked, Digested, Job
from services.records.imports.background import Background
from services.records.imports.errors import HeadTooLarge, ImportCancelled, ImportEnded
from services.records.imports.options import Options
from services.records.imports.pieces import Given, Pieces
from services.records.imports.spool import Spool, Spooled
from services.records.imports.targets import Target
from services.records.imports.watch import Stopped, watched
from services.records.imports.work import Adopt, Worker
from services.tenancy.catalogs import Catalogs
from services.tenancy.databases import Databases
from services.tenancy.rounds import AsService

__all__ = ["Adopt", "Importer"]

_AT_ONCE = 2
"""How many imports in the background are worked on; the others wait."""
_PATIENCE = 30.0
"""Seconds that writing down how an import ended may take."""
_log = structlog.get_logger()


class Importer:
    """Imports files into tables of the caller's tenant, and knows how each one is or ended."""

    def __init__(
        self, databases: Databases, catalogs: Catalogs, adopt: Adopt, as_service: AsService, spool: Spool | None = None
    ) -> None:
        self._databases = databases
        self._catalogs = catalogs
        self._as_service = as_service
        self._worker = Worker(databases, adopt, as_service)
        self._background = Background(spool, databases, self._resume) if spool else None
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def run(self, caller: Caller, asked: Asked, upload: Digested) -> dict[str, Any]:
        """Import a file and give its record: done, or running where the caller does not wait and there is a spool.

        Raises what is wrong with the options, the target, or the file; then nothing has been imported.
        """
        wishes = options.parse(asked.options)
        _check_rights(caller, wishes)
        target = await self._target(caller, asked, wishes)
        if asked.respond_async and self._background:
            return await self._background.take(caller, asked, target, upload)
        async with self._databases.acquire(caller.tenant, "load") as connection:
            await leftovers.sweep(connection)
            identifier = await journal.open(connection, caller, target.place, size=asked.size, key=asked.key)
            job = Job(identifier, caller, asked, wishes, upload, Pieces(upload))
            await self._through(job, partial(self._worker.carry_out, job, target, connection))
            return await history.read(connection, identifier)

    async def preview(
        self, caller: Caller, data: bytes, raw_options: bytes, content_type: str = "", *, whole: bool
    ) -> dict[str, Any]:
        """Show the head of a file. Raises what is wrong with the options or the head."""
        caller.require("records:read")
        if len(data) > limits.PREVIEW_BYTES:
            raise HeadTooLarge(limits.PREVIEW_BYTES)
        wishes = options.parse(raw_options)
        async with sources.opened(Pieces(Given(data)), wishes, content_type, whole=whole) as source:
            return await asyncio.to_thread(preview.show, source, wishes, {})

    async def get(self, caller: Caller, identifier: str) -> dict[str, Any]:
        """An import, and its report once it is done. Raises ImportUnknown."""
        return await history.get(self._databases, caller, identifier)

    async def list(self, caller: Caller, limit: int, cursor: str) -> dict[str, Any]:
        """A page of the imports that run and that have been, the latest first. Raises CursorInvalid, LimitInvalid."""
        return await history.page(self._databases, caller, limit, cursor)

    async def rejects(self, caller: Caller, identifier: str, limit: int, cursor: str) -> dict[str, Any]:
        """A page of what an import rejected. Raises ImportUnknown, CursorInvalid, LimitInvalid."""
        return await history.rejects(self._databases, caller, identifier, limit, cursor)

    async def cancel(self, caller: Caller, identifier: str) -> dict[str, Any]:
        """Stop an import, wherever it runs: from now on it makes nothing any more. Raises ImportUnknown, ImportEnded."""
        caller.require("records:write")
        number = history.number(identifier)
        async with self._databases.acquire(caller.tenant, "rw") as connection:
            cancelled = await journal.end(connection, number, "cancelled")
            told = await history.read(connection, number)
        if not cancelled:
            raise ImportEnded(identifier)
        return told

    async def sweep(self, caller: Caller) -> None:
        """Drop the load tables that dead imports have left in the caller's tenant, and end their records."""
        async with self._databases.acquire(caller.tenant, "load") as connection:
            await leftovers.sweep(connection)
            await journal.sweep(connection)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work on files that nobody waits for, beginning with those that an earlier process has left."""
        async with self._background.running() if self._background else contextlib.nullcontext():
            yield

    async def _target(self, caller: Caller, asked: Asked, wishes: Options) -> Target:
        return await self._catalogs.planned(
            caller.tenant, lambda known: targets.find(known, asked.schema, asked.name, wishes)
        )

    async def _resume(self, identifier: int, caller: Caller, asked: Asked, kept: Spooled) -> None:
        """Carry out an import whose file is kept, unless it has ended meanwhile. Raises what can be tried again, UNAVAILABLE."""
        job = Job(identifier, caller, asked, options.parse(asked.options), kept, Pieces(kept), background=True)
        if await self._beat(job):
            await self._through(job, partial(self._in_turn, job))

    async def _in_turn(self, job: Job) -> None:
        tenant = job.caller.tenant
        async with self._turns, self._as_service(tenant), self._databases.acquire(tenant, "load") as connection:
            await leftovers.sweep(connection)
            target = await self._target(job.caller, job.asked, job.wishes)
            await self._worker.carry_out(job, target, connection)

    async def _through(self, job: Job, work: Callable[[], Awaitable[None]]) -> None:
        """Do the work of an import under watch, and write down how it ended."""
        try:
            async with watched(partial(self._beat, job)):
                await work()
        except BaseException as error:
            if job.background and _comes_again(error):
                raise
            state = await shielded.completed(self._failed(job, error))
            if state == "done" and isinstance(error, Exception):
                return  # only the answer was lost
            if state == "cancelled" or isinstance(error, Stopped):
                raise ImportCancelled(job.id) from error
            raise
        self._catalogs.forget(job.caller.tenant)

    async def _beat(self, job: Job) -> bool:
        async with self._as_service(job.caller.tenant), self._databases.acquire(job.caller.tenant, "rw") as connection:
            return await journal.advance(connection, job.id, job.pieces.size, job.rows)

    async def _failed(self, job: Job, error: BaseException) -> str | None:
        """Write down that an import failed; give its state, which may be another. None where the database is away."""
        try:
            async with (
                asyncio.timeout(_PATIENCE),
                self._as_service(job.caller.tenant),
                self._databases.acquire(job.caller.tenant, "rw") as connection,
            ):
                await journal.end(connection, job.id, "failed", problem=journal.problem_of(error))
                return await journal.state(connection, job.id)
        except (AppError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as failure:
            _log.warning("end of an import left for the sweep", importing=job.id, error=str(failure))
            return None


def _check_rights(caller: Caller, wishes: Options) -> None:
    if wishes.into is None:
        caller.require("schema:write")
    caller.require("records:write")
    if wishes.dry_run:
        caller.require("records:read")


def _comes_again(error: BaseException) -> bool:
    """Whether an import in the background is only interrupted: the process ends, or a database is away."""
    return isinstance(error, asyncio.CancelledError) or (isinstance(error, AppError) and error.kind is Kind.UNAVAILABLE)
