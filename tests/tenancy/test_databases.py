"""The door to the databases: bounded, LRU, clean, and plain about what is wrong."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest
import pytest_asyncio

from services.kit.errors import Forbidden
from services.tenancy.databases import Databases
from services.tenancy.errors import DatabaseBusy, DatabaseUnavailable
from services.tenancy.pools import Limits
from tests.fixtures.tenants import Keyring, MakeTenant, Tenant

SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'door'"


class Suspended(Forbidden):
    reason = "SUSPENDED"


@pytest_asyncio.fixture
async def door(keyring: Keyring) -> AsyncIterator[Databases]:
    databases = Databases(keyring, Limits(per_server=3, per_pool=2, wait=0.3), "door")
    yield databases
    databases.close()


async def _sessions(tenant: Tenant) -> int:
    """How many sessions the door has open on the whole server."""
    async with tenant.binding.connected("postgres") as connection:
        found: int = await connection.fetchval(SESSIONS)
        return found


async def _eventually(tenant: Tenant, count: int) -> None:
    async with tenant.binding.connected("postgres") as connection:
        while await connection.fetchval(SESSIONS) != count:
            pass


async def test_a_connection_is_used_again_with_its_prepared_statements(door: Databases, tenant: Tenant) -> None:
    async with door.acquire(tenant.id, "ro") as connection:
        first = connection
        await connection.fetchval("SELECT 1 + $1::int", 1)
    async with door.acquire(tenant.id, "ro") as connection:
        assert connection is first
        assert (
            await connection.fetchval("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT 1 +%'")
            == 1
        )
    assert await _sessions(tenant) == 1


async def test_logins_are_apart(door: Databases, tenant: Tenant) -> None:
    for login in ("ro", "rw", "load", "ddl"):
        async with door.acquire(tenant.id, login) as connection:
            assert await connection.fetchval("SELECT session_user") == f"{tenant.id}_{login}_a"


async def test_what_comes_back_in_a_transaction_is_closed(door: Databases, tenant: Tenant) -> None:
    async with door.acquire(tenant.id, "ro") as dirty:
        await dirty.execute("BEGIN")
    async with door.acquire(tenant.id, "ro") as connection:
        assert connection is not dirty
    await _eventually(tenant, 1)


async def test_a_cancelled_query_leaves_a_connection_that_works(door: Databases, tenant: Tenant) -> None:
    async def slow() -> None:
        async with door.acquire(tenant.id, "ro") as connection, connection.transaction():
            await connection.fetch("SELECT count(*) FROM generate_series(1, 1000000000)")

    for _ in range(3):
        task = asyncio.create_task(slow())
        await _eventually(tenant, 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with door.acquire(tenant.id, "ro") as connection:
            assert await connection.fetchval("SELECT 1") == 1


async def test_a_pool_has_its_limit_and_says_busy(door: Databases, tenant: Tenant) -> None:
    async with door.acquire(tenant.id, "ro"), door.acquire(tenant.id, "ro"):
        with pytest.raises(DatabaseBusy):
            async with door.acquire(tenant.id, "ro"):
                pass
    async with door.acquire(tenant.id, "ro") as connection:
        assert await connection.fetchval("SELECT 1") == 1


async def test_the_longest_idle_connection_makes_room_on_a_full_server(
    door: Databases, tenant: Tenant, make_tenant: MakeTenant
) -> None:
    others = [await make_tenant() for _ in range(3)]
    for each in (tenant, *others):
        async with door.acquire(each.id, "ro") as connection:
            assert await connection.fetchval("SELECT current_database()") == each.id
    await _eventually(tenant, 3)
    async with tenant.binding.connected("postgres") as observer:
        left = await observer.fetchval(
            "SELECT array_agg(datname::text) FROM pg_stat_activity WHERE application_name = 'door'"
        )
    assert set(left) == {other.id for other in others}


async def test_whoever_waits_for_a_full_server_gets_what_comes_back(
    door: Databases, tenant: Tenant, make_tenant: MakeTenant
) -> None:
    other = await make_tenant()
    async with door.acquire(other.id, "rw"):
        async with door.acquire(other.id, "ro"), door.acquire(other.id, "load"):
            waiting = asyncio.create_task(_one(door, tenant))
            await asyncio.sleep(0)
        assert await waiting == 1


async def _one(door: Databases, tenant: Tenant) -> int:
    async with door.acquire(tenant.id, "ro") as connection:
        found: int = await connection.fetchval("SELECT 1")
        return found


async def _interrupted(door: Databases, tenant: Tenant, meanwhile: Callable[[int], Awaitable[None]]) -> None:
    """Use a connection after something has happened to its session, which the process knows by its id."""
    async with door.acquire(tenant.id, "ro") as connection:
        await meanwhile(connection.get_server_pid())
        await connection.fetchval("SELECT 1")


async def test_a_rotated_password_is_asked_for_again(door: Databases, keyring: Keyring, tenant: Tenant) -> None:
    verifiers = dict(tenant.binding.wanted.verifiers)
    async with door.acquire(tenant.id, "ro"):
        pass
    keyring.slot = "b"
    await tenant.binding.become(verifiers={**verifiers, "ro_b": verifiers["ro_a"], "ro_a": None})
    async with door.acquire(tenant.id, "ro") as connection:
        assert await connection.fetchval("SELECT session_user") == f"{tenant.id}_ro_b"


async def test_a_slot_that_is_shut_while_it_is_remembered_costs_no_request(
    door: Databases, keyring: Keyring, tenant: Tenant
) -> None:
    verifiers = dict(tenant.binding.wanted.verifiers)
    await tenant.binding.become(verifiers={**verifiers, "ro_b": verifiers["ro_a"], "ro_a": None})

    def rotated(tenant_id: str, login: str) -> None:
        keyring.slot = "b"

    keyring.forget = rotated  # type: ignore[method-assign, assignment]
    async with door.acquire(tenant.id, "ro") as connection:
        assert await connection.fetchval("SELECT 1") == 1


async def test_a_suspension_in_the_middle_is_what_auth_says_it_is(
    door: Databases, keyring: Keyring, tenant: Tenant
) -> None:
    async def suspend(_: int) -> None:
        keyring.refusal = Suspended("The workspace is suspended.")
        await tenant.binding.become("suspended")

    with pytest.raises(Suspended):
        await _interrupted(door, tenant, suspend)
    with pytest.raises(Suspended):
        await _one(door, tenant)


async def test_a_session_that_is_ended_for_no_reason_is_unavailable_and_the_next_works(
    door: Databases, tenant: Tenant
) -> None:
    async def end(pid: int) -> None:
        async with tenant.binding.connected("postgres") as administrator:
            await administrator.execute(f"SELECT pg_terminate_backend({pid})")

    with pytest.raises(DatabaseUnavailable):
        await _interrupted(door, tenant, end)
    assert await _one(door, tenant) == 1


async def test_idle_connections_that_were_ended_meanwhile_are_not_handed_out(door: Databases, tenant: Tenant) -> None:
    async with door.acquire(tenant.id, "ro") as connection:
        pid, ended = connection.get_server_pid(), asyncio.Event()
        connection.add_termination_listener(lambda _: ended.set())
    async with tenant.binding.connected("postgres") as administrator:
        await administrator.execute(f"SELECT pg_terminate_backend({pid})")
    await ended.wait()
    assert await _one(door, tenant) == 1


async def test_what_a_query_itself_gets_wrong_is_not_taken_for_a_fault_of_the_server(
    door: Databases, tenant: Tenant
) -> None:
    with pytest.raises(asyncpg.UndefinedTableError):
        async with door.acquire(tenant.id, "ro") as connection:
            await connection.fetchval("SELECT 1 FROM nowhere")
    assert await _one(door, tenant) == 1


async def test_idle_connections_are_closed_after_a_while(keyring: Keyring, tenant: Tenant) -> None:
    databases = Databases(keyring, Limits(idle=0.05), "door")
    assert await _one(databases, tenant) == 1
    await _eventually(tenant, 0)
    databases.close()
