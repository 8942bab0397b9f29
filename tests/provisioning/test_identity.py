"""Ids of tables and columns: kept through whatever happens to the names, by us or in psql, and through dump and restore."""

import asyncio
import os
import subprocess
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from services.laptop.postgres import Server
from tests.fixtures.postgres import MakeDatabase
from tests.fixtures.provisioning import PASSWORD, Binding, MakeBinding


async def ids(connection: "asyncpg.Connection") -> dict[str, int]:
    """The ids of all tables and columns (`public.people`, `public.people.name`) after a reconcile."""
    await connection.execute("SELECT rowhouse.reconcile()")
    rows = await connection.fetch(
        "SELECT schema_name || '.' || name AS name, id FROM rowhouse.relation"
        " UNION ALL SELECT r.schema_name || '.' || r.name || '.' || a.name, a.id"
        " FROM rowhouse.attribute a JOIN rowhouse.relation r ON r.id = a.relation"
    )
    return {row["name"]: row["id"] for row in rows}


async def old_names(connection: "asyncpg.Connection", table: str) -> Any:
    return await connection.fetchval("SELECT old_names FROM rowhouse.relation WHERE name = $1", table)


async def test_ids_survive_renames_of_tables_columns_and_schemas(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    async with binding.connected("ddl_a") as ddl:
        await ddl.execute('CREATE TABLE public.people (id int PRIMARY KEY, name text, "né" date)')
        await ddl.execute("CREATE VIEW public.names AS SELECT name FROM public.people")
        before = await ids(ddl)
        await ddl.execute("ALTER TABLE public.people RENAME TO persons")
        await ddl.execute("ALTER TABLE public.persons RENAME name TO full_name")
        await ddl.execute("SELECT rowhouse.create_schema('crm')")
        await ddl.execute("ALTER TABLE public.persons SET SCHEMA crm")
        after = await ids(ddl)
        assert after["crm.persons"] == before["public.people"]
        assert after["crm.persons.full_name"] == before["public.people.name"]
        assert after["crm.persons.né"] == before["public.people.né"]
        assert after["public.names"] == before["public.names"]
        assert await old_names(ddl, "persons") == ["people"]


async def test_ids_survive_a_swap_of_names_in_one_transaction(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    async with binding.connected("ddl_a") as ddl:
        await ddl.execute("CREATE TABLE public.a (x int, y int); CREATE TABLE public.b (x int)")
        before = await ids(ddl)
        async with ddl.transaction():
            for table, other in (("a", "c"), ("b", "a"), ("c", "b")):
                await ddl.execute(f"ALTER TABLE public.{table} RENAME TO {other}")
            for column, other in (("x", "z"), ("y", "x"), ("z", "y")):
                await ddl.execute(f"ALTER TABLE public.b RENAME {column} TO {other}")
        after = await ids(ddl)
        assert (after["public.b"], after["public.a"]) == (before["public.a"], before["public.b"])
        assert (after["public.b.x"], after["public.b.y"]) == (before["public.a.y"], before["public.a.x"])


async def test_what_is_dropped_loses_its_id_and_what_is_made_anew_gets_another(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    async with binding.connected("ddl_a") as ddl:
        await ddl.execute("CREATE TABLE public.t (a int, b int)")
        before = await ids(ddl)
        await ddl.execute("ALTER TABLE public.t DROP a; ALTER TABLE public.t ADD a int")
        between = await ids(ddl)
        assert between["public.t.a"] not in {before["public.t.a"], before["public.t.b"]}
        assert between["public.t.b"] == before["public.t.b"]
        await ddl.execute("DROP TABLE public.t; CREATE TABLE public.t (a int)")
        after = await ids(ddl)
        assert after.keys() == {"public.t", "public.t.a"}
        assert after["public.t"] != between["public.t"]
        assert after["public.t.a"] not in {between["public.t.a"], between["public.t.b"]}


async def test_a_table_in_the_trash_keeps_its_ids_and_a_loading_one_has_none(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    await binding.run("load_a", "CREATE TABLE rowhouse_load.x (v int)")
    async with binding.connected("ddl_a") as ddl:
        await ddl.execute("CREATE TABLE public.t (a int)")
        before = await ids(ddl)
        assert before.keys() == {"public.t", "public.t.a"}
        await ddl.execute("SELECT rowhouse.create_schema('rowhouse_trash_1')")
        await ddl.execute("ALTER TABLE public.t SET SCHEMA rowhouse_trash_1")
        assert (await ids(ddl))["rowhouse_trash_1.t"] == before["public.t"]
        await ddl.execute("CREATE TABLE public.t (a int)")
        assert (await ids(ddl))["public.t"] != before["public.t"]
        await ddl.execute("DROP TABLE public.t; ALTER TABLE rowhouse_trash_1.t SET SCHEMA public")
        assert await ids(ddl) == before


async def test_a_hidden_column_leaves_no_name_of_ours_among_the_old_ones(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    async with binding.connected("ddl_a") as ddl:
        await ddl.execute("CREATE TABLE public.t (a int, b int)")
        before = await ids(ddl)
        for old, new in (("a", "__rh_1"), ("__rh_1", "a")):
            await ddl.execute(f"ALTER TABLE public.t RENAME {old} TO {new}")
            await ids(ddl)
        assert await ids(ddl) == before
        assert await ddl.fetchval("SELECT old_names FROM rowhouse.attribute WHERE name = 'a'") == ["a"]


async def test_columns_stand_in_the_order_of_their_making_unless_somebody_moved_them(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    async with binding.connected("ddl_a") as ddl:
        await ddl.execute("CREATE TABLE public.t (a int, b int)")
        known = await ids(ddl)
        await ddl.execute('SELECT rowhouse.set_display($1, "position" => 10)', known["public.t.a"])
        await ddl.execute("ALTER TABLE public.t ADD c int")
        await ids(ddl)
        names = await ddl.fetchval("SELECT array_agg(name ORDER BY position) FROM rowhouse.attribute")
        assert names == ["b", "a", "c"]


async def test_labels_and_display_are_kept_with_the_id(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    await binding.run("ddl_a", "CREATE TABLE public.t (a int)")
    async with binding.connected("rw_a") as connection:
        known = await ids(connection)
        table, column = known["public.t"], known["public.t.a"]
        await connection.execute("SELECT rowhouse.set_label($1, NULL, 'Things')", table)
        await connection.execute("SELECT rowhouse.set_label($1, $2, 'How many?')", table, column)
        await connection.execute("SELECT rowhouse.set_display($1, 'number', display => '{\"width\": 90}')", column)
    await binding.run("ddl_a", "ALTER TABLE public.t RENAME a TO b")
    async with binding.connected("ro_a") as connection:
        await ids(connection)
        assert await connection.fetchval("SELECT label FROM rowhouse.relation") == "Things"
        row = await connection.fetchrow("SELECT id, name, label, kind, display FROM rowhouse.attribute")
        assert row is not None
        assert tuple(row) == (column, "b", "How many?", "number", '{"width": 90}')


async def test_reconciling_what_is_settled_writes_nothing(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    await binding.run("ddl_a", "CREATE TABLE public.t (a int)")
    async with binding.connected("ro_a") as connection:
        await ids(connection)
        async with connection.transaction(readonly=True):
            await ids(connection)


async def test_two_who_reconcile_at_once_give_one_id(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    await binding.run("ddl_a", "CREATE TABLE public.t (a int)")
    async with binding.connected("ro_a") as one, binding.connected("rw_a") as other:
        transaction = one.transaction()
        await transaction.start()
        await one.execute("SELECT rowhouse.reconcile()")
        waiting = asyncio.create_task(other.execute("SELECT rowhouse.reconcile()"))
        async with binding.connected("postgres") as superuser:
            while not await superuser.fetchval(
                "SELECT true FROM pg_locks WHERE NOT granted AND pid = $1", other.get_server_pid()
            ):
                pass
        await transaction.commit()
        await waiting
        assert len(await ids(one)) == 2


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Ångström", "angstrom"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("ÉCLAIR", "eclair"),
        ("e\u0301clair", "eclair"),
        ("Łódź", "lodz"),
        ("œuvre", "oeuvre"),
        ("Þór", "thor"),
        ("日本", "日本"),
        ("😀 A", "😀 a"),
        ("", ""),
        (None, None),
    ],
)
async def test_text_is_compared_as_people_expect(hardened: Binding, text: str | None, key: str | None) -> None:
    assert await hardened.run("rw_a", "SELECT rowhouse.sort_key($1)", text) == key


async def test_everybody_writes_to_a_table_with_an_index_on_the_sort_key(make_binding: MakeBinding) -> None:
    binding = await make_binding()
    await binding.add_login("write", "1")
    await binding.run("ddl_a", "CREATE TABLE public.t (v text)")
    await binding.run("ddl_a", "CREATE INDEX ON public.t (rowhouse.sort_key(v), v)")
    await binding.run("u1", "INSERT INTO t VALUES ('É')")
    async with binding.connected("ro_a") as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off")
        plan = await connection.fetch("EXPLAIN SELECT FROM public.t WHERE rowhouse.sort_key(v) = 'e'")
    assert any("Index" in row[0] for row in plan)


async def test_ids_survive_dump_and_restore_into_a_plain_database(
    make_binding: MakeBinding, make_database: MakeDatabase, postgres: Server, tmp_path: Path
) -> None:
    binding = await make_binding()
    async with binding.connected("ddl_a") as ddl:
        await ddl.execute(
            "CREATE TABLE public.gone (x int); CREATE TABLE public.people (lost int, name text, born date, email text);"
            "ALTER TABLE public.people DROP lost; CREATE TABLE public.renamed_later (x int)"
        )
        await ddl.execute("SELECT rowhouse.create_schema('crm'); CREATE TABLE crm.people (name text)")
        before = await ids(ddl)
        await ddl.execute("SELECT rowhouse.set_label($1, NULL, 'Our people')", before["public.people"])
        await ddl.execute("SELECT rowhouse.open_operation('create_table', 'shape')")
        # These two nobody reconciles before the dump.
        await ddl.execute("ALTER TABLE public.renamed_later RENAME TO renamed; DROP TABLE public.gone")
    await binding.run("rw_a", "INSERT INTO public.people VALUES ('Ada', '1815-12-10', NULL)")

    plain = await make_database()
    dump = tmp_path / "dump"
    run_program(
        postgres,
        "pg_dump",
        "-Fc",
        "-f",
        str(dump),
        postgres.dsn(binding.name, f"{binding.name}_ddl_a", PASSWORD),
    )
    run_program(postgres, "pg_restore", "--no-owner", "--no-acl", "--exit-on-error", "-d", plain, str(dump))

    connection = await asyncpg.connect(plain)
    after = await ids(connection)
    expected = {name: before[name] for name in before if not name.startswith(("public.gone", "public.renamed_later"))}
    expected["public.renamed"] = before["public.renamed_later"]
    expected["public.renamed.x"] = before["public.renamed_later.x"]
    assert after == expected
    assert (
        await connection.fetchval("SELECT label FROM rowhouse.relation WHERE id = $1", after["public.people"])
        == "Our people"
    )
    assert await connection.fetchval("SELECT name FROM public.people") == "Ada"
    assert await connection.fetchval("SELECT verb FROM rowhouse.operation") == "create_table"
    numbers = await connection.fetch(
        "SELECT a.attnum = p.attnum FROM rowhouse.attribute a JOIN rowhouse.relation r ON r.id = a.relation"
        " JOIN pg_attribute p ON p.attrelid = r.rel AND p.attname = a.name"
    )
    assert {row[0] for row in numbers} == {True}
    await connection.close()


def run_program(server: Server, program: str, *arguments: str) -> None:
    command = [str(server.installation / "bin" / program), *arguments]
    environment = {**os.environ, "LD_LIBRARY_PATH": str(server.installation / "lib")}
    outcome = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (outcome.returncode, outcome.stderr) == (0, "")


async def test_the_number_of_a_dropped_table_that_another_one_has_after_a_restore_means_nothing(
    make_binding: MakeBinding,
) -> None:
    """A dropped table's `regclass` is dumped as a bare number. Here the database changes its home under such a row."""
    binding = await make_binding()
    async with binding.connected("ddl_a") as ddl:
        await ddl.execute("CREATE TABLE public.other (x int)")
        before = await ids(ddl)
        async with binding.connected("postgres") as superuser:
            await superuser.execute(
                "UPDATE rowhouse.meta SET home = 'elsewhere'; UPDATE rowhouse.relation SET name = 'dropped'"
            )
        after = await ids(ddl)
    assert after.keys() == before.keys()
    assert after["public.other"] != before["public.other"]
