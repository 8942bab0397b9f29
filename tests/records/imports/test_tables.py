"""Files become tables: names, types, keys and the order of rows."""

import pytest

from tests.fixtures.files import Files, nothing_is_left, opened, parsed, plain
from tests.fixtures.schema import Schema, refused
from tests.fixtures.tenants import Tenant


async def test_a_file_becomes_a_table_with_real_types(files: Files, schema: Schema, tenant: Tenant) -> None:
    report = await files.load(
        'id,name,born,score,member,seen\n1,Ada,1815-12-10,1.50,true,2020-01-01 10:00:00\n2,,,,,\n3,"",2020-02-29,-7,false,\n'
    )
    table = await schema.table("people")
    assert [(found["name"], found["type"], found["kind"]) for found in table["columns"]] == [
        ("id", "bigint", "number"),
        ("name", "text", "text"),
        ("born", "date", "date"),
        ("score", "numeric", "number"),
        ("member", "boolean", "boolean"),
        ("seen", "timestamp without time zone", "datetime"),
    ]
    assert table["primary_key"] == ["id"]
    assert (report["rows"], report["state"], report["table"]) == (3, "done", "people")
    assert await tenant.value("SELECT array_agg(name ORDER BY id) FROM people", access="read") == ["Ada", None, ""]


async def test_new_records_get_the_next_id(files: Files, tenant: Tenant) -> None:
    await files.load("id,name\n7,Ada\n3,Bob\n")
    await files.load("name\nAda\nBob\n", "unnumbered")
    await files.load("uuid,name\n6ba7b810-9dad-11d1-80b4-00c04fd430c8,Ada\n", "by_uuid")
    assert await tenant.value("INSERT INTO people (name) VALUES ('Eve') RETURNING id", access="write") == 8
    assert await tenant.value("INSERT INTO unnumbered (name) VALUES ('Eve') RETURNING id", access="write") == 3
    assert await tenant.value("INSERT INTO by_uuid (name) VALUES ('Eve') RETURNING uuid IS NOT NULL", access="write")


KEYS = [
    ("id,a\n1,x\n2,y\n", "id", ["id", "a"]),
    ("ID,a\n1,x\n2,y\n", "ID", ["ID", "a"]),
    ("person_id,a\n1,x\n2,y\n", "id", ["id", "person_id", "a"]),
    ("people_id,a\n1,x\n2,y\n", "people_id", ["people_id", "a"]),
    ("a,b\n1,x\n2,y\n", "id", ["id", "a", "b"]),
    ("id,a\n1,x\n1,y\n", "row_id", ["row_id", "id", "a"]),
    ("id,a\n1,x\n,y\n", "row_id", ["row_id", "id", "a"]),
    ("id,a\n007,x\n008,y\n", "row_id", ["row_id", "id", "a"]),
    ("id,row_id\nx,y\n", "row_id_2", ["row_id_2", "id", "row_id"]),
]


async def test_an_id_of_the_file_is_the_key_and_else_rows_are_numbered(files: Files, schema: Schema) -> None:
    for text, key, columns in KEYS:
        report = await files.load(text)
        table = await schema.table("people")
        assert table["primary_key"] == [key] == [report["primary_key"]]
        assert [column["name"] for column in table["columns"]] == columns
        await schema.undo(report["operation"])


@pytest.mark.parametrize("late", ["1", "", "x"])
async def test_an_id_that_turns_out_to_be_none_late_in_the_file_is_none(
    files: Files, late: str, schema: Schema
) -> None:
    rows = [[n, f"name {n}"] for n in range(1, 20_001)]
    report = await files.load(plain([["id", "name"], *rows, [late, "last"]]))
    header, found = parsed(await files.export())
    assert report["primary_key"] == "row_id"
    assert header == ["row_id", "id", "name"]
    assert found == [[str(n), str(n), f"name {n}"] for n in range(1, 20_001)] + [["20001", late or None, "last"]]


async def test_what_makes_the_constraint_and_the_sequence_bears_the_tables_name(files: Files, tenant: Tenant) -> None:
    await files.load("id,name\n1,Ada\n")
    assert "import_" not in tenant.dump()
    assert "people_pkey" in tenant.dump()


async def test_rows_keep_the_files_order(files: Files) -> None:
    rows = [[(n * 7919) % 50_000] for n in range(50_000)]
    await files.load(plain([["n"], *rows]))
    _, found = parsed(await files.export(sort="id"))
    assert found == [[str(at + 1), str(row[0])] for at, row in enumerate(rows)]


async def test_headers_are_made_names_and_each_change_is_reported(files: Files, schema: Schema) -> None:
    question = "How satisfied are you with the " + "very " * 20 + "long question?"
    report = await files.load(f'name, name ,"{question}",,ctid\na,b,c,d,e\n')
    table = await schema.table("people")
    assert [found["name"] for found in table["columns"]] == [
        "id",
        "name",
        "name_2",
        question[:63],
        "column_4",
        "column ctid",
    ]
    assert [found["label"] for found in table["columns"]][3] == question
    assert [found["name"] for found in report["renamed"]] == ["name_2", question[:63], "column_4", "column ctid"]
    assert all(found["why"] for found in report["renamed"])


async def test_a_header_alone_makes_an_empty_table(files: Files, schema: Schema) -> None:
    assert (await files.load("name,city\n"))["rows"] == 0
    assert [found["type"] for found in (await schema.table("people"))["columns"]] == ["bigint", "text", "text"]


async def test_a_file_without_a_header_is_told_and_its_columns_are_numbered(files: Files) -> None:
    report = await files.load("1,x\n2,y\n")
    assert report["dialect"]["header"] is False
    assert [found["name"] for found in report["columns"]] == ["column_1", "column_2"]
    assert report["rows"] == 2


async def test_a_name_that_is_taken_is_a_conflict_before_the_file_is_read(files: Files) -> None:
    await files.load("a\n1\n")
    with refused("TABLE_EXISTS", "people"):
        await files.send(opened())


async def test_a_name_that_cannot_be_is_refused(files: Files) -> None:
    for name in ["", " people", "x" * 64, "a\nb", "@5"]:
        with refused("NAME_INVALID"):
            await files.load("a\n1\n", name)


async def test_a_schema_that_is_not_there_is_not_found(files: Files) -> None:
    with refused("SCHEMA_NOT_FOUND", "publik"):
        await files.load("a\n1\n", schema="publik")


async def test_who_may_not_make_tables_may_not_import(files: Files, tenant: Tenant) -> None:
    for role in ["viewer", "editor"]:
        with refused("ROLE_TOO_LOW"):
            await files.by(tenant.member(role)).load("a\n1\n")
    await nothing_is_left(tenant)
