"""The inside of a tenant's database: template version, grants, and the proof that nothing is open that must not be."""

import hashlib
from functools import cache
from pathlib import Path

from services.provisioning import migrate
from services.provisioning.errors import HardeningFailed
from services.provisioning.observe import Mark
from services.provisioning.roles import META
from services.provisioning.sessions import Connection

_SQL = Path(__file__).parent / "sql"
_GRANTS = (_SQL / "grants.sql").read_text()
_HARDENING = (_SQL / "hardening.sql").read_text()
_CATALOG_RIGHTS = (_SQL / "catalog_rights.sql").read_text()


@cache
def mark() -> Mark:
    """What a database's comment says when its inside is as this code wants it."""
    return Mark(migrate.newest(), hashlib.sha256((_GRANTS + _HARDENING).encode()).hexdigest()[:16])


async def furnish(connection: Connection, name: str) -> int:
    """Migrate, grant, verify and mark, in one transaction: the mark is there if and only if all of it is. Give the version."""
    async with connection.transaction():
        version = await migrate.migrate(connection)
        await connection.execute(_GRANTS.replace("{t}", name))
        if openings := await audit(connection, name):
            raise HardeningFailed(name, openings)
        await connection.execute(f"COMMENT ON DATABASE {name} IS '{Mark(version, mark().grants).text}'")
    return version


async def audit(connection: Connection, name: str) -> tuple[str, ...]:
    """Name whatever is open in the database of a binding and must not be."""
    return tuple(row[0] for row in await connection.fetch(_HARDENING, name, META))


async def catalog_rights(connection: Connection) -> dict[str, str]:
    """The rights in pg_catalog that PUBLIC still has, as REVOKE names them, each with a sentence."""
    return {row["right"]: row["sentence"] for row in await connection.fetch(_CATALOG_RIGHTS)}
