"""The process that reads a file can do nothing else, and goes when nobody wants its rows."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.records.imports import limits, sources
from services.records.imports.errors import FileTooLarge, FileUnreadable
from services.records.imports.options import Options
from services.records.imports.pieces import Given, Pieces
from tests.fixtures import hostile_files

ROWS = b'[{"a": 1}, {"a": 2}]'
MANY = b"[" + b",".join(b'{"a": "some text that is long enough %d"}' % n for n in range(200_000)) + b"]"


def confined(attempt: str) -> str:
    """What Python says of an attempt in a process that is confined as readers are."""
    program = f"""
import os, socket, sys, tempfile
from services.records.imports.readers import __main__ as reader
spool = tempfile.TemporaryFile()
reader._confine(spool.fileno())
try:
    {textwrap.indent(attempt, "    ").strip()}
except (OSError, MemoryError) as error:
    print(type(error).__name__, getattr(error, "errno", ""))
else:
    print("done")
"""
    command, tree = [sys.executable, "-s", "-P", "-c", program], {"PYTHONPATH": str(Path(__file__).parents[3])}
    return subprocess.run(command, capture_output=True, text=True, env=tree, check=False).stdout.strip()


def test_a_reader_can_open_nothing_and_has_so_much_memory() -> None:
    assert confined("open('/etc/passwd')") == "OSError 24"
    assert confined("socket.socket()") == "OSError 24"
    assert confined("os.pipe()") == "OSError 24"
    assert confined("bytearray(1 << 30)").startswith("MemoryError")
    assert confined("bytearray(1 << 20)") == "done"


async def test_a_reader_is_started_with_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECORDS_SERVICE_SECRET", "secret")
    async with sources.opened(Pieces(Given(MANY)), Options()) as source:
        assert "RECORDS" not in _told(_only_reader(), "environ")
        assert source.head


async def test_what_is_asked_of_a_reader_may_be_long_and_nobody_else_can_see_it() -> None:
    types = {f"{n}{'ü' * 60}": "text" for n in range(1000)}
    async with sources.opened(Pieces(Given(MANY)), Options(), types=types) as source:
        assert "ü" not in _told(_only_reader(), "cmdline")
        assert source.head


async def test_a_reader_ends_with_whoever_reads_it() -> None:
    for end in [asyncio.CancelledError, FileUnreadable]:
        with pytest.raises(end):  # noqa: PT012  the context is what is tested
            async with sources.opened(Pieces(Given(MANY)), Options()) as source:
                reader = _only_reader()
                assert not source.whole
                raise end("workbook") if end is FileUnreadable else end
        with pytest.raises(ProcessLookupError):
            os.kill(reader, 0)


async def test_a_reader_that_dies_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(FileUnreadable, match="JSON file"):
        async with sources.opened(Pieces(Given(ROWS)), Options()):
            pass


async def test_a_reader_that_dies_among_its_rows_is_a_refusal() -> None:
    async with sources.opened(Pieces(Given(MANY)), Options()) as source:
        os.kill(_only_reader(), signal.SIGKILL)
        with pytest.raises(FileUnreadable):
            _ = [piece async for piece in source]


async def test_a_file_that_is_too_large_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WORKBOOK_BYTES", 3_000_000)
    sent = 0

    class Endless:
        token = ""

        async def __aiter__(self) -> AsyncIterator[bytes]:
            nonlocal sent
            yield hostile_files.workbook()
            while True:
                sent += 1 << 18
                yield bytes(1 << 18)

    with pytest.raises(FileTooLarge, match="3 MB"):
        async with sources.opened(Pieces(Endless()), Options()):
            pass
    assert sent < 5_000_000


def _only_reader() -> int:
    """The process of the only reader that runs for us."""
    started = [int(child) for path in Path("/proc/self/task").glob("*/children") for child in path.read_text().split()]
    [reader] = [process for process in started if "imports.readers" in _told(process, "cmdline")]
    return reader


def _told(process: int, what: str) -> str:
    return Path(f"/proc/{process}/{what}").read_text()
