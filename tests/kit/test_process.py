"""How a process begins and ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

PROGRAM = """
import asyncio, sys
from contextlib import asynccontextmanager
from services.kit import process
from services.kit.settings import Settings

@asynccontextmanager
async def serving():
    print("starting", flush=True)
    if "slow" in sys.argv:
        await asyncio.Event().wait()
    if "broken" in sys.argv:
        raise RuntimeError("broken")
    yield
    if "stuck" in sys.argv:
        await asyncio.Event().wait()
    print("drained", flush=True)

if "stuck" in sys.argv:
    process.DRAIN_SECONDS = 0.1
process.run("test", Settings(listen="unix:/none"), serving)
"""


@dataclass
class Child:
    process: subprocess.Popen[str]
    ready: int
    lifeline: int

    def becomes_ready(self) -> bool:
        return os.read(self.ready, 100) == b"ready\n"

    def rest(self) -> str:
        return self.process.communicate(timeout=20)[0]


@contextmanager
def child(*words: str) -> Iterator[Child]:
    ready, say = os.pipe()
    hold, lifeline = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words],
        env=os.environ | {"READY_FD": str(say), "LIFELINE_FD": str(hold)},
        pass_fds=(say, hold),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        os.close(say)
        os.close(hold)
        try:
            yield Child(process, ready, lifeline)
        finally:
            process.kill()
            os.close(ready)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains_it(number: signal.Signals) -> None:
    with child() as running:
        assert running.becomes_ready()
        running.process.send_signal(number)
        assert "drained" in running.rest()
        assert running.process.returncode == 0
        os.close(running.lifeline)


def test_it_drains_when_its_supervisor_is_gone() -> None:
    with child() as running:
        assert running.becomes_ready()
        os.close(running.lifeline)
        assert "drained" in running.rest()


def test_a_drain_that_hangs_has_an_end() -> None:
    with child("stuck") as running:
        assert running.becomes_ready()
        os.close(running.lifeline)
        assert "drained" not in running.rest()
        assert running.process.returncode == 1


def test_a_signal_before_it_is_ready_ends_its_start() -> None:
    with child("slow") as running:
        assert running.process.stdout is not None
        assert running.process.stdout.readline() == "starting\n"
        running.process.terminate()
        assert running.rest() == ""
        assert not running.becomes_ready()
        os.close(running.lifeline)


def test_a_start_that_fails_ends_it_with_an_error() -> None:
    with child("broken") as running:
        running.rest()
        assert running.process.returncode == 1
        os.close(running.lifeline)
