"""Makes the control database, and the logins that the services use it with. What is in it is auth's affair, and the jobs'."""

from collections.abc import Mapping
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from services.auth import migrations
from services.provisioning import scram

DATABASE = "rowhouse_control"
OLDEST_POSTGRES = 170000
AUTH, JOBS = "rowhouse_auth", "rowhouse_jobs"


class ServerUnfit(Exception):
    """The Postgres server cannot be used; the message says why."""


async def prepare(server: str, passwords: Mapping[str, str]) -> None:
    """Make the logins of `passwords` (name to password) and the control database on `server`, a superuser's connection string.

    Fails with ServerUnfit.
    """
    try:
        connection = await asyncpg.connect(server)
    except (OSError, asyncpg.PostgresError, ValueError) as error:
        raise ServerUnfit(f"The Postgres server cannot be reached: {error}") from error
    try:
        await _require_fit(connection)
        for login, password in passwords.items():
            if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", login):
                await connection.execute(f"CREATE ROLE {login} LOGIN")
            await connection.execute(f"ALTER ROLE {login} PASSWORD '{scram.verifier(password)}'")
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
            await connection.execute(
                f"CREATE DATABASE {DATABASE} TEMPLATE template0 "
                "ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"
            )
        await connection.execute(f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC")
        await connection.execute(f"GRANT CONNECT ON DATABASE {DATABASE} TO {AUTH}, {JOBS}")
    finally:
        await connection.close()
    connection = await asyncpg.connect(within(server, DATABASE))
    try:
        await connection.execute(f"CREATE SCHEMA IF NOT EXISTS jobs AUTHORIZATION {JOBS}")
    finally:
        await connection.close()
    # As the owner, so that the service itself can neither change the tables nor rewrite the audit.
    await migrations.migrate(within(server, DATABASE), service_login=AUTH)


async def _require_fit(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    version = int(await connection.fetchval("SHOW server_version_num"))
    if version < OLDEST_POSTGRES:
        raise ServerUnfit(
            f"The server is PostgreSQL {version // 10000}; Rowhouse needs {OLDEST_POSTGRES // 10000} or newer."
        )
    if await connection.fetchval("SHOW is_superuser") != "on":
        raise ServerUnfit(
            "The login of ROWHOUSE_POSTGRES_URL must be a superuser: it hardens what tenants could reach."
        )


def within(server: str, database: str, login: str | None = None, password: str = "") -> str:
    """The connection string `server` for another database and, where one is named, another login."""
    parts = urlsplit(server)
    if login is None:
        return urlunsplit(parts._replace(path=f"/{database}"))
    address = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{login}:{quote(password, safe='')}@{address}", path=f"/{database}"))
