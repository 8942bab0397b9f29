"""Locks of tables: taking them within a moment or not at all, and who holds them otherwise."""

import random
from dataclasses import dataclass
from importlib import resources

import asyncpg

from services.schema import ddl

Tables = tuple[tuple[str, str], ...]
"""Schemas and names."""

BLOCKED = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)
_HOLDERS = (resources.files(__package__) / "sql" / "holders.sql").read_text()


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one attempt waits for its locks (milliseconds, drawn anew each time), and all attempts together (seconds).

    Whoever waits for a table makes all others wait behind; at 100 ms nobody notices. An autovacuum gives way only to who has
    waited for Postgres' `deadlock_timeout`, a second: where it alone stands in the way, one attempt waits that long.
    """

    timeout: tuple[int, int] = (50, 100)
    timeout_for_vacuum: tuple[int, int] = (1_200, 1_300)
    pause: tuple[float, float] = (0.05, 0.15)
    budget: float = 5.0

    def attempt(self, holder: "Holder | None") -> int:
        """The lock_timeout of the next attempt, after `holder` stopped the last one."""
        return random.randint(*(self.timeout_for_vacuum if holder and holder.is_vacuum else self.timeout))  # noqa: S311  jitter

    def rest(self) -> float:
        """Seconds until the next attempt."""
        return random.uniform(*self.pause)  # noqa: S311  jitter, no secret


@dataclass(frozen=True, slots=True)
class Holder:
    """A session that holds a table."""

    table: str
    pid: int
    login: str | None
    application: str | None
    is_vacuum: bool
    seconds: float | None

    def __str__(self) -> str:
        if self.is_vacuum:
            return f"an autovacuum (process {self.pid})"
        since = f" for {self.seconds:.0f} seconds" if self.seconds is not None else ""
        return f"'{self.application or self.login}' (login {self.login}, process {self.pid}, in a transaction{since})"


async def take(connection: asyncpg.Connection, tables: Tables) -> None:
    """Lock the tables against everybody, within the transaction's lock_timeout."""
    if tables:
        names = ", ".join(ddl.qualified(*table) for table in tables)
        await connection.execute(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE")


async def holder(connection: asyncpg.Connection, tables: Tables) -> Holder | None:
    """Who holds one of the tables now: a person's session rather than a vacuum, the longest first."""
    row = await connection.fetchrow(_HOLDERS, [schema for schema, _ in tables], [name for _, name in tables])
    return Holder(**dict(row)) if row else None
