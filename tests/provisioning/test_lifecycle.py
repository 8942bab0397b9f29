"""A binding's life: prepared, ready, suspended, deleted and back, purged; rotation; what is left at the end."""

import asyncio
import base64

import asyncpg
import pytest

from services.kit.ids import opaque_name
from services.laptop.postgres import Server
from services.provisioning import migrate, sessions
from services.provisioning.engine import Engine
from services.provisioning.errors import (
    DatabaseInUse,
    DatabaseLost,
    DatabaseUnknown,
    ServerUnprepared,
    ServerUnreachable,
)
from services.provisioning.scram import verifier
from services.provisioning.wanted import Limits, Wanted
from tests.fixtures.provisioning import KEY, OPEN, PASSWORD, VERIFIER, MakeBinding

ENDED = (asyncpg.AdminShutdownError, asyncpg.ConnectionDoesNotExistError, asyncpg.InterfaceError)


async def test_a_prepared_binding_has_everything_but_an_open_door(make_binding: MakeBinding) -> None:
    binding = await make_binding("prepared", verifiers={})
    assert (await binding.engine.converge(binding.wanted)).version == migrate.newest()
    for login in ("ddl_a", "rw_a", "ro_a", "load_a"):
        with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
            await binding.connect(login)
    await binding.become("prepared", verifiers=OPEN)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for database"):
        await binding.connect("rw_a")


async def test_claiming_a_prepared_binding_only_sets_its_secrets_and_opens_its_door(make_binding: MakeBinding) -> None:
    binding = await make_binding("prepared", verifiers={})
    steps: list[str] = []
    claiming = binding.hooked_engine(lambda step, when: steps.append(step) if when == "after" else None)
    observed = await claiming.converge(Wanted(binding.name, "ready", OPEN))
    assert steps == ["set_verifiers", "open_door"]
    assert observed.state == "ready"
    assert await binding.run("rw_a", "SELECT 1") == 1


async def test_converging_twice_takes_no_step(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    await binding.add_login("write", "1")
    steps: list[str] = []
    again = binding.hooked_engine(lambda step, _: steps.append(step))
    await again.converge(binding.wanted)
    assert steps == []


async def test_suspending_ends_every_session_and_shuts_every_login(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    await binding.add_login("ddl", "1")
    logins = ("ddl_a", "rw_a", "ro_a", "load_a", "u1")
    open_sessions = [await binding.connect(login) for login in logins]
    assert (await binding.become("suspended")).state == "suspended"
    for session in open_sessions:
        with pytest.raises(ENDED):
            await session.execute("SELECT 1")
    for login in logins:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for database"):
            await binding.connect(login)
    await binding.become("ready")
    assert await binding.run("u1", "SELECT 1") == 1


async def test_a_deleted_database_is_out_of_reach_and_comes_back_whole(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    await binding.run("ddl_a", "CREATE TABLE public.t AS SELECT 'kept' AS v")
    session = await binding.connect("rw_a")
    assert (await binding.become("deleted")).state == "deleted"
    with pytest.raises(ENDED):
        await session.execute("SELECT 1")
    for database in (binding.name, f"{binding.name}_deleted"):
        for login in ("rw_a", "postgres"):
            with pytest.raises((asyncpg.InvalidCatalogNameError, asyncpg.ObjectNotInPrerequisiteStateError)):
                await binding.connect(login, database)
    assert (await binding.engine.usage(binding.name)).bytes > 0
    with pytest.raises(DatabaseUnknown):
        await binding.engine.migrate(binding.name)
    await binding.become("ready", existing=True)
    assert await binding.run("ro_a", "SELECT v FROM public.t") == "kept"
    assert await binding.engine.audit(binding.name) == ()


async def test_purging_leaves_nothing_of_the_binding_in_any_shared_catalog(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    await binding.add_login("ddl", "1")
    await binding.run("u1", "CREATE TABLE public.t (v int)")
    await binding.run("rw_a", "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC")
    await binding.add_login("write", "2")
    await binding.run("u2", f"ALTER ROLE {binding.name}_u2 SET work_mem = '8MB'")
    sessions = [await binding.connect(login) for login in ("rw_a", "u1")]
    async with binding.connected("postgres", "postgres") as superuser:
        database = await superuser.fetchval("SELECT oid FROM pg_database WHERE datname = $1", binding.name)
        oids = await superuser.fetchval(
            "SELECT array_agg(oid) FROM pg_roles WHERE starts_with(rolname, $1)", binding.name
        )
        assert (await binding.become("purged")).state == "purged"
        left = await superuser.fetch(
            "SELECT 'database' FROM pg_database WHERE oid = $1 OR starts_with(datname, $3)"
            " UNION ALL SELECT 'role' FROM pg_roles WHERE oid = ANY($2::oid[]) OR starts_with(rolname, $3)"
            " UNION ALL SELECT 'dependency' FROM pg_shdepend WHERE refobjid = ANY($2::oid[]) OR objid = ANY($2::oid[]) OR dbid = $1"
            " UNION ALL SELECT 'membership' FROM pg_auth_members WHERE $2::oid[] && ARRAY[roleid, member, grantor]"
            " UNION ALL SELECT 'setting' FROM pg_db_role_setting WHERE setrole = ANY($2::oid[]) OR setdatabase = $1"
            " UNION ALL SELECT 'comment' FROM pg_shdescription WHERE objoid = ANY($2::oid[] || $1)"
            " UNION ALL SELECT 'session' FROM pg_stat_activity WHERE datid = $1",
            database,
            oids,
            binding.name,
        )
        assert left == []
    for session in sessions:
        await session.close()


async def test_a_deleted_binding_is_purged_too(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    await binding.become("deleted")
    assert (await binding.become("purged")).state == "purged"
    with pytest.raises(DatabaseUnknown, match="converge it first"):
        await binding.engine.usage(binding.name)


async def test_a_lost_database_is_an_error_and_not_an_empty_database(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    async with binding.connected("postgres", "postgres") as superuser:
        await superuser.execute(f"DROP DATABASE {binding.name}")
    with pytest.raises(DatabaseLost, match="restore it, or purge the binding"):
        await binding.become("ready")
    with pytest.raises(DatabaseLost):
        await binding.engine.converge(Wanted(opaque_name("t_"), "ready", existing=True))


async def test_slots_rotate_without_a_moment_in_which_no_secret_is_right(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    old = await binding.connect("rw_a")
    await binding.become(verifiers=OPEN | {"rw_b": VERIFIER})
    assert await binding.run("rw_b", "SELECT rowhouse.is_service()")
    assert await old.fetchval("SELECT 1") == 1
    await binding.become(verifiers=OPEN | {"rw_a": None, "rw_b": VERIFIER})
    with pytest.raises(ENDED):
        await old.execute("SELECT 1")
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
        await binding.connect("rw_a")
    await binding.become(verifiers=OPEN | {"rw_a": verifier("another one")})
    with pytest.raises(asyncpg.InvalidPasswordError):
        await binding.connect("rw_a")
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
        await binding.connect("rw_b")


async def test_changed_limits_reach_logins_that_exist(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    await binding.become(limits=Limits(statement_timeout=1234))
    assert await binding.run("rw_a", "SHOW statement_timeout") == "1234ms"


async def test_rights_that_somebody_gave_by_hand_are_taken_back(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    async with binding.connected("postgres") as superuser:
        await superuser.execute(f"GRANT CONNECT ON DATABASE {binding.name} TO PUBLIC")
        await superuser.execute(f"CREATE ROLE {binding.name}_stray LOGIN; ALTER ROLE {binding.name}_w LOGIN")
        await superuser.execute(f"GRANT {binding.name}_stray TO rh_prov WITH ADMIN TRUE")
        await superuser.execute(f"SET ROLE rh_prov; GRANT {binding.name}_own TO {binding.name}_ro_a")
    observed = await binding.become("ready")
    assert f"{binding.name}_stray" not in observed.roles
    assert not observed.roles[f"{binding.name}_w"].can_login
    assert await binding.engine.audit(binding.name) == ()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await binding.run("ro_a", f"SET ROLE {binding.name}_own")


async def test_a_superusers_session_in_the_way_of_a_deletion_is_named(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    async with binding.connected("postgres"):
        with pytest.raises(DatabaseInUse, match="close them and try again"):
            await binding.become("deleted")
    assert (await binding.become("deleted")).state == "deleted"


async def test_engines_at_work_at_once_make_one_binding(make_binding: MakeBinding, postgres: Server) -> None:
    binding = await make_binding("prepared", verifiers={})
    wanted = Wanted(binding.name, "ready", OPEN)
    engines = [Engine(sessions.Server(postgres.dsn(), KEY)) for _ in range(5)]
    observed = await asyncio.gather(*(engine.converge(wanted) for engine in engines))
    assert {one.state for one in observed} == {"ready"}


async def test_many_bindings_are_made_at_once(make_binding: MakeBinding) -> None:
    bindings = await asyncio.gather(*(make_binding() for _ in range(8)))
    assert {await binding.run("rw_a", "SELECT current_database()::text") for binding in bindings} == {
        binding.name for binding in bindings
    }


async def test_engines_wait_for_each_other_on_one_binding_and_not_on_others(make_binding: MakeBinding) -> None:
    one, other = [await make_binding() for _ in range(2)]
    async with one.engine.server.locked(one.name):
        assert (await other.become("suspended")).state == "suspended"
        waiting = asyncio.create_task(one.become("suspended"))
        async with one.connected("postgres", "postgres") as superuser:
            while not await superuser.fetchval("SELECT true FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"):
                pass
        assert await one.run("rw_a", "SELECT 1") == 1
    assert (await waiting).state == "suspended"


async def test_an_unprepared_or_missing_server_is_named(postgres: Server) -> None:
    wanted = Wanted(opaque_name("t_"), "ready")
    elsewhere = sessions.Server("postgresql://x:y@127.0.0.1:1/postgres", KEY, name="elsewhere")
    with pytest.raises(ServerUnreachable, match="'elsewhere' does not answer"):
        await Engine(elsewhere).converge(wanted)
    with pytest.raises(ServerUnprepared, match="does not let the provisioner in"):
        await Engine(sessions.Server(postgres.dsn(), b"another key")).converge(wanted)


async def test_a_verifier_is_what_postgres_itself_would_have_made(make_binding: MakeBinding) -> None:
    binding = await make_binding("prepared", verifiers={})
    async with binding.connected("postgres", "postgres") as superuser:
        await superuser.execute(f"ALTER ROLE {binding.name}_rw_a PASSWORD '{PASSWORD}'")
        made = await superuser.fetchval("SELECT rolpassword FROM pg_authid WHERE rolname = $1", f"{binding.name}_rw_a")
    salt = made.split("$")[1].partition(":")[2]
    assert verifier(PASSWORD, base64.b64decode(salt)) == made
