"""The control database's migrations, run as a process does at its start."""

import asyncio

import asyncpg
import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, pool

from services.auth import migrations, models
from services.kit.ids import opaque_name
from tests.fixtures.postgres import MakeDatabase


async def test_the_migrated_database_is_what_the_models_say(make_database: MakeDatabase) -> None:
    dsn = await make_database()
    await migrations.migrate(dsn)
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(dsn), poolclass=pool.NullPool)
    with engine.connect() as connection:
        options = {
            "include_schemas": True,
            "version_table_schema": models.SCHEMA,
            "include_name": lambda name, kind, _: kind != "schema" or name == models.SCHEMA,
            "compare_type": True,
        }
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, models.Base.metadata) == []


async def test_four_processes_may_migrate_at_once(make_database: MakeDatabase) -> None:
    dsn = await make_database()
    await asyncio.gather(*(migrations.migrate(dsn) for _ in range(4)))
    connection = await asyncpg.connect(dsn)
    assert await connection.fetchval("SELECT version_num FROM auth.alembic_version") == migrations.newest()
    await connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE auth.audit SET actor = 'nobody'",
        "DELETE FROM auth.audit",
        "TRUNCATE auth.audit",
        "ALTER TABLE auth.audit DISABLE TRIGGER ALL",
        "DROP TABLE auth.audit",
    ],
)
async def test_the_services_login_can_only_add_to_the_audit(make_database: MakeDatabase, statement: str) -> None:
    dsn = await make_database()
    login = opaque_name("rowhouse_")
    owner = await asyncpg.connect(dsn)
    await owner.execute(f"CREATE ROLE {login}")
    await migrations.migrate(dsn, service_login=login)
    await owner.execute(f"SET ROLE {login}")
    entry = "INSERT INTO auth.audit (at, actor, via, action, subject, address, detail) VALUES (now(), 'ada', '', 'x', '', '', '{}')"
    await owner.execute(entry)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await owner.execute(statement)
    assert await owner.fetchval("SELECT count(*) FROM auth.audit") == 1
    await owner.execute(f"RESET ROLE; DROP OWNED BY {login}; DROP ROLE {login}")
    await owner.close()


@pytest.mark.parametrize(
    "statement", ["UPDATE auth.audit SET actor = ''", "DELETE FROM auth.audit", "TRUNCATE auth.audit"]
)
async def test_not_even_the_owner_changes_the_audit_by_accident(make_database: MakeDatabase, statement: str) -> None:
    dsn = await make_database()
    await migrations.migrate(dsn)
    owner = await asyncpg.connect(dsn)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
        await owner.execute(statement)
    await owner.close()
