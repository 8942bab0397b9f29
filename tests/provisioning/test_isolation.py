"""What no login may do: reach another database, or get at what all tenants of a server share."""

import asyncio
from contextlib import suppress
from typing import get_args

import asyncpg
import pytest

from services.provisioning.wanted import SLOTS, Access, Limits
from tests.fixtures.provisioning import PASSWORD, VERIFIER, Binding, MakeBinding

SERVICES = ("ddl_a", "rw_a", "ro_a", "load_a")
DENIED = asyncpg.InsufficientPrivilegeError


async def _three(make_binding: MakeBinding) -> list[Binding]:
    bindings = [await make_binding() for _ in range(3)]
    for binding in bindings:
        for access in get_args(Access):
            await binding.add_login(access, access)
    return bindings


async def test_no_login_connects_to_any_other_database_of_the_server(make_binding: MakeBinding) -> None:
    bindings = await _three(make_binding)
    async with bindings[0].connected("postgres", "postgres") as superuser:
        databases = [row[0] for row in await superuser.fetch("SELECT datname FROM pg_database WHERE datallowconn")]
    attempts = 0
    for binding in bindings:
        for login in (*SERVICES, "uread", "uwrite", "uddl"):
            assert await binding.run(login, "SELECT current_database()::text") == binding.name
            for database in set(databases) - {binding.name}:
                if database.startswith("test_"):  # other tests' own databases are as they made them
                    continue
                attempts += 1
                with pytest.raises(DENIED, match="permission denied for database"):
                    await binding.connect(login, database)
    assert attempts >= 3 * 7 * 5


async def test_the_template_lets_nobody_in(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    for login in ("postgres", "rw_a"):
        with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError, match="not currently accepting connections"):
            await binding.connect(login, "rowhouse_template")


async def test_a_fresh_tenants_database_has_nothing_open(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    assert await binding.engine.audit(binding.name) == ()


@pytest.mark.parametrize(
    ("opened", "sentence"),
    [
        ("GRANT CONNECT ON DATABASE {t} TO PUBLIC", "PUBLIC may connect"),
        ("GRANT TEMP ON DATABASE {t} TO {t}_own", "{t}_own may TEMP in database"),
        ("GRANT CREATE ON DATABASE {t} TO {t}_own", "{t}_own may CREATE in database"),
        ("GRANT USAGE ON SCHEMA public TO PUBLIC", "PUBLIC may USAGE in schema public"),
        ("GRANT CREATE ON SCHEMA public TO {t}_w", "{t}_w may create in schema public"),
        ("GRANT CREATE ON SCHEMA rowhouse TO {t}_own", "{t}_own may create in schema rowhouse"),
        ("GRANT USAGE ON SCHEMA rowhouse TO PUBLIC", "PUBLIC may USAGE in schema rowhouse"),
        ("GRANT INSERT ON rowhouse.operation TO {t}_svc", "{t}_rw_a may INSERT rowhouse.operation"),
        ("GRANT TRIGGER ON rowhouse.relation TO {t}_own", "{t}_own may TRIGGER rowhouse.relation"),
        ("GRANT EXECUTE ON FUNCTION rowhouse.reconcile() TO PUBLIC", "PUBLIC may execute rowhouse.reconcile()"),
        ("ALTER FUNCTION rowhouse.reconcile() RESET search_path", "rowhouse.reconcile() runs with its owner's rights"),
        ("ALTER FUNCTION rowhouse.reconcile() OWNER TO postgres", "rowhouse.reconcile() runs with its owner's rights"),
        ("GRANT pg_read_all_data TO {t}_r", "{t}_ro_a is a member of pg_read_all_data"),
        ("ALTER DATABASE {t} OWNER TO {t}_own", "{t}_own owns database"),
    ],
)
async def test_the_audit_sees_what_was_opened(make_binding: MakeBinding, opened: str, sentence: str) -> None:
    binding = await make_binding()
    async with binding.connected("postgres") as superuser:
        await superuser.execute(opened.format(t=binding.name))
    found = await binding.engine.audit(binding.name)
    assert any(sentence.format(t=binding.name) in one for one in found), found


@pytest.mark.parametrize("login", [*SERVICES, "uread", "uwrite", "uddl"])
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(pg_advisory_lock(i)) FROM generate_series(1, 200000) i",
        "SELECT pg_try_advisory_xact_lock(1)",
        "SELECT pg_sleep(60)",
        "SELECT lo_create(0)",
        "SELECT lo_from_bytea(0, 'x')",
        "SELECT pg_notify('x', 'y')",
        "SELECT pg_logical_emit_message(false, 'x', 'y')",
        "DO $$BEGIN END$$",
        "CREATE TEMP TABLE x (y int)",
        "CREATE SCHEMA x",
        "CREATE EXTENSION pgcrypto",
        "CREATE EXTENSION dblink",
        "CREATE EVENT TRIGGER x ON ddl_command_end EXECUTE FUNCTION rowhouse.reconcile()",
        "CREATE PUBLICATION x FOR ALL TABLES",
        "COPY (SELECT 1) TO PROGRAM 'id'",
        "COPY (SELECT 1) TO '/tmp/x'",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT rolpassword FROM pg_authid",
        "SET session_replication_role = replica",
        "SET temp_file_limit = -1",
        "CREATE ROLE x",
        "CREATE DATABASE x",
        "ALTER DATABASE {t} SET search_path = evil",
        "ALTER DATABASE {t} RENAME TO x",
        "ALTER DATABASE {t} CONNECTION LIMIT 0",
        "DROP DATABASE {t}",
        "DROP SCHEMA public",
        "DROP SCHEMA rowhouse CASCADE",
        "ALTER ROLE {t}_w LOGIN PASSWORD 'x'",
        "GRANT {t}_con TO {t}_r",
        "SET ROLE rh_meta",
        "SET ROLE rh_prov",
        "SET SESSION AUTHORIZATION postgres",
        "DELETE FROM rowhouse.operation",
        "UPDATE rowhouse.relation SET label = 'x'",
        "CREATE TABLE rowhouse.x (y int)",
    ],
)
async def test_no_login_does_what_would_harm_others(hardened: Binding, login: str, sql: str) -> None:
    with pytest.raises(asyncpg.PostgresError) as refusal:
        await hardened.run(login, sql.format(t=hardened.name))
    assert refusal.value.sqlstate in {"42501", "55006", "0A000"}, refusal.value


@pytest.mark.parametrize("login", [*SERVICES, "uread", "uwrite", "uddl"])
async def test_no_login_gives_away_what_it_has(hardened: Binding, login: str) -> None:
    """Postgres answers such a GRANT with a warning or an error; what counts is that nothing was granted."""
    async with hardened.connected(login) as connection:
        with suppress(asyncpg.PostgresError):
            await connection.execute(f"GRANT CONNECT, TEMP ON DATABASE {hardened.name} TO PUBLIC")
        with suppress(asyncpg.PostgresError):
            await connection.execute("GRANT USAGE ON SCHEMA rowhouse TO PUBLIC")
    assert await hardened.engine.audit(hardened.name) == ()


async def test_a_viewers_login_cannot_become_anybody_else(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    for group in ("own", "w", "load", "svc", "con", "rw_a", "ddl_a"):
        with pytest.raises(DENIED, match="permission denied to set role"):
            await binding.run("ro_a", f"SET ROLE {binding.name}_{group}")


async def test_logins_are_no_members_of_one_another(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    await binding.become(verifiers=dict.fromkeys(SLOTS, VERIFIER))
    names = [f"{binding.name}_{slot}" for slot in SLOTS]
    async with binding.connected("postgres") as superuser:
        pairs = await superuser.fetch(
            "SELECT a, b FROM unnest($1::text[]) a, unnest($1::text[]) b"
            " WHERE a <> b AND pg_has_role(a::name, b::name, 'MEMBER')",
            names,
        )
    assert pairs == []


async def test_new_tables_are_read_and_written_at_once_by_those_who_may(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    await binding.run("ddl_a", "CREATE TABLE public.t (id int GENERATED BY DEFAULT AS IDENTITY, v text)")
    assert await binding.run("rw_a", "INSERT INTO public.t (v) VALUES ('a') RETURNING id") == 1
    assert await binding.run("ro_a", "SELECT v FROM public.t") == "a"
    with pytest.raises(DENIED):
        await binding.run("ro_a", "INSERT INTO public.t (v) VALUES ('b')")
    for login in ("rw_a", "ro_a"):
        with pytest.raises(DENIED):
            await binding.run(login, "CREATE TABLE public.u (v int)")
        with pytest.raises(DENIED):
            await binding.run(login, "ALTER TABLE public.t ADD w int")
    with pytest.raises(DENIED):
        await binding.run("rw_a", "TRUNCATE public.t")
    with pytest.raises(DENIED):
        await binding.run("load_a", "SELECT 1 FROM public.t")


async def test_a_loaded_table_is_adopted_by_the_owner_in_one_transaction(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    with pytest.raises(DENIED):
        await binding.run("load_a", "CREATE TABLE public.x (v int)")
    await binding.run("load_a", "CREATE TABLE rowhouse_load.x (id bigint GENERATED BY DEFAULT AS IDENTITY, v text)")
    await binding.run("load_a", "INSERT INTO rowhouse_load.x (v) VALUES ('a')")
    with pytest.raises(DENIED):
        await binding.run("ro_a", "SELECT v FROM rowhouse_load.x")
    async with binding.connected("ddl_a") as ddl, ddl.transaction():
        await ddl.execute("ALTER TABLE rowhouse_load.x SET SCHEMA public")
        await ddl.execute(f"ALTER TABLE public.x OWNER TO {binding.name}_own")
        await ddl.execute("SELECT rowhouse.publish('public.x')")
    assert await binding.run("rw_a", "INSERT INTO public.x (v) VALUES ('b') RETURNING id") == 2
    with pytest.raises(DENIED):
        await binding.run("load_a", "SELECT 1 FROM public.x")


async def test_names_that_a_tenant_planted_never_run_in_our_sessions(make_binding: MakeBinding) -> None:
    """Operators and functions of a tenant's own, first in a search_path that a superuser set by mistake."""
    binding = await make_binding()
    async with binding.connected("ddl_a") as ddl:
        await ddl.execute(
            "CREATE TABLE public.canary (who text);"
            "CREATE FUNCTION public.sing(text, text) RETURNS boolean LANGUAGE sql AS"
            " $$INSERT INTO public.canary VALUES (session_user); SELECT true$$;"
            "CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = public.sing);"
            "CREATE FUNCTION public.starts_with(text, text) RETURNS boolean LANGUAGE sql AS"
            " $$INSERT INTO public.canary VALUES (session_user); SELECT true$$"
        )
    async with binding.connected("postgres") as superuser:
        await superuser.execute(f"ALTER DATABASE {binding.name} SET search_path = public, pg_catalog")
        await superuser.execute(f"COMMENT ON DATABASE {binding.name} IS NULL")
    async with binding.connected("postgres") as superuser:
        await superuser.execute("SELECT 'a'::text = 'b'::text")
        assert await superuser.fetchval("SELECT count(*) FROM public.canary") == 1, "it sings where nothing is pinned"
    await binding.become("suspended")
    await binding.become("ready")
    await binding.engine.migrate(binding.name)
    assert await binding.engine.audit(binding.name) == ()
    for login in SERVICES:
        await binding.run(login, "SELECT rowhouse.reconcile(), 'a'::text = 'b'::text")
    assert await binding.run("ddl_a", "SELECT count(*) FROM public.canary") == 1


async def test_limits_are_on_every_login(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    sessions = [await binding.connect("ddl_a") for _ in range(5)]
    with pytest.raises(asyncpg.TooManyConnectionsError):
        await binding.connect("ddl_a")
    assert await binding.run("rw_a", "SHOW temp_file_limit") == "1GB"
    assert await binding.run("rw_a", "SHOW statement_timeout") == "1min"
    assert await binding.run("load_a", "SHOW search_path") == "pg_catalog, pg_temp"
    await asyncio.gather(*(session.close() for session in sessions))


async def test_no_secret_of_a_login_is_kept_but_as_a_verifier(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    async with binding.connected("postgres") as superuser:
        secrets = await superuser.fetch(
            "SELECT rolpassword FROM pg_authid WHERE rolcanlogin AND starts_with(rolname, $1)", binding.name
        )
    assert [row[0] for row in secrets] == [VERIFIER] * 4


async def test_a_login_cannot_fill_the_disk_with_temporary_files(make_binding: MakeBinding) -> None:
    binding = await make_binding(limits=Limits(temp_file_mb=1))
    with pytest.raises(asyncpg.PostgresError, match="temporary file size exceeds"):
        await binding.run("ro_a", "SELECT count(*) FROM (SELECT i FROM generate_series(1, 1000000) i ORDER BY -i) x")


async def test_no_secret_reaches_the_servers_log(make_binding: MakeBinding) -> None:
    binding = await make_binding("prepared")
    assert binding.server.log is not None
    async with binding.connected("postgres", "postgres") as superuser:
        await superuser.execute("ALTER ROLE rh_prov SET log_statement = 'all'")
        await binding.become("ready")
        await binding.engine.bootstrap()
        await superuser.execute("ALTER ROLE rh_prov RESET log_statement")
    log = binding.server.log.read_text()
    assert f"ALTER ROLE {binding.name}_con" in log or f"COMMENT ON ROLE {binding.name}_con" in log
    assert PASSWORD not in log
    assert binding.engine.server.password not in log
