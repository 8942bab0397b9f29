"""The template's migrations: in order, once each, from the data of the version before; and what a server without superuser lacks."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from services.kit.ids import opaque_name
from services.laptop import postgres
from services.provisioning import migrate
from services.provisioning.engine import Engine
from services.provisioning.errors import HardeningFailed, ProvisionerTooWeak, StepRefused
from services.provisioning.sessions import Server
from services.provisioning.wanted import Wanted
from tests.fixtures.postgres import running_server
from tests.fixtures.provisioning import KEY, OPEN, PASSWORD, Binding, MakeBinding

# What stood in a database at each version but the newest, written by that version's own means.
_TABLE = (
    "CREATE TABLE public.people (id int, name text); INSERT INTO public.people VALUES (1, 'Ada');"
    "SELECT rowhouse.reconcile(); UPDATE rowhouse.relation SET label = 'Our people';"
)
_IMPORT = '{"schema": "public", "table": "people", "rows": 1, "bytes": 20}'
PREVIOUS = {
    1: _TABLE,
    2: f"""{_TABLE} INSERT INTO rowhouse.operation (verb, nature, detail) VALUES ('adopt_table', 'mixed', '{_IMPORT}')""",
    3: _TABLE,
}


@pytest_asyncio.fixture
async def old_database(postgres: postgres.Server, engine: Engine) -> AsyncIterator[Binding]:
    """A binding's database as an earlier version left it: nobody has been let in yet."""
    binding = Binding(postgres, engine, Wanted(opaque_name("t_"), "ready", OPEN))
    async with binding.connected("postgres", "postgres") as superuser:
        await superuser.execute(f"CREATE DATABASE {binding.name} OWNER rh_prov")
        await superuser.execute(f"GRANT CREATE ON DATABASE {binding.name} TO rh_meta")
    yield binding
    await binding.become("purged")


@pytest.mark.parametrize("version", range(1, migrate.newest()))
async def test_a_database_comes_from_each_earlier_version_with_its_data(old_database: Binding, version: int) -> None:
    async with old_database.connected("postgres") as superuser, superuser.transaction():
        assert await migrate.migrate(superuser, target=version) == version
        await superuser.execute(PREVIOUS[version])
        before = await superuser.fetchrow("SELECT id, label FROM rowhouse.relation")
    observed = await old_database.become()
    assert observed.version == migrate.newest()
    async with old_database.connected("rw_a") as connection:
        assert await connection.fetchrow("SELECT id, label FROM rowhouse.relation") == before
        steps = await connection.fetchval("SELECT count(*) FROM rowhouse.operation")
        assert await connection.fetchval("SELECT rowhouse.open_operation('x', 'data')") == steps + 1


async def test_imports_of_before_keep_their_ids(old_database: Binding) -> None:
    async with old_database.connected("postgres") as superuser, superuser.transaction():
        await migrate.migrate(superuser, target=2)
        await superuser.execute(PREVIOUS[2])
    await old_database.become()
    async with old_database.connected("rw_a") as connection:
        known = await connection.fetchrow("SELECT id, operation, table_name, rows FROM rowhouse.import")
        assert tuple(known or ()) == (1, 1, "people", 1)
        assert await connection.fetchval("SELECT rowhouse.open_import('public', 'x', 'ada', 'Ada')") == 2


async def test_migrating_again_changes_nothing(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    async with binding.connected("ro_a") as connection:
        before = await connection.fetchrow("SELECT version, migrated_at FROM rowhouse.meta")
        assert await binding.engine.migrate(binding.name) == migrate.newest()
        assert await connection.fetchrow("SELECT version, migrated_at FROM rowhouse.meta") == before


async def test_a_newer_database_is_left_at_its_version(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    async with binding.connected("postgres") as superuser:
        await superuser.execute("UPDATE rowhouse.meta SET version = 99")
    assert await binding.engine.migrate(binding.name) == 99
    assert (await binding.become()).version == 99
    steps: list[str] = []
    await binding.hooked_engine(lambda step, _: steps.append(step)).converge(binding.wanted)
    assert steps == []


async def test_migrating_waits_for_no_reader(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    async with binding.connected("ro_a") as reader, reader.transaction():
        await reader.fetch("SELECT * FROM rowhouse.meta, rowhouse.relation, rowhouse.operation")
        assert await binding.engine.migrate(binding.name) == migrate.newest()


async def test_the_door_stays_shut_where_something_is_open_that_must_not_be(make_binding: MakeBinding) -> None:
    binding = await make_binding("prepared")
    async with binding.connected("postgres") as superuser:
        await superuser.execute(
            f"GRANT CREATE ON SCHEMA public TO {binding.name}_w; COMMENT ON DATABASE {binding.name} IS NULL"
        )
    with pytest.raises(HardeningFailed, match=r"stays shut: .* may create in schema public"):
        await binding.become("ready")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await binding.connect("rw_a")
    async with binding.connected("postgres") as superuser:
        await superuser.execute(f"REVOKE CREATE ON SCHEMA public FROM {binding.name}_w")
    assert (await binding.become("ready")).state == "ready"


async def test_a_right_that_only_a_superuser_can_take_back_is_an_error_that_names_it(make_binding: MakeBinding) -> None:
    binding = await make_binding("prepared")
    async with binding.connected("postgres") as superuser:
        await superuser.execute(f"GRANT pg_read_all_data TO {binding.name}_r")
        with pytest.raises(StepRefused, match=r"'create_groups' .* revoke role"):
            await binding.become("ready")
        await superuser.execute(f"REVOKE pg_read_all_data FROM {binding.name}_r")


async def test_a_server_that_gives_no_superuser_says_what_is_missing_and_isolates_all_the_same() -> None:
    with running_server(fsync=False) as fresh:
        superuser = await asyncpg.connect(fresh.dsn())
        await superuser.execute(f"CREATE ROLE managed LOGIN CREATEDB CREATEROLE PASSWORD '{PASSWORD}'")
        engine = Engine(Server(fresh.dsn(user="managed", password=PASSWORD), KEY, superuser=False))
        hardening = await engine.bootstrap()
        assert hardening.level == "partial"
        assert {
            "PUBLIC may use language plpgsql",
            "PUBLIC may execute pg_sleep(double precision)",
            "PUBLIC may connect to database postgres",
            "temp_file_limit cannot be set for logins",
        } <= set(hardening.missing)
        assert await engine.bootstrap() == hardening
        one, other = [Binding(fresh, engine, Wanted(opaque_name("t_"), "ready", OPEN)) for _ in range(2)]
        for binding in (one, other):
            await binding.become()
            assert await engine.audit(binding.name) == ()
        assert await one.run("rw_a", "SELECT rowhouse.is_service()")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await one.connect("rw_a", other.name)
        for state in ("suspended", "deleted", "ready", "purged"):
            assert (await one.become(state)).state == state
        await superuser.close()


async def test_a_role_that_cannot_provision_is_refused_with_what_it_needs(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    dsn = binding.server.dsn(binding.name, f"{binding.name}_rw_a", PASSWORD)
    for superuser, needed in ((True, "SUPERUSER"), (False, "CREATEDB and CREATEROLE")):
        with pytest.raises(ProvisionerTooWeak, match=needed):
            await Engine(Server(dsn, KEY, superuser=superuser)).bootstrap()


async def test_a_template_that_is_old_is_renewed_before_new_databases_are_made(
    engine: Engine, make_binding: MakeBinding
) -> None:
    binding = await make_binding()
    note = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'rowhouse_template'"
    async with binding.connected("postgres", "postgres") as superuser:
        before = await superuser.fetchval(note)
        await superuser.execute("""COMMENT ON DATABASE rowhouse_template IS '{"digest": "old", "missing": []}'""")
        await engine.bootstrap()
        assert await superuser.fetchval(note) == before
    assert (await (await make_binding()).become()).version == migrate.newest()
