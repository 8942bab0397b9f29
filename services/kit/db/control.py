"""The door to a database of our own: SQLAlchemy sessions over asyncpg, one transaction each."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Self

import asyncpg
from sqlalchemy import event, exc
from sqlalchemy.ext.asyncio import AsyncSession as Session
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from services.kit import errors

__all__ = ["Database", "DatabaseUnavailable", "Session", "violated"]

_STATEMENT_TIMEOUT = "10s"
_TRY_AGAIN = {"57014", "55P03", "40P01", "40001"}  # statement and lock timeout, deadlock, serialisation


class DatabaseUnavailable(errors.Unavailable):
    """The control database did not answer."""

    reason = "CONTROL_DATABASE_UNAVAILABLE"

    def __init__(self) -> None:
        super().__init__("The control database cannot be reached at the moment; try again shortly.")


class Database:
    """A bounded pool of connections to `dsn`, handed out as sessions; who waits longer than `patience` seconds is refused."""

    def __init__(self, dsn: str, size: int = 10, overflow: int = 10, patience: float = 5.0) -> None:
        async def connect() -> "asyncpg.Connection[asyncpg.Record]":
            return await asyncpg.connect(dsn, server_settings={"statement_timeout": _STATEMENT_TIMEOUT})

        self._engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=connect,
            pool_size=size,
            max_overflow=overflow,
            pool_timeout=patience,
            pool_use_lifo=True,
            hide_parameters=True,  # an error is logged with its statement; the values are people's
        )
        event.listen(self._engine.sync_engine, "checkout", _refuse_closed)
        self._writing = async_sessionmaker(self._engine, expire_on_commit=False)
        # Without BEGIN and ROLLBACK a read is one round trip instead of three.
        self._reading = async_sessionmaker(
            self._engine.execution_options(isolation_level="AUTOCOMMIT"), autoflush=False
        )

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Session]:
        """One transaction, committed when the block ends and rolled back when it raises."""
        with _named_faults():
            async with self._writing.begin() as session:
                yield session

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Session]:
        """A session for reading: each statement on its own."""
        with _named_faults():
            async with self._reading() as session:
                yield session

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _refuse_closed(adapted: Any, *_: object) -> None:  # noqa: ANN401  SQLAlchemy's adapter has no public type
    """Have the pool replace a connection that the server has closed. A ping would say so too, for three round trips."""
    if adapted.driver_connection.is_closed():
        raise exc.DisconnectionError


@contextmanager
def _named_faults() -> Iterator[None]:
    try:
        yield
    except exc.DBAPIError as error:
        if error.connection_invalidated or getattr(error.orig, "sqlstate", None) in _TRY_AGAIN:
            raise DatabaseUnavailable from error
        raise
    except (OSError, exc.TimeoutError, asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError) as error:
        raise DatabaseUnavailable from error


def violated(error: exc.IntegrityError) -> str:
    """The name of the constraint that a write broke; empty when the driver does not say."""
    cause = getattr(error.orig, "__cause__", None)
    return str(getattr(cause, "constraint_name", None) or "")
