"""Imports that nobody waits for: each from a file of the spool, as the service itself, and again after a restart."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import structlog

from services.kit.errors import AppError, Kind
from services.kit.rpc.identity import Caller
from services.records.errors import IdempotencyKeyReused
from services.records.imports import history, journal
from services.records.imports.asked import Asked, Digested
from services.records.imports.spool import Spool, Spooled
from services.records.imports.targets import Target
from services.records.request import Once
from services.tenancy.databases import Databases

RETRY_SECONDS = 5.0
"""How long a database that is away is waited for before the next try."""

CarryOut = Callable[[int, Caller, Asked, Spooled], Awaitable[None]]
"""Carries an import out. Raises an error of kind UNAVAILABLE where that may be tried again."""

_log = structlog.get_logger()


class Background:
    """Takes files, answers at once, and works on them while this process lives."""

    def __init__(self, spool: Spool, databases: Databases, carry_out: CarryOut) -> None:
        self._spool = spool
        self._databases = databases
        self._carry_out = carry_out
        self._tasks: set[asyncio.Task[None]] = set()

    async def take(self, caller: Caller, asked: Asked, target: Target, upload: Digested) -> dict[str, Any]:
        """Keep a file and give its import, which runs: a new one, or that of the same request. Raises SpoolFull, IdempotencyKeyReused."""
        kept = await self._spool.keep(upload)
        try:
            told, is_new = await self._begun(caller, asked, target, upload.once, kept)
        except BaseException:
            self._spool.forget(kept)
            raise
        if is_new:
            self._start(int(told["id"]), caller, asked, kept)
        else:
            self._spool.forget(kept)
        return told

    async def _begun(
        self, caller: Caller, asked: Asked, target: Target, once: Once, kept: Spooled
    ) -> tuple[dict[str, Any], bool]:
        """The import of this request, and whether it is new. The note is there when the record is: killed in between, neither counts."""
        async with self._databases.acquire(caller.tenant, "load") as connection, connection.transaction():
            if (known := await _known(connection, caller, once)) is not None:
                return await history.read(connection, known), False
            identifier = await _open(connection, caller, target, kept, once)
            self._spool.note(kept, _note(identifier, caller, asked))
            return await history.read(connection, identifier), True

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Go on with what an earlier process has left. What is not done at the end is left to the next one."""
        for kept, note in self._spool.left():
            self._start(*_noted(note), kept)
        try:
            yield
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, identifier: int, caller: Caller, asked: Asked, kept: Spooled) -> None:
        task = asyncio.create_task(self._run(identifier, caller, asked, kept))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, identifier: int, caller: Caller, asked: Asked, kept: Spooled) -> None:
        with structlog.contextvars.bound_contextvars(tenant=caller.tenant, importing=identifier):
            try:
                while not await self._tried(identifier, caller, asked, kept):  # noqa: ASYNC110  another process is waited for
                    await asyncio.sleep(RETRY_SECONDS)
            except asyncio.CancelledError:
                kept.lock.close()
                raise
            except Exception:
                _log.exception("import in the background failed")
            self._spool.forget(kept)

    async def _tried(self, identifier: int, caller: Caller, asked: Asked, kept: Spooled) -> bool:
        """Whether that was all: what is only unavailable comes again."""
        try:
            await self._carry_out(identifier, caller, asked, kept)
        except AppError as error:
            _log.info("import in the background ended", reason=error.reason)
            return error.kind is not Kind.UNAVAILABLE
        return True


async def _known(connection: asyncpg.Connection, caller: Caller, once: Once) -> int | None:
    """The import that runs under this key already."""
    known = await journal.running(connection, caller, once.key, once.digest) if once.key else None
    if known is None:
        return None
    identifier, same = known
    if not same:
        raise IdempotencyKeyReused(once.key)
    return identifier


async def _open(connection: asyncpg.Connection, caller: Caller, target: Target, kept: Spooled, once: Once) -> int:
    return await journal.open(
        connection, caller, target.place, size=kept.size, key=once.key, digest=once.digest, resumable=True
    )


def _note(identifier: int, caller: Caller, asked: Asked) -> dict[str, Any]:
    return {
        "import": identifier,
        "tenant": caller.tenant,
        "subject": caller.subject,
        "name": caller.name,
        "asked": {
            "schema": asked.schema,
            "name": asked.name,
            "options": asked.options.decode(),
            "key": asked.key,
            "content_type": asked.content_type,
        },
    }


def _noted(note: Mapping[str, Any]) -> tuple[int, Caller, Asked]:
    caller = Caller(note["subject"], note["name"], note["tenant"], via="service")
    words = note["asked"]
    return note["import"], caller, Asked(**{**words, "options": words["options"].encode()})
