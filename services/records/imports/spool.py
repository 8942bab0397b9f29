"""Files that are wholly here and wait to be imported, in a private folder. With a note on what it is for, one survives a kill."""

import asyncio
import contextlib
import fcntl
import json
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from services.kit.ids import opaque_name
from services.records.imports.errors import SpoolFull
from services.records.imports.pieces import Upload

_PIECE = 1 << 20
_DATA, _NOTE, _PART = ".data", ".json", ".part"


@dataclass(frozen=True, slots=True)
class Spooled:
    """A file that is kept, locked by the process that works on it. As an upload it can be iterated again and again."""

    data: Path
    lock: IO[bytes]
    token = ""

    @property
    def size(self) -> int:
        """Its bytes."""
        return self.data.stat().st_size

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with self.data.open("rb") as file:
            while piece := await asyncio.to_thread(file.read, _PIECE):
                yield piece


class Spool:
    """The folder. What is in it may not grow over `limit` bytes."""

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self._limit = limit

    async def keep(self, upload: Upload) -> Spooled:
        """Take an upload. Raises SpoolFull, and what iterating it raises; then nothing is kept."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = _locked(self._folder / (opaque_name("import_") + _DATA), os.O_CREAT | os.O_EXCL)
        if kept is None:
            raise RuntimeError("a name was given twice")
        try:
            await self._write(kept, upload)
        except BaseException:
            self.forget(kept)
            raise
        return kept

    def note(self, kept: Spooled, words: Mapping[str, Any]) -> None:
        """Say what the file is for: from now on it survives this process."""
        whole = _note_of(kept.data)
        part = whole.with_suffix(_PART)
        part.touch(0o600)
        part.write_text(json.dumps(dict(words)))
        part.rename(whole)

    def left(self) -> Iterator[tuple[Spooled, Any]]:
        """What other processes have left when they died: files with their notes. Files without one are of no use, and go."""
        for data in sorted(self._folder.glob(f"*{_DATA}")):
            if (kept := _locked(data)) is None:
                continue
            try:
                words = json.loads(_note_of(data).read_text())
            except FileNotFoundError:
                self.forget(kept)
            else:
                yield kept, words

    def forget(self, kept: Spooled) -> None:
        """Delete it. The note goes first: a note promises that its file is there."""
        for suffix in (_NOTE, _PART, _DATA):
            kept.data.with_suffix(suffix).unlink(missing_ok=True)
        kept.lock.close()

    async def _write(self, kept: Spooled, upload: Upload) -> None:
        free = self._limit - self._held()
        with kept.data.open("wb") as file:
            async for chunk in upload:
                free -= len(chunk)
                if free < 0:
                    raise SpoolFull
                await asyncio.to_thread(file.write, chunk)

    def _held(self) -> int:
        sizes = 0
        for data in self._folder.glob(f"*{_DATA}"):
            with contextlib.suppress(FileNotFoundError):
                sizes += data.stat().st_size
        return sizes


def _note_of(data: Path) -> Path:
    return data.with_suffix(_NOTE)


def _locked(data: Path, flags: int = 0) -> Spooled | None:
    """The file, unless another process has it. The lock ends with the process."""
    lock = os.fdopen(os.open(data, os.O_RDWR | flags, 0o600), "r+b")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return Spooled(data, lock)
