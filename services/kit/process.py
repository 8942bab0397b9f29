"""Runs one process: says when it is ready, ends in order on SIGTERM, on Ctrl+C, or when the supervisor is gone."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import structlog
import uvloop

from services.kit import supervised, telemetry
from services.kit.settings import Settings

DRAIN_SECONDS = 30.0
_log = structlog.get_logger()


def run(service: str, settings: Settings, serving: Callable[[], AbstractAsyncContextManager[object]]) -> None:
    """Serve as long as nothing ends the process; `serving()` starts it when entered, and drains it when left."""
    telemetry.start(service, settings)
    try:
        uvloop.run(_serve(serving))
    except asyncio.CancelledError:
        _log.warning("stopped before it was ready")
    except Exception:
        _log.exception("process failed")
        sys.exit(1)
    finally:
        telemetry.stop()


async def _serve(serving: Callable[[], AbstractAsyncContextManager[object]]) -> None:
    ending = _Ending()
    async with serving():
        ending.ready()
        supervised.say_ready()
        _log.info("ready")
        await ending.wait()
        _log.info("draining")


class _Ending:
    """Listens for what ends the process. Before it is ready that cancels its start, afterwards it lets it drain."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()
        self._starting = asyncio.current_task()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end)
        supervised.when_alone(self._end)

    def _end(self) -> None:
        self._asked.set()
        # Whatever hangs: a process whose supervisor is gone must not outlive it.
        asyncio.get_running_loop().call_later(DRAIN_SECONDS, os._exit, 1)
        if self._starting is not None:
            self._starting.cancel()

    def ready(self) -> None:
        self._starting = None

    async def wait(self) -> None:
        await self._asked.wait()
