"""One process of the installation: started, watched until it is ready, started again when it dies, ended in order."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress

from services.kit.supervised import LIFELINE_FD, READY_FD

DRAIN_SECONDS = 20.0
STEADY_SECONDS = 10.0
FIRST_DELAY, LAST_DELAY = 0.1, 5.0


class StartFailed(Exception):
    """A process ended before it was ever ready; it has said why itself."""


class Child:
    """Runs `rowhouse <name>` in a session of its own: Ctrl+C reaches the supervisor only, which then ends it in order."""

    def __init__(self, name: str, environment: Mapping[str, str]) -> None:
        self.name = name
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        # Never written to: the process ends when the supervisor's end closes, however the supervisor ends.
        self._hold, self._lifeline = os.pipe()

    async def start(self) -> None:
        """Start it and wait until it serves; from then on it is started again whenever it ends. Fails with StartFailed."""
        if not await self._spawn():
            raise StartFailed(f"{self.name} could not start; its last lines above say why.")
        self._keeper = asyncio.create_task(self._keep())

    async def _spawn(self) -> bool:
        ready, say = os.pipe()
        descriptors = {READY_FD: str(say), LIFELINE_FD: str(self._hold)}
        try:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "services", self.name),
                env={**self._environment, **_inherited(), **descriptors},
                pass_fds=(say, self._hold),
                stdin=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
        finally:
            os.close(say)
        return await _says_something(ready)

    async def _keep(self) -> None:
        delay, started = FIRST_DELAY, time.monotonic()
        while self._process is not None:
            code = await self._process.wait()
            if time.monotonic() - started > STEADY_SECONDS:
                delay = FIRST_DELAY
            print(f"{self.name} ended with code {code}; starting it again.", file=sys.stderr, flush=True)
            await asyncio.sleep(delay)
            delay, started = min(2 * delay, LAST_DELAY), time.monotonic()
            await self._spawn()

    async def stop(self) -> None:
        """Let it drain, and kill it when it does not come to an end."""
        if self._keeper is not None:
            self._keeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeper
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self._process.wait(), DRAIN_SECONDS)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        os.close(self._hold)
        os.close(self._lifeline)


def _inherited() -> dict[str, str]:
    """What people set for a process goes before what we tell it; what they set for the installation is not its business."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ROWHOUSE_")}


async def _says_something(descriptor: int) -> bool:
    """Whether anything comes through the pipe before its other end closes."""
    loop, said = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(descriptor, said.set)
    try:
        await said.wait()
        return bool(os.read(descriptor, 100))
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
