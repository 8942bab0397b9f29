"""Migrations of schema `rowhouse`: the files of `template/`, in the order of their numbers, each once."""

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from services.provisioning.roles import META
from services.provisioning.sessions import Connection

FOLDER = Path(__file__).parent / "template"


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: what leads from the version before to `version`."""

    version: int
    sql: str


@cache
def migrations() -> tuple[Migration, ...]:
    """Every migration there is, lowest version first."""
    found = tuple(
        Migration(int(match[1]), path.read_text())
        for path in sorted(FOLDER.iterdir())
        if (match := re.fullmatch(r"(\d{4})_\w+\.sql", path.name))
    )
    if [migration.version for migration in found] != list(range(1, len(found) + 1)):
        raise AssertionError("the files of template/ must be numbered 0001, 0002 … without a gap")
    return found


def newest() -> int:
    """The version that the files lead to."""
    return migrations()[-1].version


def digest(salt: str) -> str:
    """A digest of all migrations, and of `salt`."""
    text = salt + "".join(migration.sql for migration in migrations())
    return hashlib.sha256(text.encode()).hexdigest()[:16]


async def migrate(connection: Connection, target: int | None = None) -> int:
    """Bring the database that `connection` is in to `target` (the newest), within the caller's transaction; give its version.

    One that is newer already is left as it is: its template was written for this code too.
    """
    await connection.execute(f"SET LOCAL ROLE {META}")
    version = await _version(connection)
    for migration in migrations():
        if version < migration.version <= (target or newest()):
            await connection.execute(migration.sql)
            version = migration.version
            await connection.execute("UPDATE rowhouse.meta SET version = $1, migrated_at = now()", version)
    await connection.execute("RESET ROLE")
    return version


async def _version(connection: Connection) -> int:
    if await connection.fetchval("SELECT to_regclass('rowhouse.meta') IS NULL"):
        return 0
    # A killed engine's last transaction may still be at work here; people's reads and dumps go on.
    await connection.execute("LOCK TABLE rowhouse.meta IN SHARE ROW EXCLUSIVE MODE")
    version: int = await connection.fetchval("SELECT version FROM rowhouse.meta")
    return version
