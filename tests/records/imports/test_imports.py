"""Files become tables: names, types, keys, the timeline, and nothing at all when something is wrong."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import asyncpg
import pytest
from rowhouse.records.v1 import records_pb2

from services.kit.rpc import identity
from services.kit.rpc.identity import Caller
from services.records import app
from services.records.errors import SchemaUnavailable
from tests.fixtures.files import Files, chunk, finish, opened, parsed, plain
from tests.fixtures.records import as_records, no_schema, records_settings, serving_records
from tests.fixtures.schema import Schema, refused
from tests.fixtures.tenants import Keyring, Tenant


async def names(tenant: Tenant, schema: str = "public") -> list[str]:
    """The relations of a schema, as psql sees them."""
    query = "SELECT array_agg(relname ORDER BY relname) FROM pg_class WHERE relnamespace = $1::text::regnamespace AND relkind = 'r'"
    return await tenant.value(query, schema) or []


async def nothing_is_left(tenant: Tenant) -> None:
    assert await names(tenant) == []
    assert await names(tenant, "rowhouse_load") == []
    assert await tenant.value("SELECT count(*) FROM rowhouse.operation WHERE verb = 'adopt_table'") == 0


def column(report: Any, name: str) -> Any:
    return next(column for column in report["columns"] if column["name"] == name)


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


NORMALISED = {
    "1.5e-05": "0.000015",
    "10:30": "10:30:00",
    "2020-01-01T10:00:00": "2020-01-01 10:00:00",
    "2020-01-01 10:00": "2020-01-01 10:00:00",
    "6BA7B810-9DAD-11D1-80B4-00C04FD430C8": "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
}
LATE = [
    ("1", "2.50", "numeric"),
    ("1", "007", "text"),
    ("1", "1e5", "text"),
    ("1.50", "n/a", "text"),
    ("1.50", "1.5e-05", "numeric"),
    ("true", "yes", "text"),
    ("TRUE", "maybe", "text"),
    ("2020-01-01", "31/12/2020", "text"),
    ("2020/01/01", "x", "text"),
    ("10:30", "10:30:15", "time without time zone"),
    ("10:30", "later", "text"),
    ("2020-01-01T10:00:00Z", "soon", "text"),
    ("2020-01-01T10:00:00", "2020-01-01 10:00", "timestamp without time zone"),
    ("6BA7B810-9DAD-11D1-80B4-00C04FD430C8", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "uuid"),
    ("6BA7B810-9DAD-11D1-80B4-00C04FD430C8", "none", "text"),
]


async def test_a_value_late_in_the_file_widens_its_column_and_loses_nothing(files: Files) -> None:
    for at, (first, last, type_) in enumerate(LATE):
        values = [first] * 12_000 + ["", last, first]
        report = await files.load(plain([["n", "v"], *([n, value] for n, value in enumerate(values))]), f"t{at}")
        found = column(report, "v")
        assert found["type"] == type_, (first, last)
        _, rows = parsed(await files.export(f"t{at}", fields="v", sort="n"))
        shown = [row[0] for row in rows]
        if "normalised" not in found:
            assert shown == [value or None for value in values]
        else:
            assert type_ != "text"
            assert shown == [value and NORMALISED.get(value, value) for value in [v or None for v in values]]


async def test_many_columns_that_widen_one_by_one_are_no_burden(files: Files) -> None:
    width = 24
    rows = [["1"] * width for _ in range(7_000)]
    for at in range(width):
        rows[5_500 + at * 50][at] = "x"
    report = await files.load(plain([[f"c{at}" for at in range(width)], *rows]))
    assert {found["type"] for found in report["columns"]} == {"text"}
    _, found = parsed(await files.export(fields=",".join(f"c{at}" for at in range(width)), sort="id"))
    assert found == rows


async def test_what_stands_in_the_way_of_a_better_type_is_counted(files: Files) -> None:
    values = [str(n) for n in range(20_000)] + ["n/a", "n/a", "-"]
    report = await files.load(plain([["v"], *([value] for value in values)]))
    found = column(report, "v")
    assert found["type"] == "text"
    assert found["why"] == "3 of 20,003 values are not whole numbers: '-', 'n/a'"
    assert found["obstacle"] == {"type": "bigint", "count": 3, "of": 20_003, "examples": ["-", "n/a"]}


async def test_words_that_the_caller_names_become_null(files: Files) -> None:
    report = await files.load('a,b\n1,"n/a"\nn/a,-\n-,x\n', null_values=["n/a", "-"])
    assert column(report, "a")["type"] == "bigint"
    assert parsed(await files.export(fields="a,b", sort="id"))[1] == [["1", None], [None, None], [None, "x"]]


async def test_the_caller_names_types_and_columns_and_skips_some(files: Files, schema: Schema) -> None:
    wishes = [
        {"source": "zip", "type": "varchar(5)"},
        {"source": 2, "name": "Amount", "type": "numeric(10,2)"},
        {"source": "junk", "skip": True},
    ]
    report = await files.load("zip,amount,junk,n\n12345,1.5,x,7\n,2,y,8\n", columns=wishes)
    assert report["skipped"] == ["junk"]
    table = await schema.table("people")
    assert [(found["name"], found["type"]) for found in table["columns"]] == [
        ("id", "bigint"),
        ("zip", "character varying(5)"),
        ("Amount", "numeric(10,2)"),
        ("n", "bigint"),
    ]
    assert parsed(await files.export(fields='zip,"Amount",n', sort="id"))[1] == [
        ["12345", "1.50", "7"],
        [None, "2.00", "8"],
    ]


MISFITS = [
    ("numeric(10,2)", "1.005"),
    ("numeric(3,0)", "1234"),
    ("integer", "1.5"),
    ("integer", "3000000000"),
    ("smallint", "x"),
    ("varchar(3)", "abcd"),
    ("real", "16777217"),
    ("double precision", "0.1234567890123456789"),
    ("double precision", "1e400"),
    ("date", "01/02/2020"),
    ("date", "today"),
    ("date", "2020-01-01 10:00:00"),
    ("timestamp", "2020-01-01 10:00:00+02"),
    ("timestamp(0)", "2020-01-01 10:00:00.5"),
    ("timestamptz", "2020-01-01 10:00:00"),
    ("time", "now"),
    ("boolean", "oui"),
    ("uuid", "x"),
    ("jsonb", "{"),
    ("inet", "1.2.3"),
    ("integer[]", "1,2"),
    ("daterange", "[today,)"),
]


async def test_a_value_that_the_asked_type_would_alter_is_refused(files: Files, tenant: Tenant) -> None:
    for type_, value in MISFITS:
        with refused("VALUE_MISFIT", "'v'", repr(value)):
            await files.load(plain([["v"], [value]]), columns=[{"source": "v", "type": type_}])
    await nothing_is_left(tenant)


KEPT = [
    ("numeric(10,2)", "1.5", "1.50"),
    ("numeric", "NaN", "NaN"),
    ("integer", "-5", "-5"),
    ("real", "0.5", "0.5"),
    ("double precision", "1e300", "1e+300"),
    ("double precision", "Infinity", "Infinity"),
    ("date", "31/12/2020", "2020-12-31"),
    ("date", "infinity", "infinity"),
    ("date", "0044-03-15 BC", "0044-03-15 BC"),
    ("timestamptz", "2020-01-01T10:00:00+02:00", "2020-01-01 08:00:00+00"),
    ("time", "10:30", "10:30:00"),
    ("boolean", "no", "false"),
    ("text", "007", "007"),
    ("char(3)", "ab", "ab"),
    ("json", '{"b": 1,  "a": 1}', '{"b": 1,  "a": 1}'),
    ("interval", "1 mon 2 days", "1 mon 2 days"),
    ("inet", "10.0.0.0/8", "10.0.0.0/8"),
    ("bytea", r"\x00ff", r"\x00ff"),
    ("integer[]", "{1,NULL,3}", "{1,NULL,3}"),
    ("money", "$1.50", "$1.50"),
]


async def test_a_value_that_the_asked_type_holds_is_kept(files: Files) -> None:
    for at, (type_, value, shown) in enumerate(KEPT):
        report = await files.load(plain([["v"], [value]]), f"t{at}", columns=[{"source": "v", "type": type_}])
        assert column(report, "v")["why"] == "the caller asks for this type"
        assert parsed(await files.export(f"t{at}", fields="v"))[1] == [[shown]]


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


async def test_an_import_is_one_step_that_can_be_undone_and_redone(
    files: Files, schema: Schema, tenant: Tenant
) -> None:
    report = await files.load("a\n1\n")
    operation = await schema.operation(report["operation"])
    assert operation["do"] == "adopt_table"
    undone = await schema.undo(report["operation"])
    assert await names(tenant) == []
    assert (await files.report(report["id"]))["state"] == "undone"
    await schema.redo(report["operation"])
    assert await names(tenant) == ["people"]
    assert undone["id"] > report["operation"]


async def test_the_report_stays_on_the_timeline(files: Files) -> None:
    report = await files.load("a\n1\n")
    assert await files.report(report["id"]) == report


async def test_an_import_that_never_was_is_not_found(files: Files) -> None:
    for identifier in ["0", "99", "x", "", "-1", "9223372036854775808"]:
        with refused("IMPORT_NOT_FOUND"):
            await files.report(identifier)


async def test_a_preview_shows_dialect_columns_and_rows_and_changes_nothing(files: Files, tenant: Tenant) -> None:
    shown = await files.preview("id;born;note\n1;31/12/2020;a\n2;;\n")
    assert shown["dialect"] == {"format": "csv", "encoding": "UTF-8", "delimiter": ";", "newline": "LF", "header": True}
    assert [(found["name"], found["type"]) for found in shown["columns"]] == [
        ("id", "bigint"),
        ("born", "date"),
        ("note", "text"),
    ]
    assert shown["rows"] == [["1", "31/12/2020", "a"], ["2", None, None]]
    await nothing_is_left(tenant)


async def test_a_preview_of_a_head_that_is_cut_leaves_out_the_cut_row(files: Files) -> None:
    assert (await files.preview('a,b\n1,2\n3,"x', whole=False))["rows"] == [["1", "2"]]


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


OPTIONS: list[tuple[Any, str]] = [
    ({"colums": []}, "colums"),
    ({"header": "yes"}, "header"),
    ({"delimiter": "::"}, "delimiter"),
    ({"encoding": "klingon"}, "encoding"),
    ({"date_order": "ydm"}, "date_order"),
    ({"null_values": [1]}, "null_values"),
    ({"columns": [{"name": "x"}]}, "source"),
    ({"columns": [{"source": "nope", "skip": True}]}, "nope"),
    ({"columns": [{"source": 3, "skip": True}]}, "3"),
    ({"columns": [{"source": 1, "skip": True}, {"source": 2, "skip": True}]}, "skipped"),
    ({"columns": [{"source": 1, "name": "b"}]}, "'b'"),
    ({"columns": [{"source": 1, "misfit": "x"}]}, "misfit"),
]


async def test_an_option_that_makes_no_sense_is_refused_by_name(files: Files, tenant: Tenant) -> None:
    for options, word in OPTIONS:
        with refused("OPTION_INVALID", word):
            await files.load("a,b\n1,2\n", **options)
    await nothing_is_left(tenant)


async def test_a_stream_without_finish_leaves_nothing(files: Files, tenant: Tenant) -> None:
    data = b"a,b\n" + b"1,2\n" * 500_000
    with refused("FILE_INCOMPLETE"):
        await files.send(opened(), *(chunk(data[at : at + 100_000]) for at in range(0, len(data), 100_000)))
    await nothing_is_left(tenant)


async def test_a_stream_that_lost_bytes_leaves_nothing(files: Files, tenant: Tenant) -> None:
    with refused("FILE_INCOMPLETE", "5", "8"):
        await files.send(opened(), chunk(b"a\n1\n"), chunk(b"2"), finish(8))
    await nothing_is_left(tenant)


async def test_a_stream_that_is_none_is_refused(files: Files) -> None:
    with refused("STREAM_INVALID"):
        await files.send(chunk(b"a\n1\n"))
    with refused("STREAM_INVALID"):
        await files.send(opened(), chunk(b"a\n1\n"), opened())


async def test_a_caller_that_goes_away_leaves_nothing(files: Files, tenant: Tenant) -> None:
    begun = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b"a,b\n"
        while True:
            yield b"1,2\n" * 50_000
            if await names(tenant, "rowhouse_load"):
                begun.set()

    upload = asyncio.create_task(files.load_stream(endless()))
    await begun.wait()
    upload.cancel()
    with pytest.raises(asyncio.CancelledError):
        await upload
    async with asyncio.timeout(10):
        while await names(tenant, "rowhouse_load"):  # noqa: ASYNC110  the service has no event for us
            await asyncio.sleep(0)
    await nothing_is_left(tenant)


async def test_a_database_session_that_is_ended_in_the_middle_leaves_nothing(files: Files, tenant: Tenant) -> None:
    superuser = await asyncpg.connect(tenant.binding.server.dsn(tenant.id))
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COPY%' AND datname = current_database()"

    async def endless() -> AsyncIterator[bytes]:
        yield b"a,b\n"
        while True:
            yield b"1,2\n" * 50_000
            await superuser.execute(end)

    with refused("DATABASE_UNAVAILABLE"):
        await files.load_stream(endless())
    await superuser.close()
    await nothing_is_left(tenant)


async def test_nobody_sees_half_a_table(files: Files, tenant: Tenant) -> None:
    seen: list[list[str]] = []

    async def watched() -> AsyncIterator[bytes]:
        yield b"a,b\n"
        for _ in range(20):
            yield b"1,2\n" * 50_000
            seen.append(await names(tenant))

    await files.load_stream(watched())
    assert all(found == [] for found in seen)
    assert await tenant.value("SELECT count(*) FROM people") == 1_000_000


async def test_what_a_dead_import_left_goes_with_the_next(files: Files, tenant: Tenant) -> None:
    async with tenant.binding.connected(f"{tenant.id}_load_a") as connection:
        await connection.execute("CREATE TABLE rowhouse_load.import_1_dead (a int)")
        alive = f"import_{connection.get_server_pid()}_alive"
        await connection.execute(f"CREATE TABLE rowhouse_load.{alive} (a int)")
        await files.load("a\n1\n")
        assert await names(tenant, "rowhouse_load") == [alive]


async def test_what_a_dead_import_left_goes_by_itself(tenant: Tenant, keyring: Keyring) -> None:
    async with tenant.binding.connected(f"{tenant.id}_load_a") as connection:
        await connection.execute("CREATE TABLE rowhouse_load.import_1_dead (a int)")
    service = Caller(subject="service:records", tenant=tenant.id, via="service")
    with app.assembled(records_settings(), keyring, no_schema, as_records) as made, identity.as_caller(service, ""):
        await made.importer.sweep(service)
    assert await names(tenant, "rowhouse_load") == []


async def test_two_imports_at_once_do_not_meet(files: Files) -> None:
    first, second = await asyncio.gather(
        files.load("a\n" + "1\n" * 300_000, "one"), files.load("a\n" + "x\n" * 300_000, "two")
    )
    assert (first["rows"], second["rows"]) == (300_000, 300_000)
    assert (column(first, "a")["type"], column(second, "a")["type"]) == ("bigint", "text")


async def test_of_two_imports_of_one_name_one_wins_and_the_other_leaves_nothing(files: Files, tenant: Tenant) -> None:
    outcomes = await asyncio.gather(*(files.load("a\n" + "1\n" * 300_000) for _ in range(2)), return_exceptions=True)
    lost = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert [getattr(error, "reason", error) for error in lost] == ["TABLE_EXISTS"]
    assert await names(tenant, "rowhouse_load") == []


async def test_an_import_that_is_sent_again_under_its_key_is_done_once(files: Files, tenant: Tenant) -> None:
    first = await files.load("a\n1\n", once="k")
    assert await files.load("a\n1\n", once="k") == first
    assert await tenant.value("SELECT count(*) FROM people", access="read") == 1
    for data, name in [("a\n2\n", "people"), ("a\n1\n", "others")]:
        with refused("IDEMPOTENCY_KEY_REUSED"):
            await files.load(data, name, once="k")
    assert await names(tenant) == ["people"]


async def test_a_refused_import_leaves_its_key_free(files: Files) -> None:
    with refused("ROW_RAGGED"):
        await files.load("a,b\n1\n", once="k")
    assert (await files.load("a,b\n1,2\n", once="k"))["rows"] == 1


async def test_the_token_that_comes_with_the_end_speaks_for_the_caller(keyring: Keyring, tenant: Tenant) -> None:
    spoken: list[str] = []

    async def adopt(operation: Mapping[str, Any], token: str) -> int:
        spoken.append(token)
        return 1

    async with serving_records(keyring, adopt) as channel:
        end = records_pb2.ImportRequest(finish=records_pb2.ImportFinish(bytes=4, token="fresh"))
        await Files(channel, tenant.member()).send(opened(), chunk(b"a\n1\n"), end)
    assert spoken == ["fresh"]


async def test_a_schema_service_that_fails_leaves_nothing(keyring: Keyring, tenant: Tenant) -> None:
    async def away(operation: Mapping[str, Any], token: str) -> int:
        raise SchemaUnavailable

    async with serving_records(keyring, away) as channel:
        with refused("SCHEMA_UNAVAILABLE"):
            await Files(channel, tenant.member()).load("a\n1\n")
    await nothing_is_left(tenant)
