"""The functions of schema rowhouse that write the timeline and remember answers."""

import asyncio

import asyncpg
import pytest

from tests.fixtures.provisioning import MakeBinding


async def test_a_step_on_the_timeline_says_who_and_belongs_to_its_transaction(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    async with binding.connected("rw_a") as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.fetchval("SELECT rowhouse.open_operation('update_records', 'data', 'api', 'u1', 'Ada')")
        await transaction.rollback()
        kept = await connection.fetchval(
            "SELECT rowhouse.open_operation('update_records', 'data', 'api', 'u1', 'Ada', detail => '{\"rows\": 1}')"
        )
        rows = await connection.fetch("SELECT * FROM rowhouse.operation")
    assert [(row["id"], row["login"], row["actor"], row["state"]) for row in rows] == [
        (kept, f"{binding.name}_rw_a", "u1", "done")
    ]


async def test_a_long_step_runs_until_it_is_closed_and_can_be_undone_and_redone(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    async with binding.connected("ddl_a") as connection:

        async def state(operation: int) -> tuple[str, int | None]:
            row = await connection.fetchrow("SELECT state, undone_by FROM rowhouse.operation WHERE id = $1", operation)
            assert row is not None
            return row["state"], row["undone_by"]

        step = await connection.fetchval("SELECT rowhouse.open_operation('drop_table', 'shape', state => 'running')")
        assert await state(step) == ("running", None)
        await connection.execute("SELECT rowhouse.close_operation($1, 'done', '{\"do\": \"restore\"}')", step)
        assert await state(step) == ("done", None)
        undo = await connection.fetchval("SELECT rowhouse.open_operation('undo', 'shape', undoes => $1)", step)
        await connection.execute("SELECT rowhouse.mark_undone($1, $2)", step, undo)
        assert await state(step) == ("undone", undo)
        await connection.execute("SELECT rowhouse.mark_undone($1, NULL)", step)
        assert await state(step) == ("done", None)
        assert (
            await connection.fetchval("SELECT inverse->>'do' FROM rowhouse.operation WHERE id = $1", step) == "restore"
        )


@pytest.mark.parametrize("call", ["close_operation(999, 'done')", "mark_undone(999, NULL)"])
async def test_a_step_that_does_not_exist_is_an_error(make_binding: MakeBinding, call: str) -> None:
    binding = await make_binding()
    with pytest.raises(asyncpg.PostgresError, match="there is no operation 999"):
        await binding.run("rw_a", f"SELECT rowhouse.{call}")


async def test_an_answer_is_remembered_per_principal_and_key(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    async with binding.connected("rw_a") as connection:
        await connection.execute("SELECT rowhouse.remember('ada', 'k', 'd', 201, '{\"id\": 1}', NULL)")
        found = await connection.fetchrow("SELECT status, body, digest FROM rowhouse.recall('ada', 'k')")
        assert found is not None
        assert tuple(found) == (201, '{"id": 1}', b"d")
        assert await connection.fetch("SELECT FROM rowhouse.recall('bob', 'k')") == []
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute("SELECT rowhouse.remember('ada', 'k', 'd', 201, '', NULL)")


async def test_of_two_requests_at_once_with_one_key_one_is_kept(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    await binding.run("ddl_a", "CREATE TABLE public.t (v int)")

    async def request() -> bool:
        async with binding.connected("rw_a") as connection:
            try:
                async with connection.transaction():
                    await connection.execute("INSERT INTO public.t VALUES (1)")
                    await connection.execute("SELECT rowhouse.remember('ada', 'k', 'd', 201, '', NULL)")
            except asyncpg.UniqueViolationError:
                return False
            return True

    assert sorted(await asyncio.gather(*(request() for _ in range(5)))) == [False, False, False, False, True]
    assert await binding.run("ro_a", "SELECT count(*) FROM public.t") == 1


async def test_an_answer_is_forgotten_after_a_day(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    await binding.run("rw_a", "SELECT rowhouse.remember('ada', 'k', 'd', 201, 'old', NULL)")
    async with binding.connected("postgres") as superuser:
        await superuser.execute("UPDATE rowhouse.idempotency SET at = at - interval '24 hours 1 second'")
    async with binding.connected("rw_a") as connection:
        assert await connection.fetch("SELECT FROM rowhouse.recall('ada', 'k')") == []
        await connection.execute("SELECT rowhouse.remember('ada', 'k', 'd', 201, 'new', NULL)")
        assert await connection.fetchval("SELECT body FROM rowhouse.recall('ada', 'k')") == "new"
