"""Where an installation keeps its things: data and secrets in a home folder, sockets in a short private one."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from services.laptop import account

FALLBACK = Path("/var/lib/rowhouse")


class HomeUnusable(Exception):
    """The home or socket folder cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Home:
    """The folders of one installation."""

    path: Path

    @property
    def secrets(self) -> Path:
        """Files of mode 0600, made once."""
        return self.path / "secrets"

    @property
    def data(self) -> Path:
        """Postgres' data folder."""
        return self.path / "data"

    @property
    def lock(self) -> Path:
        """Held with flock while the installation runs; its text names the process and the URL."""
        return self.path / "running"

    def sockets(self, whose: str) -> Path:
        """A folder of its own for sockets, under /tmp because a socket's path ends at 107 bytes; made by `private`."""
        root = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
        if account.current().is_other:  # /run/user/0 is closed to `nobody`
            root = Path(tempfile.gettempdir())
        return root / f"rowhouse-{hashlib.sha256(str(self.path).encode()).hexdigest()[:8]}-{whose}"


def find() -> tuple[Home, str]:
    """The home of `ROWHOUSE_HOME`, or `.rowhouse` here, and a sentence about it where it is not what people expect."""
    given = os.environ.get("ROWHOUSE_HOME")
    path = Path(given or ".rowhouse").absolute()
    if account.current().can_reach(path):
        return _made(path), ""
    if given:
        raise HomeUnusable(
            f"ROWHOUSE_HOME={path} is below a folder that is closed to others. As root, Postgres runs as the user `nobody` "
            "and must get there: choose a folder elsewhere, or leave ROWHOUSE_HOME unset."
        )
    return _made(
        FALLBACK
    ), f"The user `nobody`, as whom Postgres runs, cannot reach {path}: everything is kept in {FALLBACK}."


def _made(path: Path) -> Home:
    # Passable for `nobody`, where Postgres is that; what is in it is private by its own modes.
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o711 if account.current().is_other else 0o700)
    return Home(path)


def private(folder: Path) -> Path:
    """Make a folder that is nobody else's, or refuse one that somebody else has made at its place."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.lstat()
    if folder.is_symlink() or status.st_uid != os.geteuid():
        raise HomeUnusable(f"{folder} belongs to somebody else: remove it, or set TMPDIR to a folder of your own.")
    folder.chmod(0o700)
    return folder
