"""Where an installation keeps its things: data and keys in a home folder, sockets in a short private one."""

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from services.laptop import account

FALLBACK = Path("/var/lib/rowhouse")


class HomeUnusable(Exception):
    """The home folder cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Home:
    """The folders of one installation."""

    path: Path

    @property
    def keys(self) -> Path:
        """Files of mode 0600, made once."""
        return self.path / "secrets"

    @property
    def data(self) -> Path:
        """Postgres' data folder."""
        return self.path / "data"

    @property
    def spool(self) -> Path:
        """Files that wait to be imported."""
        return self.path / "spool"

    @property
    def log(self) -> Path:
        """What Postgres has to say."""
        return self.path / "postgres.log"

    @property
    def running(self) -> Path:
        """Locked while the installation runs; says which process that is, and where it answers."""
        return self.path / "running.json"

    def make_sockets(self) -> Path:
        """A new folder for sockets; those that killed processes left are removed.

        It is not in the home because a socket's path ends at 107 bytes, and new at each start because a process of the
        last start that is still draining removes its own sockets.
        """
        root = Path(
            tempfile.gettempdir()
            if account.current().is_other
            else os.environ.get("XDG_RUNTIME_DIR", tempfile.gettempdir())
        )
        prefix = f"rowhouse-{hashlib.sha256(str(self.path).encode()).hexdigest()[:8]}-"
        for left in root.glob(f"{prefix}*"):
            if left.lstat().st_uid == os.geteuid():
                shutil.rmtree(left, ignore_errors=True)
        return Path(tempfile.mkdtemp(prefix=prefix, dir=root))


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
