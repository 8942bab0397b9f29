"""Runs statements on tenants' databases: the only module of the pipeline with a connection, and the one that knows when to try again."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import asyncpg
import orjson
import structlog
from opentelemetry import trace

from services.kit.errors import AppError
from services.records import failures
from services.records.errors import Contended, QueryTooSlow
from services.records.plans import Input
from services.records.reads import indexing
from services.records.statement import Statement
from services.records.writes import explain
from services.tenancy.bindings import Login
from services.tenancy.catalog import Catalog, Table
from services.tenancy.catalogs import Catalogs
from services.tenancy.databases import Databases
from services.tenancy.indexes import Part

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
    Record = asyncpg.Record
else:
    Connection = Record = object

_ATTEMPTS = 6
_PAUSE = 0.01
_CANCELED = "57014"
_tracer = trace.get_tracer("rowhouse")


class Plan(Protocol):
    """What is needed to explain a failure."""

    @property
    def table(self) -> Table:
        """The table that the statement names."""
        ...

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The texts that Postgres has to read."""
        ...

    @property
    def hints(self) -> tuple[Part, ...]:
        """The parts of an index that would help."""
        ...


P = TypeVar("P", bound=Plan)
R = TypeVar("R")


class Stale(Exception):
    """The table's fingerprint is not the one that the statement was made for."""


class Session:
    """One connection for one request: runs statements within the time they may take, and checks the table's fingerprint."""

    def __init__(
        self, connection: Connection, table: Table, seconds: float, log: "structlog.typing.FilteringBoundLogger"
    ) -> None:
        self.connection = connection
        self._table = table
        self._seconds = seconds
        self._log = log

    async def row(self, statement: Statement, arguments: dict[str, Any]) -> Record:
        """The one row of a statement. Raises Stale when the table has changed since the catalog was read."""
        row = await self._fetch(statement, arguments)
        if row["fingerprint"] != self._table.fingerprint:
            raise Stale
        return row

    async def expected_rows(self, statement: Statement, arguments: dict[str, Any]) -> int:
        """How many rows Postgres expects, from an EXPLAIN."""
        row = await self._fetch(statement, arguments)
        rows: int = orjson.loads(row[0])[0]["Plan"]["Plan Rows"]
        return rows

    async def _fetch(self, statement: Statement, arguments: dict[str, Any]) -> Record:
        given = statement.arguments(arguments)
        self._log.debug("statement", sql=statement.text, arguments=given)
        # Without the exception: its words quote values.
        with _tracer.start_as_current_span(
            "postgres", kind=trace.SpanKind.CLIENT, record_exception=False, set_status_on_exception=False
        ):
            if not statement.planned_by_value:
                return (await self.connection.fetch(statement.text, *given, timeout=self._seconds))[0]
            # Without a name it is prepared anew; a prepared one gets a plan for all values after the fifth time.
            prepared = await self.connection.prepare(statement.text, name="", timeout=self._seconds)
            return (await prepared.fetch(*given, timeout=self._seconds))[0]


class _Again(Exception):
    """What failed may succeed when it is planned anew; `stale`: with a catalog read anew."""

    def __init__(self, *, stale: bool) -> None:
        super().__init__()
        self.stale = stale


class Executor:
    """Plans against the current catalog and runs the plan; what failed by no fault of the caller's is planned and run again, unseen."""

    def __init__(self, databases: Databases, catalogs: Catalogs, seconds: float) -> None:
        self._databases = databases
        self._catalogs = catalogs
        self._seconds = seconds
        # Bound here, once: an unbound one is made anew for each word it logs.
        self._log: structlog.typing.FilteringBoundLogger = structlog.get_logger().bind()

    async def run(
        self,
        tenant: str,
        login: Login,
        prepare: Callable[[Catalog], P],
        work: Callable[[Session, P], Awaitable[R]],
        rescue: Callable[[Connection], Awaitable[R | None]] | None = None,
    ) -> R:
        """Do `work` with the plan that `prepare` makes. `rescue` may still answer when it fails: somebody may have done the same."""
        stale = False
        for attempt in range(1, _ATTEMPTS):
            plan = await self._catalogs.planned(tenant, prepare, fresh=stale)
            try:
                return await self._attempt(tenant, login, plan, work, rescue, final=False)
            except _Again as again:
                stale = again.stale
            if not stale:
                await asyncio.sleep(random.uniform(0, _PAUSE * attempt))  # noqa: S311  jitter, no secret
        plan = await self._catalogs.planned(tenant, prepare, fresh=True)
        return await self._attempt(tenant, login, plan, work, rescue, final=True)

    async def _attempt(
        self,
        tenant: str,
        login: Login,
        plan: P,
        work: Callable[[Session, P], Awaitable[R]],
        rescue: Callable[[Connection], Awaitable[R | None]] | None,
        *,
        final: bool,
    ) -> R:
        async with self._databases.acquire(tenant, login) as connection:
            try:
                return await work(Session(connection, plan.table, self._seconds, self._log), plan)
            except (asyncpg.PostgresError, TimeoutError, Stale, AppError) as error:
                if connection.is_closed():
                    raise
                if rescue is not None and (answer := await rescue(connection)) is not None:
                    return answer
                if isinstance(error, AppError):
                    raise
                _raise_again(error, final)
                raise await self._explained(connection, error, plan) from error

    async def _explained(self, connection: Connection, error: Exception, plan: Plan) -> Exception:
        """The error that callers see; the error itself where it is a fault of ours."""
        if isinstance(error, TimeoutError) or getattr(error, "sqlstate", "") == _CANCELED:
            return QueryTooSlow(plan.table.name, self._seconds, indexing.operation(plan.table, plan.hints))
        if not isinstance(error, asyncpg.PostgresError):
            return Contended(plan.table.name)
        if failures.is_unreadable(error) and (faults := await explain.faults(connection, plan.inputs)):
            return failures.of_fault(faults[0], plan.table, faults[0].row)
        return failures.of_refusal(error, plan.table) or error


def _raise_again(error: Exception, final: bool) -> None:
    state = getattr(error, "sqlstate", "")
    if not final and (isinstance(error, Stale) or state in failures.STALE):
        raise _Again(stale=True) from error
    if not final and state in failures.CONTENDED:
        raise _Again(stale=False) from error
