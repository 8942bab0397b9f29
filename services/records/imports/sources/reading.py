"""The process that reads a file for us: started for one file, fed by its descriptor, killed when nobody wants its rows any more."""

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any

import structlog

from services.kit.errors import Kind, named
from services.records.imports import limits
from services.records.imports.dialect import Dialect
from services.records.imports.errors import FileUnreadable
from services.records.imports.readers import REFUSED
from services.records.imports.sources.source import Hint

_PIECE = 256 << 10
_TREE = Path(__file__).parents[4]
"""Where the code is that runs here."""
_log = structlog.get_logger()


class Reading:
    """What the process makes of the file."""

    dialect: Dialect | None = Dialect(",", "\n")

    def __init__(self, process: "_Process") -> None:
        self._process = process
        self.told: dict[str, Any] = {}
        self.header: bool | None = None
        self.hints: Sequence[Hint] = ()
        self.head = b""
        self.whole = False

    async def begin(self) -> None:
        """Read up to the end of the head. Raises what the process finds wrong with the file."""
        known = json.loads(await self._process.line())
        self.told = known["told"]
        self.header = known["header"]
        self.hints = [Hint(**hint) for hint in known["hints"]]
        while len(self.head) < limits.HEAD_BYTES and not self.whole:
            piece = await self._process.piece()
            self.head += piece
            self.whole = not piece

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while piece := await self._process.piece():
            yield piece


@asynccontextmanager
async def read(file: IO[bytes], asked: Mapping[str, Any]) -> AsyncIterator[Reading]:
    """Have a file, which is at its beginning, read as `asked`. Raises what is wrong with it."""
    async with _Process.started(file, asked) as process:
        found = Reading(process)
        await found.begin()
        yield found


class _Process:
    """`python -m …readers`, with nothing of ours in its environment."""

    def __init__(self, process: "subprocess.Popen[bytes]", said: IO[bytes], asked: Mapping[str, Any]) -> None:
        self._process = process
        self._said = said
        self._what = str(asked["format"])
        self._out = asyncio.StreamReader(limit=2 * _PIECE)

    @classmethod
    @asynccontextmanager
    async def started(cls, file: IO[bytes], asked: Mapping[str, Any]) -> AsyncIterator["_Process"]:
        """Run it for the time of the context."""
        with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as spool:
            spool.write(json.dumps(asked).encode())
            spool.seek(0)
            process = await asyncio.to_thread(_start, file, said, spool.fileno())
            made = cls(process, said, asked)
            try:
                async with made._connected():
                    yield made
            finally:
                process.kill()
                await asyncio.shield(asyncio.to_thread(process.wait))

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[None]:
        protocol = asyncio.StreamReaderProtocol(self._out)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, self._process.stdout)
        try:
            yield
        finally:
            transport.close()

    async def line(self) -> bytes:
        """The first line."""
        try:
            return await self._out.readuntil(b"\n")
        except asyncio.IncompleteReadError:
            await self._end()
            raise FileUnreadable(self._what) from None

    async def piece(self) -> bytes:
        """More of its output; nothing when it has ended well."""
        found = await self._out.read(_PIECE)
        if not found:
            await self._end()
        return found

    async def _end(self) -> None:
        code = await asyncio.to_thread(self._process.wait)
        self._said.seek(0)
        if code == REFUSED:
            refusal = json.loads(self._said.read())
            raise named(Kind(refusal["kind"]), refusal["reason"], refusal["message"], refusal["metadata"])
        if code:
            _log.warning(
                "reader_died", format=self._what, code=code, said=self._said.read(2000).decode(errors="replace")
            )
            raise FileUnreadable(self._what)


def _start(file: IO[bytes], said: IO[bytes], spool: int) -> "subprocess.Popen[bytes]":
    """Start it with the file, a spool that begins with what is asked, and nothing else that others could see or it could use."""
    return subprocess.Popen(  # noqa: S603  our own module, on files without names
        [sys.executable, "-s", "-P", "-m", "services.records.imports.readers", str(spool)],
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=said,
        pass_fds=(spool,),
        env={"PYTHONPATH": str(_TREE)},
        pipesize=_PIECE,
    )
