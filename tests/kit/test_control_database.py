"""The door to a database of our own, when that database does not play along."""

import asyncio

import asyncpg
import pytest
from sqlalchemy import text

from services.kit.db.control import Database, DatabaseUnavailable
from tests.fixtures.postgres import MakeDatabase

PID = text("SELECT pg_backend_pid()")


async def test_a_connection_that_the_server_closed_is_replaced_unnoticed(
    make_database: MakeDatabase, superuser_dsn: str
) -> None:
    async with Database(await make_database(), size=2) as db:
        async with db.read() as session:
            before = await session.scalar(PID)
        administrator = await asyncpg.connect(superuser_dsn)
        assert await administrator.fetchval("SELECT pg_terminate_backend($1, 5000)", before)
        await administrator.close()
        async with db.read() as session:
            assert await session.scalar(PID) != before


async def test_a_connection_that_is_lost_in_the_middle_is_unavailable_and_the_next_works(
    make_database: MakeDatabase, superuser_dsn: str
) -> None:
    async with Database(await make_database(), size=1) as db:
        administrator = await asyncpg.connect(superuser_dsn)
        with pytest.raises(DatabaseUnavailable):  # noqa: PT012  the whole block is what is lost
            async with db.begin() as session:
                pid = await session.scalar(PID)
                await administrator.fetchval("SELECT pg_terminate_backend($1, 5000)", pid)
                await session.scalar(PID)
        await administrator.close()
        async with db.begin() as session:
            assert await session.scalar(PID)


async def test_a_database_that_is_not_there_is_unavailable(make_database: MakeDatabase) -> None:
    async with Database("postgresql://x:y@127.0.0.1:1/nowhere") as db:
        with pytest.raises(DatabaseUnavailable):
            async with db.read() as session:
                await session.scalar(PID)


async def test_a_block_that_raises_leaves_nothing_and_one_that_ends_leaves_all(make_database: MakeDatabase) -> None:
    async with Database(await make_database()) as db:
        async with db.begin() as session:
            await session.execute(text("CREATE TABLE public.t (id int)"))
        with pytest.raises(ZeroDivisionError):  # noqa: PT012  the whole block is what is undone
            async with db.begin() as session:
                await session.execute(text("INSERT INTO public.t VALUES (1)"))
                raise ZeroDivisionError
        async with db.read() as session:
            assert await session.scalar(text("SELECT count(*) FROM public.t")) == 0


async def test_who_waits_too_long_for_a_connection_is_told(make_database: MakeDatabase) -> None:
    async with Database(await make_database(), size=1, overflow=0, patience=0.05) as db, db.begin() as session:
        await session.scalar(PID)
        with pytest.raises(DatabaseUnavailable):
            async with asyncio.timeout(5), db.begin() as another:
                await another.scalar(PID)
