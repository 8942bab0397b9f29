"""Background work that survives a kill: jobs in schema `jobs` of the control database (Procrastinate), run inside a service."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import procrastinate
import psycopg
import structlog
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import DeleteJobCondition
from prometheus_client import Counter

Work = Callable[..., Awaitable[None]]

SCHEMA = "jobs"
KEEP_FAILED_HOURS = 7 * 24
DRAIN_SECONDS = 10.0
RETRY_SECONDS = 1.0
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_SCHEMA_LOCK = 0x726F77_01
_log = structlog.get_logger()
_runs = Counter("rowhouse_jobs_total", "Jobs run.", ["job", "outcome"])


class Jobs:
    """The jobs of one service: its queue of the control database, and a worker while `running()` is entered.

    `patience` is how many seconds a connection is waited for before the database counts as lost.
    """

    def __init__(self, dsn: str, queue: str, patience: float = 5.0) -> None:
        self._dsn = dsn
        self._queue = queue
        self._stopping = False
        connector = procrastinate.PsycopgConnector(
            conninfo=dsn, kwargs={"options": f"-c search_path={SCHEMA}"}, min_size=1, max_size=4, timeout=patience
        )
        self._app = procrastinate.App(connector=connector)
        self.periodic(_MINUTE, "maintain")(self._maintain)

    def task(self, name: str, retries: int = 0) -> Callable[[Work], Work]:
        """Declare the work of jobs called `name`; a failed one runs again up to `retries` times, ever later."""

        def declare(work: Work) -> Work:
            strategy = procrastinate.RetryStrategy(max_attempts=retries, exponential_wait=2) if retries else False
            self._app.task(name=self._named(name), queue=self._queue, retry=strategy)(self._counted(name, work))
            return work

        return declare

    def periodic(self, every: int, name: str) -> Callable[[Work], Work]:
        """Declare work without arguments that runs each `every` seconds, by one worker only, and never twice at once in the queue."""

        def declare(work: Work) -> Work:
            async def run(timestamp: int) -> None:
                await work()

            named = self._named(name)
            task = self._app.task(name=named, queue=self._queue, queueing_lock=named)(self._counted(name, run))
            self._app.periodic(cron=cron(every))(task)
            return work

        return declare

    async def defer(self, name: str, **arguments: object) -> int:
        """Queue a job of a declared task and answer its id; `arguments` are kept as JSON."""
        return await self._app.tasks[self._named(name)].defer_async(**arguments)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work on the queue; on exit, running jobs have `DRAIN_SECONDS` to finish, and the others stay queued."""
        await _prepare(self._dsn)
        async with self._app.open_async():
            self._stopping = False
            worker = asyncio.create_task(self._work())
            try:
                yield
            finally:
                self._stopping = True
                worker.cancel()  # it then lets its jobs finish; without a database it might never notice
                await asyncio.wait({worker}, timeout=DRAIN_SECONDS + RETRY_SECONDS)

    async def _work(self) -> None:
        # Procrastinate's worker ends when the database goes away; the service stays, and so does its work.
        while not self._stopping:
            try:
                await self._app.run_worker_async(
                    queues=[self._queue],
                    name=self._queue,
                    concurrency=2,
                    install_signal_handlers=False,
                    shutdown_graceful_timeout=DRAIN_SECONDS,
                    delete_jobs=DeleteJobCondition.SUCCESSFUL,
                )
            except (ConnectorException, psycopg.Error) as error:
                _log.warning("job worker lost the database", queue=self._queue, error=str(error.__cause__ or error))
                await asyncio.sleep(RETRY_SECONDS)

    def _named(self, name: str) -> str:
        return f"{self._queue}.{name}"

    def _counted(self, name: str, work: Work) -> Work:
        async def run(**arguments: object) -> None:
            with structlog.contextvars.bound_contextvars(job=self._named(name)):
                try:
                    await work(**arguments)
                except Exception:
                    _runs.labels(self._named(name), "failed").inc()
                    _log.exception("job failed")
                    raise
                _runs.labels(self._named(name), "done").inc()

        return run

    async def _maintain(self) -> None:
        """Queue again what a killed worker held, and forget what failed long ago."""
        manager = self._app.job_manager
        for job in await manager.get_stalled_jobs(queue=self._queue):
            await manager.retry_job(job)
        await manager.delete_old_jobs(nb_hours=KEEP_FAILED_HOURS, queue=self._queue, include_failed=True)


def cron(every: int) -> str:
    """The schedule of each `every` seconds, which must divide a minute, an hour or a day. The last field is seconds."""
    if every > 0 and _MINUTE % every == 0:
        return "* * * * * 0" if every == _MINUTE else f"* * * * * */{every}"
    if every > 0 and every % _MINUTE == 0 and _HOUR % every == 0:
        return "0 * * * *" if every == _HOUR else f"*/{every // _MINUTE} * * * *"
    if every > 0 and every % _HOUR == 0 and _DAY % every == 0:
        return "0 0 * * *" if every == _DAY else f"0 */{every // _HOUR} * * *"
    raise ValueError(f"A period of {every} s divides neither a minute, an hour nor a day.")


async def _prepare(dsn: str) -> None:
    """Make Procrastinate's tables unless they are there; several processes may do so at once."""
    async with await psycopg.AsyncConnection.connect(dsn, options=f"-c search_path={SCHEMA}") as connection:
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", [_SCHEMA_LOCK])
        found = await connection.execute("SELECT to_regclass('procrastinate_jobs') IS NOT NULL")
        if await found.fetchone() != (True,):
            schema = await connection.execute("SELECT to_regnamespace(%s) IS NOT NULL", [SCHEMA])
            if await schema.fetchone() != (True,):  # else a login that may not create schemas would be refused
                await connection.execute(f"CREATE SCHEMA {SCHEMA}")
            await connection.execute(procrastinate.schema.SchemaManager.get_schema())
