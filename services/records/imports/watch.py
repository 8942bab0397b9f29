"""Looks after an import while it runs: says how far it is, and stops it, whatever it waits for, when somebody cancelled it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg
import structlog

from services.kit.errors import AppError

BEAT_SECONDS = 0.5
"""How often an import says how far it is, and hears whether it is to go on."""

_log = structlog.get_logger()


class Stopped(Exception):
    """The import no longer runs, as its own record says."""


@asynccontextmanager
async def watched(beat: Callable[[], Awaitable[bool]], seconds: float = BEAT_SECONDS) -> AsyncIterator[None]:
    """Call `beat` now and then; once it says False, cancel what is inside and raise Stopped. A beat that fails is only missed."""
    try:
        async with asyncio.timeout(None) as patience:
            watcher = asyncio.create_task(_watch(beat, seconds, patience))
            try:
                yield
            finally:
                watcher.cancel()
    except TimeoutError as error:
        if patience.expired():
            raise Stopped from error
        raise


async def _watch(beat: Callable[[], Awaitable[bool]], seconds: float, patience: asyncio.Timeout) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            if not await beat():
                patience.reschedule(asyncio.get_running_loop().time())
                return
        except (AppError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            _log.warning("import could not say how far it is", error=str(error))
