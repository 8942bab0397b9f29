"""Bounded pools of raw connections, one per database and login: which connection is taken, opened, kept, evicted or closed."""

import asyncio
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field

import asyncpg
import structlog

from services.tenancy.bindings import Credentials, Login
from services.tenancy.errors import DatabaseBusy, DatabaseUnavailable

_log = structlog.get_logger()

Server = tuple[str, int]
Key = tuple[Server, str, Login]

PINS = {
    "timezone": "GMT",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "lc_monetary": "C",
    "jit": "off",
}
"""Sent as the connection opens, so that every value prints alike and nothing is ever SET for a session."""

_UNREACHABLE = (OSError, TimeoutError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError)


@dataclass(frozen=True, slots=True)
class Limits:
    """How many connections there may be, and how many seconds one may be waited for, stay idle and take to open."""

    per_server: int = 60
    per_pool: int = 8
    wait: float = 10.0
    idle: float = 300.0
    connect: float = 10.0


@dataclass(slots=True)
class _Budget:
    """What one server still admits, and how many requests wait for it."""

    permits: asyncio.Semaphore
    waiting: int = 0


@dataclass(slots=True)
class Pool:
    """The connections of one login to one database; the freshest idle one is taken, the stalest goes first."""

    key: Key
    credentials: Credentials
    slots: asyncio.Semaphore
    idle: deque[tuple[float, asyncpg.Connection]] = field(default_factory=deque)
    users: int = 0


class Pools:
    """Opens connections on demand, keeps what comes back clean, and closes what is idle longest to stay within its limits."""

    def __init__(self, limits: Limits, application: str) -> None:
        self._limits = limits
        self._settings = PINS | {"application_name": application}
        self._pools: OrderedDict[Key, Pool] = OrderedDict()
        self._budgets: dict[Server, _Budget] = {}
        self._reaper: asyncio.TimerHandle | None = None

    async def take(self, credentials: Credentials, login: Login) -> tuple[Pool, asyncpg.Connection]:
        """An open connection of its pool. Raises DatabaseBusy, DatabaseUnavailable, and what Postgres says to a login it refuses."""
        pool = self._pool(credentials, login)
        pool.users += 1
        try:
            await self._wait_for(pool.slots)
            try:
                return pool, self._idle_one(pool) or await self._new_one(pool)
            except BaseException:
                pool.slots.release()
                raise
        except BaseException:
            pool.users -= 1
            raise

    def give_back(self, pool: Pool, connection: asyncpg.Connection) -> None:
        """Keep the connection for the next request, unless it is not clean, its login is stale, or its server is waited for."""
        pool.slots.release()
        pool.users -= 1
        if not connection.is_closed() and connection.is_in_transaction():
            _log.error("connection came back inside a transaction", database=pool.key[1], login=pool.key[2])
        current = self._pools.get(pool.key) is pool
        if connection.is_closed() or connection.is_in_transaction() or not current or self._budget(pool).waiting:
            self._close(pool, connection)
            return
        pool.idle.append((time.monotonic(), connection))
        if self._reaper is None:
            self._reaper = asyncio.get_running_loop().call_later(self._limits.idle, self._reap)

    def close(self) -> None:
        """Close what is idle now, and what is in use as it comes back."""
        if self._reaper is not None:
            self._reaper.cancel()
        for pool in self._pools.values():
            self._drain(pool)
        self._pools.clear()

    def _pool(self, credentials: Credentials, login: Login) -> Pool:
        key = ((credentials.host, credentials.port), credentials.database, login)
        pool = self._pools.get(key)
        if pool is None or pool.credentials != credentials:
            if pool is not None:
                self._drain(pool)
            pool = self._pools[key] = Pool(key, credentials, asyncio.Semaphore(self._limits.per_pool))
        return pool

    def _idle_one(self, pool: Pool) -> asyncpg.Connection | None:
        while pool.idle:
            _, connection = pool.idle.pop()
            if not connection.is_closed():
                return connection
            self._close(pool, connection)
        return None

    async def _new_one(self, pool: Pool) -> asyncpg.Connection:
        budget = self._budget(pool)
        if budget.permits.locked():
            self._evict(pool.key[0])
        budget.waiting += 1
        try:
            await self._wait_for(budget.permits)
        finally:
            budget.waiting -= 1
        try:
            return await self._connect(pool.credentials)
        except BaseException:
            budget.permits.release()
            raise

    async def _connect(self, credentials: Credentials) -> asyncpg.Connection:
        try:
            return await asyncpg.connect(
                host=credentials.host,
                port=credentials.port,
                database=credentials.database,
                user=credentials.user,
                password=credentials.password,
                timeout=self._limits.connect,
                statement_cache_size=1000,
                server_settings=self._settings,
            )
        except asyncpg.TooManyConnectionsError as error:
            raise DatabaseBusy from error
        except _UNREACHABLE as error:
            raise DatabaseUnavailable from error

    async def _wait_for(self, what: asyncio.Semaphore) -> None:
        if not what.locked():
            await what.acquire()  # at once, and without the cost of a timer
            return
        try:
            async with asyncio.timeout(self._limits.wait):
                await what.acquire()
        except TimeoutError as error:
            raise DatabaseBusy from error

    def _evict(self, server: Server) -> None:
        """Close the connection of this server that is idle longest, if one is."""
        stale = [pool for key, pool in self._pools.items() if key[0] == server and pool.idle]
        if stale:
            pool = min(stale, key=lambda pool: pool.idle[0][0])
            self._close(pool, pool.idle.popleft()[1])

    def _reap(self) -> None:
        oldest = time.monotonic() - self._limits.idle
        for key, pool in list(self._pools.items()):
            while pool.idle and pool.idle[0][0] <= oldest:
                self._close(pool, pool.idle.popleft()[1])
            if not pool.idle and not pool.users:
                del self._pools[key]
        idle = any(pool.idle for pool in self._pools.values())
        self._reaper = asyncio.get_running_loop().call_later(self._limits.idle / 2, self._reap) if idle else None

    def _drain(self, pool: Pool) -> None:
        while pool.idle:
            self._close(pool, pool.idle.popleft()[1])

    def _close(self, pool: Pool, connection: asyncpg.Connection) -> None:
        connection.terminate()
        self._budget(pool).permits.release()

    def _budget(self, pool: Pool) -> _Budget:
        server = pool.key[0]
        if server not in self._budgets:
            self._budgets[server] = _Budget(asyncio.Semaphore(self._limits.per_server))
        return self._budgets[server]
