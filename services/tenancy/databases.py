"""The single door to tenants' databases: a connection as the caller's login, and plain words when there is none to be had."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import structlog

from services.tenancy.bindings import Login, Source
from services.tenancy.errors import DatabaseUnavailable
from services.tenancy.pools import Limits, Pool, Pools

_log = structlog.get_logger()

_REFUSED = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.ObjectNotInPrerequisiteStateError,
)
"""What a login meets whose password was rotated, or whose database was suspended, moved or deleted."""

_ENDED = (
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)


class Databases:
    """Hands out connections of the caller's tenant. Whoever takes one makes settings with SET LOCAL only and ends its transactions."""

    def __init__(self, source: Source, limits: Limits | None = None, application: str = "rowhouse") -> None:
        self._source = source
        self._pools = Pools(limits or Limits(), application)

    @asynccontextmanager
    async def acquire(self, tenant: str, login: Login) -> AsyncIterator[asyncpg.Connection]:
        """A connection to `tenant`, which is the caller's, as `login`.

        Raises what auth refuses, DatabaseBusy when none is free in time and DatabaseUnavailable when the server is away. Where an
        administrator ended the session, auth says why (SUSPENDED), else it is DatabaseUnavailable.
        """
        pool, connection = await self._open(tenant, login)
        try:
            yield connection
        except _ENDED as error:
            if isinstance(error, asyncpg.InternalClientError):
                connection.terminate()  # the server's last word came between two statements, and is half read
            if not connection.is_closed():
                raise
            raise await self._why_ended(tenant, login) from error
        finally:
            self._pools.give_back(pool, connection)

    def close(self) -> None:
        """Close what is idle now, and what is in use as it comes back."""
        self._pools.close()

    async def _open(self, tenant: str, login: Login) -> tuple[Pool, asyncpg.Connection]:
        try:
            return await self._pools.take(await self._source.credentials(tenant, login), login)
        except _REFUSED:
            self._source.forget(tenant, login)
        try:
            return await self._pools.take(await self._source.credentials(tenant, login), login)
        except _REFUSED as error:
            _log.warning("database refuses fresh credentials", tenant=tenant, login=login, sqlstate=error.sqlstate)
            raise DatabaseUnavailable from error

    async def _why_ended(self, tenant: str, login: Login) -> DatabaseUnavailable:
        self._source.forget(tenant, login)
        await self._source.credentials(tenant, login)
        return DatabaseUnavailable()
