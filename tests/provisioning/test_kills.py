"""The engine is killed before and after every step that it can take: the next run converges, and PUBLIC never gets in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest
import pytest_asyncio

from services.kit.ids import opaque_name
from services.laptop import postgres
from services.provisioning.decide import Do
from services.provisioning.engine import STEPS, Engine
from services.provisioning.server import Prepare
from services.provisioning.sessions import Server
from services.provisioning.wanted import Wanted
from tests.fixtures.kills import Kill, run_killed
from tests.fixtures.postgres import running_server
from tests.fixtures.provisioning import KEY, OPEN, VERIFIER, Binding

WHENS = ("before", "after")
STORIES: dict[str, tuple[Do, ...]] = {
    "create": (
        Do.CREATE_GROUPS,
        Do.CREATE_DATABASE,
        Do.SHUT_PUBLIC,
        Do.ALLOW_CONNECTIONS,
        Do.FURNISH,
        Do.CREATE_LOGINS,
        Do.SET_VERIFIERS,
        Do.OPEN_DOOR,
    ),
    "rotate": (Do.SHUT_LOGINS, Do.DROP_LOGINS, Do.END_LOGINS, Do.CREATE_LOGINS, Do.SET_VERIFIERS),
    "suspend": (Do.CLOSE_DOOR, Do.END_SESSIONS),
    "delete": (Do.CLOSE_DOOR, Do.STOP_CONNECTIONS, Do.END_SESSIONS, Do.MOVE_AWAY),
    "undelete": (Do.BRING_HOME, Do.ALLOW_CONNECTIONS, Do.OPEN_DOOR),
    "purge": (Do.STOP_CONNECTIONS, Do.END_SESSIONS, Do.DROP_DATABASE, Do.DROP_ROLES),
}
CASES = [(story, Kill(step, when)) for story, steps in STORIES.items() for step in steps for when in WHENS]


@pytest_asyncio.fixture(scope="module")
async def server(durable_postgres: postgres.Server) -> Server:
    """A prepared server with fsync on."""
    server = Server(durable_postgres.dsn(), KEY)
    await Engine(server).bootstrap()
    return server


@pytest_asyncio.fixture
async def binding(durable_postgres: postgres.Server, server: Server) -> AsyncIterator[Binding]:
    """A binding that nothing was done for yet."""
    binding = Binding(durable_postgres, Engine(server), Wanted(opaque_name("t_"), "ready", OPEN))
    yield binding
    await binding.become("purged")


@asynccontextmanager
async def watched(dsn: str) -> AsyncIterator[list[int]]:
    """See all the while, about once a millisecond, that PUBLIC can connect to no database of ours."""
    looks = [0]
    connection = await asyncpg.connect(dsn)

    async def look() -> None:
        while True:
            open_ones = await connection.fetch(
                "SELECT datname FROM pg_database WHERE datname ~ '^(t|rh|rowhouse)_'"
                " AND datallowconn AND has_database_privilege('public', oid, 'CONNECT')"
            )
            assert open_ones == []
            looks[0] += 1

    watcher = asyncio.create_task(look())
    try:
        yield looks
        assert not watcher.done(), watcher.exception()
    finally:
        watcher.cancel()
        await asyncio.gather(watcher, return_exceptions=True)
        await connection.close()
    assert looks[0] > 0


async def _begin(story: str, binding: Binding) -> list["asyncpg.Connection"]:
    """Bring the binding to where the story begins, and say what is wanted next; gives sessions that the story ends."""
    if story == "create":
        return []
    await binding.become("ready")
    await binding.add_login("write", "1")
    await binding.run("ddl_a", "CREATE TABLE public.kept AS SELECT 'kept' AS v")
    sessions = [await binding.connect("rw_a"), await binding.connect("u1")]
    match story:
        case "rotate":
            binding.wanted = Wanted(binding.name, "ready", {**OPEN, "rw_a": None, "rw_b": VERIFIER})
        case "undelete":
            await binding.become("deleted")
            binding.wanted = Wanted(binding.name, "ready", OPEN)
        case "suspend" | "delete" | "purge":
            state = {"suspend": "suspended", "delete": "deleted", "purge": "purged"}[story]
            binding.wanted = Wanted(binding.name, state, OPEN, binding.wanted.sql_logins)  # type: ignore[arg-type]
    return sessions


@pytest.mark.parametrize(("story", "kill"), CASES, ids=str)
async def test_a_killed_engine_leaves_what_the_next_run_completes(
    server: Server, binding: Binding, story: str, kill: Kill
) -> None:
    sessions = await _begin(story, binding)
    async with watched(server.dsn):
        await run_killed(server, binding.wanted, kill)
        observed = await binding.become()
    assert observed.state == binding.wanted.state
    await _must_be_whole(story, binding)
    for session in sessions:
        session.terminate()


async def _must_be_whole(story: str, binding: Binding) -> None:
    steps: list[str] = []
    await binding.hooked_engine(lambda step, _: steps.append(step)).converge(binding.wanted)
    assert steps == []
    if story != "create" and story != "purge":
        await binding.become("ready", verifiers={**OPEN, "rw_b": VERIFIER})
        assert await binding.run("ro_a", "SELECT v FROM public.kept") == "kept"
        assert await binding.run("rw_b", "SELECT rowhouse.is_service()")
    if story != "purge":
        assert await binding.engine.audit(binding.name) == ()


async def test_a_killed_preparation_of_a_server_is_completed_by_the_next_run() -> None:
    with running_server(fsync=True) as fresh:
        server = Server(fresh.dsn(), KEY)
        async with watched(server.dsn):
            for step in Prepare:
                for when in WHENS:
                    await run_killed(server, None, Kill(step, when))
            hardening = await Engine(server).bootstrap()
            assert hardening.level == "full"
            binding = Binding(fresh, Engine(server), Wanted(opaque_name("t_"), "ready", OPEN))
            await binding.become()
        assert await binding.engine.audit(binding.name) == ()


def test_every_step_that_the_engine_can_take_is_killed_somewhere() -> None:
    assert {step for steps in STORIES.values() for step in steps} | set(Prepare) == set(STEPS)
