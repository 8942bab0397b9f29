"""An installation to measure: starts `rowhouse up` in a fresh home on free ports, and reads what its processes use."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from services.laptop.postgres import free_port

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Installation:
    """A running installation; `seconds` is the time from its start to its printed token."""

    url: str
    token: str
    home: Path
    pid: int
    seconds: float

    @property
    def headers(self) -> dict[str, str]:
        """What an API call needs."""
        return {"Authorization": f"Bearer {self.token}"}


@contextmanager
def running(home: Path, **settings: str) -> Iterator[Installation]:
    """Start an installation in `home`, with these variables besides, and drain it afterwards. Its log is `<home>.log`."""
    environment = os.environ | {
        "ROWHOUSE_HOME": str(home),
        "ROWHOUSE_PORT": str(free_port()),
        "ROWHOUSE_POSTGRES_PORT": str(free_port()),
        **settings,
    }
    started = time.perf_counter()
    with Path(f"{home}.log").open("w+") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "services", "up"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            url, token = _printed(process)
            yield Installation(url, token, home, process.pid, time.perf_counter() - started)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _printed(process: "subprocess.Popen[str]") -> tuple[str, str]:
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"export ROWHOUSE=(\S+) TOKEN=(\S+)", line):
            return found[1], found[2]
    raise SystemExit("rowhouse up ended without printing a token; see its log")


def processes(pid: int) -> dict[int, str]:
    """The installation's processes, its supervisor and Postgres' backends included, with a short name for each."""
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(status.parent.name))
    found, todo = {}, [pid]
    while todo:
        current = todo.pop()
        todo += children.get(current, [])
        try:
            words = Path(f"/proc/{current}/cmdline").read_bytes().decode().replace("\0", " ").split()
        except OSError:
            continue
        found[current] = "postgres" if words and "postgres" in words[0] else words[-1] if words else "?"
    return found


def memory(pid: int) -> dict[str, float]:
    """PSS in MB by name, and their sum as `total`."""
    used: dict[str, float] = {}
    for each, name in processes(pid).items():
        try:
            rollup = Path(f"/proc/{each}/smaps_rollup").read_text()
        except OSError:
            continue
        pss = re.search(r"^Pss:\s+(\d+)", rollup, re.M)
        used[name] = used.get(name, 0) + (int(pss[1]) / 1024 if pss else 0)
    return used | {"total": sum(used.values())}


def peaks(pid: int) -> dict[str, float]:
    """The highest resident set of each process so far, in MB, by name."""
    found: dict[str, float] = {}
    for each, name in processes(pid).items():
        try:
            peak = re.search(r"^VmHWM:\s+(\d+)", Path(f"/proc/{each}/status").read_text(), re.M)
        except OSError:
            continue
        if peak:
            found[name] = max(found.get(name, 0), int(peak[1]) / 1024)
    return found
