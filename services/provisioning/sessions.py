"""Connections of the engine's own: pinned, as the provisioner, and the server's lock."""

import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg

from services.provisioning.errors import DatabaseUnknown, ServerBusy, ServerUnprepared, ServerUnreachable
from services.provisioning.roles import PINS

Connection = asyncpg.Connection

PROVISIONER = "rh_prov"
"""Where the server gives us a superuser: the role that does all the rest. Its database of the same name is where the lock lives."""

TEMPLATE = "rowhouse_template"
"""The database that tenants' databases are copies of; nobody can connect to it."""

_PINS = PINS | {
    "application_name": "rowhouse-provisioning",
    "createrole_self_grant": "set, inherit",
    "lock_timeout": "10s",
    "statement_timeout": "120s",
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "GMT",
}


@dataclass(frozen=True, slots=True)
class Server:
    """A Postgres server that holds tenants' databases.

    `dsn` is a superuser's, who makes the role `rh_prov` (its password comes from the secret `key`) and hardens what only
    a superuser can. Where `superuser` is False it is that of a role with CREATEDB and CREATEROLE, which then does everything.
    """

    dsn: str = field(repr=False)
    key: bytes = field(repr=False)
    superuser: bool = True
    name: str = "main"

    @property
    def password(self) -> str:
        """The password of the role `rh_prov`."""
        return hmac.new(self.key, PROVISIONER.encode(), "sha256").hexdigest()

    @asynccontextmanager
    async def administrator(self, database: str | None = None) -> AsyncIterator[Connection]:
        """A session of the DSN's own role."""
        async with self._connected(database) as connection:
            yield connection

    @asynccontextmanager
    async def provisioner(self, database: str) -> AsyncIterator[Connection]:
        """A session of the provisioner's in one database."""
        user, password = (PROVISIONER, self.password) if self.superuser else (None, None)
        async with self._connected(database, user, password) as connection:
            yield connection

    @asynccontextmanager
    async def locked(self, binding: str) -> AsyncIterator[Connection]:
        """A session that holds the lock of one binding: one engine at a time acts on it, while the server stays as it is.

        Steps that cannot be rolled back run in this very session, so that a killed engine's last statement keeps the lock to its end.
        """
        async with self.provisioner(PROVISIONER) as connection:
            await self.lock(connection, "server", shared=True)
            await self.lock(connection, binding)
            yield connection

    @asynccontextmanager
    async def locked_whole(self) -> AsyncIterator[Connection]:
        """A session that holds the server's lock: nobody acts on any binding, and nobody copies the template."""
        async with self.provisioner(PROVISIONER) as connection:
            await self.lock(connection, "server")
            yield connection

    async def lock(self, connection: Connection, what: str, *, shared: bool = False) -> None:
        """Take a lock of the database that `connection` is in, for as long as it lives."""
        key = int.from_bytes(hashlib.sha256(f"rowhouse {what}".encode()).digest()[:8], signed=True)
        try:
            await connection.execute(f"SELECT pg_advisory_lock{'_shared' if shared else ''}($1)", key)
        except asyncpg.LockNotAvailableError as error:
            raise ServerBusy(self.name) from error

    @asynccontextmanager
    async def _connected(
        self, database: str | None, user: str | None = None, password: str | None = None
    ) -> AsyncIterator[Connection]:
        try:
            connection = await asyncpg.connect(
                self.dsn, server_settings=_PINS, timeout=10, database=database, user=user, password=password
            )
        except (OSError, TimeoutError, asyncpg.CannotConnectNowError) as error:
            raise ServerUnreachable(self.name) from error
        except asyncpg.InvalidAuthorizationSpecificationError as error:
            raise (ServerUnprepared if user else ServerUnreachable)(self.name) from error
        except asyncpg.InvalidCatalogNameError as error:
            raise ServerUnprepared(self.name) if database == PROVISIONER else DatabaseUnknown(str(database)) from error
        try:
            yield connection
        finally:
            await connection.close()
