"""One installation per home: a lock that ends with its process, however that ends, and a note of who holds it."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path


class RunningAlready(Exception):
    """The installation of this home runs; the message names its URL and process."""


@dataclass(frozen=True, slots=True)
class Note:
    """What the lock's holder says of itself."""

    pid: int
    url: str


@contextmanager
def held(path: Path, note: Note) -> Iterator[bool]:
    """Hold the lock; gives True where the last holder was killed: its processes may still be on their way out."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunningAlready(_sentence(read(path))) from None
        was_killed = bool(file.read(1))
        file.seek(0)
        file.truncate()
        json.dump(asdict(note), file)
        file.flush()
        try:
            yield was_killed
        finally:
            file.seek(0)
            file.truncate()


def read(path: Path) -> Note | None:
    """The note of the lock's holder; None when nobody has ever written one or the last one ended in order."""
    try:
        return Note(**json.loads(path.read_text()))
    except (FileNotFoundError, json.JSONDecodeError):
        return None


def _sentence(note: Note | None) -> str:
    if note is None:
        return "Rowhouse is just starting or stopping in another terminal."
    return f"Rowhouse is running already at {note.url} (process {note.pid}); stop it there with Ctrl+C, or with: kill {note.pid}"
