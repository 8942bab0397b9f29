"""The control database's own migrations: brings it to the newest version, whoever starts first."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from typing import LiteralString

import psycopg
from psycopg import sql

_LOCK = 0x526F77686F757365  # "Rowhouse", as an advisory lock's number
_GRANTS: LiteralString = """
GRANT USAGE ON SCHEMA auth TO {login};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA auth TO {login};
REVOKE INSERT, UPDATE, DELETE ON auth.alembic_version FROM {login};
REVOKE UPDATE, DELETE ON auth.audit FROM {login};
"""


async def migrate(dsn: str, service_login: str | None = None) -> None:
    """Bring the control database at `dsn` to the newest version; others who try meanwhile wait.

    `service_login` is the role that the service uses where `dsn` is another's, the owner's: it gets what it needs and
    no more, which for the audit is to read and to add.
    """
    await asyncio.to_thread(_migrate, dsn, service_login)


def newest() -> str:
    """The revision that this code needs."""
    return max(entry.name.split("_")[0] for entry in resources.files(__name__).joinpath("versions").iterdir())


def _migrate(dsn: str, service_login: str | None) -> None:
    with _locked(dsn) as connection:
        if _current(connection) != newest():
            _upgrade(dsn)
        if service_login is not None:
            connection.execute(sql.SQL(_GRANTS).format(login=sql.Identifier(service_login)))


@contextmanager
def _locked(dsn: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        yield connection


def _current(connection: psycopg.Connection) -> str | None:
    if connection.execute("SELECT to_regclass('auth.alembic_version')").fetchone() == (None,):
        connection.execute("CREATE SCHEMA IF NOT EXISTS auth")
        return None
    row = connection.execute("SELECT version_num FROM auth.alembic_version").fetchone()
    return row[0] if row else None


def _upgrade(dsn: str) -> None:
    # Imported here: Alembic costs 300 ms and 34 MB, and most starts have nothing to migrate.
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine, pool

    config = Config()
    config.set_main_option("script_location", f"{__package__.rpartition('.')[0]}:migrations")
    config.set_main_option("path_separator", "os")
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(dsn), poolclass=pool.NullPool)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
