"""The embedded Postgres server: makes its data folder, starts and stops it. What is kept inside is the services' affair."""

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from services.laptop import account
from services.laptop.account import Account
from services.laptop.installation import link_time_zones

START_SECONDS = 60.0
STOP_SECONDS = 30.0


class PostgresFailed(Exception):
    """Postgres could not be initialised, started or stopped; the message says why."""


@dataclass(frozen=True, slots=True)
class Status:
    """What a running server writes into its postmaster.pid."""

    pid: int
    port: str
    sockets: str
    state: str

    @staticmethod
    def read(data: Path) -> "Status | None":
        """The status of the server of this data folder; None while it does not run or has only begun to start."""
        try:
            lines = [line.strip() for line in (data / "postmaster.pid").read_text().splitlines()]
        except FileNotFoundError:
            return None
        return Status(int(lines[0]), lines[3], lines[4], lines[7]) if len(lines) >= 8 else None

    def is_listening(self) -> bool:
        """Whether somebody answers on its socket: a process id alone may by now be anybody's."""
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(f"{self.sockets}/.s.PGSQL.{self.port}")
            except OSError:
                return False
            return True


@dataclass(slots=True)
class Server:
    """One Postgres server: its folders, its address and, once started, its process. All methods block."""

    installation: Path
    data: Path
    sockets: Path
    port: int
    password: str
    fsync: bool = True
    settings: Mapping[str, str] = field(default_factory=dict)
    log: Path | None = None
    account: Account = field(default_factory=account.current)
    process: subprocess.Popen[bytes] | None = None

    def dsn(self, database: str = "postgres", user: str = "postgres", password: str | None = None) -> str:
        """A connection string over the unix socket; the superuser's unless another user is named."""
        secret = quote(self.password if password is None else password, safe="")
        return f"postgresql://{user}:{secret}@/{database}?host={quote(str(self.sockets), safe='')}&port={self.port}"

    def prepare(self) -> None:
        """Make the folders and, where there is none yet, the data (initdb, scram for every connection)."""
        for folder in (self.data, self.sockets):
            self.account.own(folder)
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        link_time_zones(self.installation, self.data)

    def _initialise(self) -> None:
        # Into a folder beside it, renamed at the end: an initdb that was killed leaves nothing that looks complete.
        with tempfile.TemporaryDirectory(prefix=".initdb-", dir=self.data.parent) as folder:
            fresh = self.account.own(Path(folder) / "data")
            Path(folder).chmod(0o711)
            secret = Path(folder) / "password"
            secret.touch(0o600)
            secret.write_text(self.password)
            if self.account.is_other:
                os.chown(secret, self.account.uid, self.account.gid)
            flags = ["--username=postgres", "--auth=scram-sha-256", f"--pwfile={secret}", "--encoding=UTF8"]
            flags += ["--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions", "--no-clean"]
            flags += [] if self.fsync else ["--no-sync"]
            outcome = self._run("initdb", *flags, "-D", str(fresh))
            if outcome.returncode:
                raise PostgresFailed(f"initdb failed: {outcome.stderr.strip()}")
            fresh.rename(self.data)

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(self.installation / "bin" / program), *arguments]
        return subprocess.run(
            command,
            env=self._environment(),
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            **self.account.arguments(),
        )

    def _environment(self) -> dict[str, str]:
        return {
            "LD_LIBRARY_PATH": str(self.installation / "lib"),
            "LC_ALL": "C.UTF-8",
            "PATH": os.environ.get("PATH", ""),
        }

    def start(self) -> None:
        """Start it and wait until it takes connections; one that was left running is stopped first."""
        self.prepare()
        stop_leftover(self.data)
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.sockets),
            "fsync": "on" if self.fsync else "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "max_connections": "200",
            **self.settings,
        }
        flags = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with open(self.log or os.devnull, "ab", opener=_privately) as log:
            self.process = subprocess.Popen(
                [str(self.installation / "bin/postgres"), "-D", str(self.data), *flags],
                env=self._environment(),
                cwd=self.data,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self.account.arguments(),
            )
        self._wait_until_ready(self.process)

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not (status := Status.read(self.data)) or (status.pid, status.state) != (process.pid, "ready"):
            if process.poll() is not None:
                raise PostgresFailed(f"Postgres ended at its start with code {process.returncode}{self._last_words()}")
            if time.monotonic() > deadline:
                raise PostgresFailed(f"Postgres is not ready after {START_SECONDS:.0f} s{self._last_words()}")
            time.sleep(0.01)

    def _last_words(self) -> str:
        if self.log is None:
            return "."
        return f"; the end of {self.log}:\n" + "\n".join(self.log.read_text(errors="replace").splitlines()[-5:])

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT ends the sessions and writes a checkpoint. Does nothing when it is not running."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait(STOP_SECONDS)
        self.process = None


def stop_leftover(data: Path) -> None:
    """Stop the server of this data folder that a killed supervisor left running."""
    status = Status.read(data)
    if status is None or not status.is_listening():
        return
    os.kill(status.pid, signal.SIGINT)
    deadline = time.monotonic() + STOP_SECONDS
    while Status.read(data) is not None:  # its file is the last thing that Postgres removes
        if time.monotonic() > deadline:
            raise PostgresFailed(f"The Postgres of {data} (process {status.pid}) runs already and does not stop.")
        time.sleep(0.01)


def _privately(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)  # statements may be in it


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
