"""The embedded Postgres inside the supervisor: started, started again when it dies, stopped last."""

import asyncio
import sys
from contextlib import suppress

from services.laptop.postgres import PostgresFailed, Server

DELAY = 0.5


class Keeper:
    """Keeps one server running. The server's methods block, so they run in threads."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._starting: asyncio.Task[None] | None = None
        self._keeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start it and wait until it takes connections. Fails with PostgresFailed."""
        await self._start()
        self._keeper = asyncio.create_task(self._keep())

    async def _start(self) -> None:
        # A cancelled start goes on in its thread; `stop` waits for it, else it would leave a server behind.
        self._starting = asyncio.create_task(asyncio.to_thread(self.server.start))
        await asyncio.shield(self._starting)

    async def _keep(self) -> None:
        while self.server.process is not None:
            code = await asyncio.to_thread(self.server.process.wait)
            print(f"Postgres ended with code {code}; starting it again.", file=sys.stderr, flush=True)
            try:
                await self._start()
            except PostgresFailed as error:
                print(error, file=sys.stderr, flush=True)
                await asyncio.sleep(DELAY)

    async def stop(self) -> None:
        """Stop it in order: sessions end, a checkpoint is written."""
        if self._keeper is not None:
            self._keeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeper
        if self._starting is not None:
            await asyncio.wait({self._starting})
        await asyncio.to_thread(self.server.stop)
