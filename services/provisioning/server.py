"""A server's own preparation: the provisioner's role and database, the template database, hardening. Idempotent, step by step."""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from services.provisioning import furnish, migrate
from services.provisioning.errors import ProvisionerTooWeak, ServerTooOld
from services.provisioning.hooks import Hook, hooked
from services.provisioning.roles import META
from services.provisioning.scram import ITERATIONS_FOR_RANDOM, verifier
from services.provisioning.sessions import PROVISIONER, TEMPLATE, Connection, Server

OLDEST = 170000
"""PostgreSQL 17: builtin C.UTF-8, pg_input_is_valid, GRANT … WITH SET."""


class Prepare(StrEnum):
    """The steps of a server's preparation, in order."""

    CREATE_PROVISIONER = "create_provisioner"
    CREATE_META = "create_meta"
    SHUT_DATABASES = "shut_databases"
    CREATE_HOME = "create_home"
    CREATE_TEMPLATE = "create_template"
    OPEN_TEMPLATE = "open_template"
    HARDEN_TEMPLATE = "harden_template"
    MIGRATE_TEMPLATE = "migrate_template"
    SHUT_TEMPLATE = "shut_template"


@dataclass(frozen=True, slots=True)
class Hardening:
    """What a server's tenants can do that they should not: nothing (`full`), or what `missing` says (`partial`)."""

    missing: tuple[str, ...]

    @property
    def level(self) -> str:
        """In one word."""
        return "partial" if self.missing else "full"


async def prepare(server: Server, hook: Hook) -> Hardening:
    """Make everything that a tenant's database needs of its server; cheap where it is there."""
    async with server.administrator() as admin:
        await _check(server, admin)
        await server.lock(admin, "preparation")
        if server.superuser:
            with hooked(hook, Prepare.CREATE_PROVISIONER):
                await _create_provisioner(admin, server.password)
        with hooked(hook, Prepare.CREATE_META):
            await _create_meta(server, admin)
        if server.superuser:
            with hooked(hook, Prepare.SHUT_DATABASES):
                await _shut_databases(admin)
        with hooked(hook, Prepare.CREATE_HOME):
            await _create_home(server, admin)
        async with server.locked_whole() as home:
            missing = await _prepare_template(server, home, hook)
            return Hardening((*missing, *await _open_databases(home), *await _limits(home)))


async def _check(server: Server, admin: Connection) -> None:
    (row,) = await admin.fetch(
        "SELECT rolname, rolsuper, rolcreatedb AND rolcreaterole AS provisions, current_setting('server_version_num')::int AS version"
        " FROM pg_roles WHERE rolname = session_user"
    )
    if row["version"] < OLDEST:
        raise ServerTooOld(server.name, row["version"] // 10000)
    if not row["rolsuper" if server.superuser else "provisions"]:
        raise ProvisionerTooWeak(row["rolname"], "SUPERUSER" if server.superuser else "CREATEDB and CREATEROLE")


async def _create_provisioner(admin: Connection, password: str) -> None:
    async with admin.transaction():
        if not await _has_role(admin, PROVISIONER):
            await admin.execute(f"CREATE ROLE {PROVISIONER}")
        secret = verifier(password, iterations=ITERATIONS_FOR_RANDOM)
        await admin.execute(
            f"ALTER ROLE {PROVISIONER} LOGIN CREATEDB CREATEROLE PASSWORD '{secret}';"
            f"GRANT SET ON PARAMETER temp_file_limit TO {PROVISIONER}"
        )


async def _create_meta(server: Server, admin: Connection) -> None:
    async with admin.transaction():
        if not await _has_role(admin, META):
            await admin.execute(f"CREATE ROLE {META} NOLOGIN")
        if server.superuser:
            await admin.execute(f"GRANT {META} TO {PROVISIONER} WITH INHERIT TRUE, SET TRUE")


async def _has_role(connection: Connection, name: str) -> bool:
    return bool(await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", name))


async def _shut_databases(admin: Connection) -> None:
    for name in ("postgres", "template1"):
        if name in await _open_to_public(admin):
            await admin.execute(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")


async def _open_to_public(connection: Connection) -> set[str]:
    rows = await connection.fetch(
        "SELECT datname FROM pg_database WHERE datallowconn AND has_database_privilege('public', oid, 'CONNECT')"
    )
    return {row["datname"] for row in rows}


async def _open_databases(home: Connection) -> list[str]:
    return [f"PUBLIC may connect to database {name}" for name in sorted(await _open_to_public(home))]


async def _limits(home: Connection) -> list[str]:
    may = await home.fetchval("SELECT has_parameter_privilege('temp_file_limit', 'SET')")
    return [] if may else ["temp_file_limit cannot be set for logins"]


async def _create_home(server: Server, admin: Connection) -> None:
    await _create_shut(admin, PROVISIONER, f"OWNER {PROVISIONER}" if server.superuser else "")
    await admin.execute(f"ALTER DATABASE {PROVISIONER} ALLOW_CONNECTIONS true")


async def _create_shut(connection: Connection, name: str, options: str) -> None:
    """Make a database that PUBLIC can never connect to, not even between its creation and the REVOKE."""
    if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ALLOW_CONNECTIONS false {options}")
    await connection.execute(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")


async def _prepare_template(server: Server, home: Connection, hook: Hook) -> tuple[str, ...]:
    """Make or renew the template database, unless it is as it should be; give what could not be hardened in it."""
    digest = migrate.digest("superuser" if server.superuser else "provisioner")
    note = await _note(home)
    if note is not None and note["digest"] == digest:
        return tuple(note["missing"])
    with hooked(hook, Prepare.CREATE_TEMPLATE):
        locale = "ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'"
        await _create_shut(home, TEMPLATE, locale)
        await home.execute(f"GRANT CREATE ON DATABASE {TEMPLATE} TO {META}")
    with hooked(hook, Prepare.OPEN_TEMPLATE):
        await home.execute(f"ALTER DATABASE {TEMPLATE} ALLOW_CONNECTIONS true")
    if server.superuser:
        with hooked(hook, Prepare.HARDEN_TEMPLATE):
            await _harden_template(server)
    with hooked(hook, Prepare.MIGRATE_TEMPLATE):
        missing = await _migrate_template(server, digest)
    with hooked(hook, Prepare.SHUT_TEMPLATE):
        await home.execute(f"ALTER DATABASE {TEMPLATE} ALLOW_CONNECTIONS false")
    return missing


async def _note(home: Connection) -> dict[str, Any] | None:
    """What the last renewal wrote down; None where there is no template, or one that a killed renewal left open."""
    note: str | None = await home.fetchval(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1 AND NOT datallowconn",
        TEMPLATE,
    )
    return json.loads(note) if note else None


async def _harden_template(server: Server) -> None:
    async with server.administrator(TEMPLATE) as admin, admin.transaction():
        await admin.execute(f"GRANT USAGE ON LANGUAGE plpgsql TO {META}")
        for right in await furnish.catalog_rights(admin):
            await admin.execute(f"REVOKE {right} FROM PUBLIC")


async def _migrate_template(server: Server, digest: str) -> tuple[str, ...]:
    async with server.provisioner(TEMPLATE) as connection, connection.transaction():
        await migrate.migrate(connection)
        missing = tuple((await furnish.catalog_rights(connection)).values())
        note = json.dumps({"digest": digest, "missing": missing})
        await connection.execute(f"COMMENT ON DATABASE {TEMPLATE} IS '{note}'")
    return missing
