"""`rowhouse up`: Postgres and the four processes on one machine, started in order, kept running, drained in order.

It never imports gRPC: a process that has cannot safely start Postgres as another user.
"""

import asyncio
import os
import shutil
import signal
import socket
import sys
import time
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from services.laptop import account, control, home, installation, lock, postgres, sample
from services.laptop.child import Child, StartFailed
from services.laptop.environment import SERVICES, Environment
from services.laptop.home import Home
from services.laptop.keeper import Keeper
from services.laptop.keys import Keys
from services.laptop.options import Options

PATIENCE_SECONDS = 20.0


class PortTaken(Exception):
    """Another program listens where we should; the message says which setting changes the port."""


_REFUSALS = (
    home.HomeUnusable,
    installation.InstallationFailed,
    lock.RunningAlready,
    PortTaken,
    control.ServerUnfit,
    postgres.PostgresFailed,
    StartFailed,
)


def up() -> int:
    """Run the installation of this folder until Ctrl+C; answer the exit code."""
    options = Options()
    try:
        where, remark = home.find()
        if remark:
            print(remark, file=sys.stderr)
        with lock.held(where.running, lock.Note(os.getpid(), options.url)) as was_killed:
            asyncio.run(Supervisor(options, where, PATIENCE_SECONDS if was_killed else 0.0).run())
    except _REFUSALS as refusal:
        print(refusal, file=sys.stderr)
        return 1
    return 0


class Supervisor:
    """One installation while it runs. `patience`: seconds that ports may still be held by processes of a killed one."""

    def __init__(self, options: Options, where: Home, patience: float) -> None:
        self._options = options
        self._home = where
        self._patience = patience
        self._keys = Keys.kept_in(where.keys)

    async def run(self) -> None:
        """Start everything, say how to get in, wait for a signal, drain."""
        asked = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, asked.set)
        async with AsyncExitStack() as running:
            starting, ending = asyncio.create_task(self._start(running)), asyncio.create_task(asked.wait())
            await asyncio.wait({starting, ending}, return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                self._announce(await starting)
                await ending
            else:
                starting.cancel()
                with suppress(asyncio.CancelledError):
                    await starting
            print("Stopping.", file=sys.stderr, flush=True)

    async def _start(self, running: AsyncExitStack) -> sample.Sample | None:
        await self._require_port(self._options.port, "ROWHOUSE_PORT")
        # Before the old sockets are removed, by which a server that is still running is known.
        await asyncio.to_thread(postgres.stop_leftover, self._home.data)
        sockets = self._make_sockets(running)
        server = self._options.postgres_url or await self._start_postgres(running, sockets / "postgres")
        await control.prepare(server, {control.AUTH: self._keys.auth_password, control.JOBS: self._keys.jobs_password})
        told = Environment(self._options, self._keys, server, sockets / "services", self._home.spool)
        await self._start_processes(running, told)
        return await self._sample() if self._options.signup == "open" else None

    async def _sample(self) -> sample.Sample | None:
        try:
            return await asyncio.to_thread(
                sample.ensure, self._options.port, self._home.keys, self._keys.sample_password
            )
        except sample.SampleFailed as failure:  # the installation runs all the same
            print(f"The sample workspace: {failure}", file=sys.stderr)
            return None

    def _make_sockets(self, running: AsyncExitStack) -> Path:
        folder = self._home.make_sockets()
        running.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o711 if account.current().is_other else 0o700)
        (folder / "services").mkdir(mode=0o700)
        return folder

    async def _start_postgres(self, running: AsyncExitStack, sockets: Path) -> str:
        await self._require_port(self._options.postgres_port, "ROWHOUSE_POSTGRES_PORT")
        server = postgres.Server(
            await asyncio.to_thread(installation.install, self._home.path),
            self._home.data,
            sockets,
            self._options.postgres_port,
            self._keys.postgres_password,
            settings=self._options.postgres_settings,
            log=self._home.log,
        )
        keeper = Keeper(server)
        running.push_async_callback(keeper.stop)
        await keeper.start()
        return server.dsn()

    async def _start_processes(self, running: AsyncExitStack, environment: Environment) -> None:
        services = [Child(name, environment.of(name)) for name in SERVICES]
        gateway = Child("gateway", environment.of("gateway"))
        running.push_async_callback(_stop_all, services)
        running.push_async_callback(gateway.stop)  # first: a stream that the gateway still forwards needs its service
        try:
            async with asyncio.TaskGroup() as starting:
                for child in (*services, gateway):
                    starting.create_task(child.start())
        except* StartFailed as failures:
            raise failures.exceptions[0] from None

    async def _require_port(self, port: int, setting: str) -> None:
        deadline = time.monotonic() + self._patience
        while not _is_free(port):
            if time.monotonic() > deadline:
                raise PortTaken(
                    f"Port {port} of 127.0.0.1 is taken by another program: stop that, or choose another port with {setting}=<port>."
                )
            await asyncio.sleep(0.1)

    def _announce(self, made: sample.Sample | None) -> None:
        url, where = self._options.url, self._home.path
        print(f"\nRowhouse runs at {url} until Ctrl+C; its data is in {where}")
        if made is not None:
            print(f"Sample workspace: {sample.SLUG}, e-mail {made.email}, password {made.password}\n")
            print(f"export ROWHOUSE={url} TOKEN={made.token}")
        print(flush=True)


async def _stop_all(children: list[Child]) -> None:
    await asyncio.gather(*(child.stop() for child in children))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
