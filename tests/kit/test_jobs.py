"""Background jobs on a real database."""

import asyncio
import signal
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
from structlog.testing import capture_logs

from services.kit.jobs import Jobs, cron
from services.laptop import control
from tests.fixtures.postgres import MakeDatabase, running_server


async def test_a_deferred_job_runs_with_its_arguments(make_database: MakeDatabase) -> None:
    jobs, ran = Jobs(await make_database(), "records"), asyncio.get_running_loop().create_future()

    @jobs.task("sweep")
    async def sweep(table: str) -> None:
        ran.set_result(table)

    async with jobs.running():
        await jobs.defer("sweep", table="people")
        assert await asyncio.wait_for(ran, 10) == "people"


async def test_periodic_work_runs_by_itself(make_database: MakeDatabase) -> None:
    jobs, ran = Jobs(await make_database(), "records"), asyncio.Event()

    @jobs.periodic(1, "tick")
    async def tick() -> None:
        ran.set()

    async with jobs.running():
        await asyncio.wait_for(ran.wait(), 10)


async def test_two_services_start_on_an_empty_database_at_once(make_database: MakeDatabase) -> None:
    dsn = await make_database()
    async with asyncio.timeout(10), Jobs(dsn, "schema").running(), Jobs(dsn, "records").running():
        pass
    both = [Jobs(await make_database(), "x") for _ in range(2)]
    both[1]._dsn = both[0]._dsn
    await asyncio.gather(*(_once(jobs) for jobs in both))


async def test_a_login_that_owns_nothing_but_the_schema_is_enough(make_database: MakeDatabase) -> None:
    dsn = await make_database()
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        "CREATE ROLE jobs_only LOGIN PASSWORD 'secret'; CREATE SCHEMA jobs AUTHORIZATION jobs_only"
    )
    await _once(Jobs(control.within(dsn, urlsplit(dsn).path[1:], "jobs_only", "secret"), "records"))
    await connection.execute("DROP OWNED BY jobs_only; DROP ROLE jobs_only")
    await connection.close()


async def _once(jobs: Jobs) -> None:
    async with jobs.running():
        pass


async def test_a_job_that_a_killed_worker_held_runs_again(make_database: MakeDatabase) -> None:
    dsn, ran = await make_database(), asyncio.Event()
    jobs = Jobs(dsn, "records")

    @jobs.task("sweep")
    async def sweep() -> None:
        ran.set()

    await _once(jobs)
    connection = await asyncpg.connect(dsn, server_settings={"search_path": "jobs"})
    # What a killed worker leaves: a job that is being done, by a worker whose heart stopped.
    worker = await connection.fetchval(
        "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') RETURNING id"
    )
    await connection.execute(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, status, worker_id) VALUES ('records', 'records.sweep', 'doing', $1)",
        worker,
    )
    async with jobs.running():
        await jobs._maintain()
        await asyncio.wait_for(ran.wait(), 10)
    await connection.close()


async def test_work_goes_on_after_the_database_was_away() -> None:
    noticed = asyncio.Event()

    def notice(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if event["event"] == "job worker lost the database":
            noticed.set()
        return event

    with running_server(fsync=False) as server, capture_logs(processors=[notice]):
        jobs, ticks = Jobs(server.dsn(), "records", patience=0.5), asyncio.Queue[None]()

        @jobs.periodic(1, "tick")
        async def tick() -> None:
            ticks.put_nowait(None)

        async with jobs.running():
            await asyncio.wait_for(ticks.get(), 10)
            server.stop(signal.SIGQUIT)
            await asyncio.wait_for(noticed.wait(), 30)
            while not ticks.empty():
                ticks.get_nowait()
            server.start()
            await asyncio.wait_for(ticks.get(), 20)


async def test_it_ends_although_the_database_is_away() -> None:
    with running_server(fsync=False) as server:
        async with asyncio.timeout(20), Jobs(server.dsn(), "records").running():
            server.stop(signal.SIGQUIT)


def test_a_period_that_no_schedule_can_express_is_refused() -> None:
    assert [cron(n) for n in (15, 60, 300, 3600, 7200, 86400)] == [
        "* * * * * */15",
        "* * * * * 0",
        "*/5 * * * *",
        "0 * * * *",
        "0 */2 * * *",
        "0 0 * * *",
    ]
    with pytest.raises(ValueError, match="7 s"):
        cron(7)
