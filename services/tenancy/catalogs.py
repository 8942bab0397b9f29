"""Catalogs by tenant, cached: checked against the database at most once a second, read again when the shape has moved."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import asyncpg

from services.kit.errors import AppError
from services.tenancy import catalog
from services.tenancy.bindings import Login
from services.tenancy.catalog import Catalog
from services.tenancy.databases import Databases
from services.tenancy.errors import CatalogLocked

P = TypeVar("P")

_FRESH_SECONDS = 1.0
_KEPT = 500


@dataclass(slots=True)
class _Entry:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    catalog: Catalog | None = None
    checked: float = float("-inf")


class Catalogs:
    """One cache per process; a tenant's requests share one check and one read."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        self._entries: OrderedDict[str, _Entry] = OrderedDict()

    async def current(self, tenant: str, login: Login = "ro", *, fresh: bool = False) -> Catalog:
        """The caller's tenant's catalog, at most a second old; `fresh` asks the database now."""
        entry = self._entry(tenant)
        asked = time.monotonic()
        if entry.catalog is not None and not fresh and asked - entry.checked < _FRESH_SECONDS:
            return entry.catalog
        async with entry.lock:
            if entry.catalog is None or entry.checked < (asked if fresh else asked - _FRESH_SECONDS):
                entry.checked, entry.catalog = time.monotonic(), await self._checked(tenant, login, entry.catalog)
            return entry.catalog

    async def planned(self, tenant: str, prepare: Callable[[Catalog], P], *, fresh: bool = False) -> P:
        """What `prepare` makes of the current catalog. A refusal counts only when the database itself, asked now, bears it out:

        who has just made a table may use it at once, though another process's catalog is up to a second old.
        """
        known = await self.current(tenant, fresh=fresh)
        try:
            return prepare(known)
        except AppError:
            now = await self.current(tenant, fresh=True)
            if now is known:
                raise
        return prepare(now)

    def forget(self, tenant: str) -> None:
        """Ask the database next time: its shape has just been changed."""
        self._entry(tenant).checked = float("-inf")

    async def _checked(self, tenant: str, login: Login, known: Catalog | None) -> Catalog:
        async with self._databases.acquire(tenant, login) as connection:
            if known is not None and await catalog.version(connection) == known.version:
                return known
            try:
                return await catalog.read(connection)
            except asyncpg.LockNotAvailableError as error:
                raise CatalogLocked from error

    def _entry(self, tenant: str) -> _Entry:
        if tenant not in self._entries:
            self._entries[tenant] = _Entry()
        self._entries.move_to_end(tenant)
        if len(self._entries) > _KEPT:
            self._entries.popitem(last=False)
        return self._entries[tenant]
