"""Tables become files, exactly, as a stream that stops when nobody reads it."""

import asyncio
import io
import resource

import asyncpg
import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.fixtures.files import Files, parsed
from tests.fixtures.schema import refused
from tests.fixtures.tenants import Tenant

MANY = "SELECT n, repeat('x', 1000) FROM generate_series(1, 100000) n"
EVERYTHING = """
    CREATE TYPE mood AS ENUM ('sad', 'a,"b"', '');
    CREATE TABLE everything (id int PRIMARY KEY, t text, v varchar(9), c char(4), i int, b bigint, n numeric, d10 numeric(10,2), r real,
        f double precision, y boolean, d date, ts timestamp, tz timestamptz, tm time, ttz timetz, iv interval, u uuid, j json, jb jsonb,
        by bytea, ip inet, a int[], ta text[], rg int4range, bi bit(3), m money, p point, e mood);
    INSERT INTO everything VALUES
        (1, '', '', '', 0, 0, 0, 0, 0, 0, false, '-infinity', 'infinity', '-infinity', '00:00', '00:00+14', '0', gen_random_uuid(), '{}',
         '{}', '', '::', '{}', '{}', 'empty', '000', 0, '(0,0)', ''),
        (3, E'a,b\\n"c"\\r\\nd\\t;|', E'\\\\.', 'ab', -2147483648, -9223372036854775808, 'NaN', 99999999.99, 'NaN', 'Infinity',
         true, '5874897-12-31', '294276-12-31 23:59:59.999999', '4713-01-01 00:00:00+00 BC', '24:00:00', '23:59:59.999999-15:59',
         '178000000 years -3 mons 04:05:06.789', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '{"b": 1, "a" : [1e400, null]}',
         '{"b": "\\u20ac"}', '\\x00ff', 'fe80::1/10', '[2:3]={1,NULL}', '{"a,b",NULL,"NULL","\\"q\\""}', '[1,5)', '101',
         -92233720368547758.08, '(1e300,-0.5)', 'a,"b"'),
        (4, 'NULL', '007', '1', 1, 1, '-1e130', -0.01, 1e-45, 5e-324, NULL, '0001-01-01', '0044-03-15 12:00 BC', 'epoch', '12:34:56.1',
         NULL, '-00:00:00.000001', NULL, 'null', 'null', '\\x', '10.0.0.1', '{{1,2},{3,4}}', '{}', '(,)', '010', 1.5, '(NaN,Infinity)',
         'sad');
    INSERT INTO everything (id) VALUES (2);
"""


async def test_every_type_is_exported_as_postgres_prints_it_and_comes_back(files: Files, tenant: Tenant) -> None:
    await tenant.run(EVERYTHING)
    exported = await files.export("everything")
    header, rows = parsed(exported)
    for at, name in enumerate(header):
        assert [row[at] for row in rows] == await tenant.value(
            f'SELECT array_agg("{name}"::text ORDER BY id) FROM everything', access="read"
        )
    await files.load(exported, "again", like="everything")
    assert await files.export("again") == exported
    for format_ in ("csv", "tsv"):
        other = await files.export("everything", format=format_)
        await files.load(other, f"again_{format_}", like="everything")
        assert await files.export(f"again_{format_}", format=format_) == other


async def test_null_is_nothing_and_empty_text_is_quoted(files: Files, tenant: Tenant) -> None:
    await tenant.run(
        "CREATE TABLE people (id int PRIMARY KEY, name text); INSERT INTO people VALUES (1, ''), (2, NULL), (3, 'x')"
    )
    assert await files.export() == b'id,name\n1,""\n2,\n3,x\n'
    assert await files.export(format="tsv") == b'id\tname\n1\t""\n2\t\n3\tx\n'
    assert await files.export(format="") == await files.export()


async def test_fields_sort_and_filter_are_those_of_a_list(files: Files, tenant: Tenant) -> None:
    await tenant.run(
        "CREATE TABLE people (id int PRIMARY KEY, name text, age int); INSERT INTO people VALUES (1, 'b', 5), (2, 'A', 7), (3, 'c', 9)"
    )
    exported = await files.export(
        fields="name,id", sort="name:desc", filter='{"column": "age", "op": "gt", "value": 5}'
    )
    assert exported == b"name,id\nc,3\nA,2\n"


async def test_a_view_is_exported_as_well(files: Files, tenant: Tenant) -> None:
    await tenant.run("CREATE VIEW people AS SELECT 1 AS a, 'x' AS b")
    assert await files.export() == b"a,b\n1,x\n"


async def test_names_are_quoted_where_they_must_be(files: Files, tenant: Tenant) -> None:
    await tenant.run('CREATE TABLE people ("a,b" int, "c""d" int, " e" int); INSERT INTO people VALUES (1, 2, 3)')
    assert parsed(await files.export()) == (["a,b", 'c"d', " e"], [["1", "2", "3"]])


async def test_an_empty_table_is_a_line_of_names(files: Files, tenant: Tenant) -> None:
    await tenant.run("CREATE TABLE people (id int PRIMARY KEY, name text)")
    assert await files.export() == b"id,name\n"


async def test_what_a_list_would_refuse_is_refused_before_the_first_byte(files: Files, tenant: Tenant) -> None:
    await tenant.run("CREATE TABLE people (id int PRIMARY KEY, age int)")
    for reason, query in [
        ("TABLE_NOT_FOUND", {"table": "peple"}),
        ("COLUMN_UNKNOWN", {"fields": "nam"}),
        ("SORT_INVALID", {"sort": "age:up"}),
        ("FILTER_INVALID", {"filter": '{"column": "age", "op": "gt", "value": "old"}'}),
        ("FORMAT_UNKNOWN", {"format": "xls"}),
    ]:
        with refused(reason):
            await files.export(**query)


async def test_who_may_read_may_export_and_nobody_else(files: Files, tenant: Tenant) -> None:
    await tenant.run("CREATE TABLE people (id int PRIMARY KEY)")
    assert await files.by(tenant.member("viewer")).export() == b"id\n"
    nobody = tenant.member("viewer")
    with refused("ROLE_TOO_LOW"):
        await files.by(type(nobody)(subject="x", tenant=nobody.tenant)).export()


async def test_a_reader_that_hangs_up_stops_the_query(files: Files, tenant: Tenant) -> None:
    await tenant.run(f"CREATE TABLE people (id int PRIMARY KEY, filler text); INSERT INTO people {MANY}")
    superuser = await asyncpg.connect(tenant.binding.server.dsn(tenant.id))
    running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'COPY%' AND state = 'active' AND datname = current_database()"
    stream = files.exported()
    await anext(stream)
    assert await superuser.fetchval(running) == 1
    await stream.aclose()  # type: ignore[attr-defined]
    async with asyncio.timeout(10):
        while await superuser.fetchval(running):  # noqa: ASYNC110  Postgres has no event for us
            await asyncio.sleep(0)
    await superuser.close()
    assert await files.export(fields="id", filter='{"column": "id", "op": "le", "value": 1}') == b"id\n1\n"


async def test_memory_does_not_grow_with_the_table_and_a_slow_reader_slows_the_query(
    files: Files, tenant: Tenant
) -> None:
    await tenant.run(f"CREATE TABLE people (id int PRIMARY KEY, filler text); INSERT INTO people {MANY}")
    before, size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, 0
    async for piece in files.exported():
        size += len(piece)
    assert size > 100_000_000
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 60


async def test_a_query_that_fails_in_the_middle_fails_the_stream(files: Files, tenant: Tenant) -> None:
    await tenant.run(
        "CREATE VIEW people AS SELECT n, 1 / (200000 - n) AS x, repeat('x', 100) FROM generate_series(1, 300000) n"
    )
    with pytest.raises(Exception, match="division by zero"):
        await files.export()


async def test_a_search_leaves_the_records_that_hold_its_words(files: Files, tenant: Tenant) -> None:
    await tenant.run(
        "CREATE TABLE people (id int PRIMARY KEY, name text); INSERT INTO people VALUES (1, 'Ada Lovelace'), (2, 'Grace Hopper')"
    )
    for format_, expected in [("csv", b"id,name\n2,Grace Hopper\n"), ("jsonl", b'{"id":2,"name":"Grace Hopper"}\n')]:
        assert await files.export(format=format_, search="hopper") == expected
    assert await files.export(search="hopper ada") == b"id,name\n"


FORMULAS = ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠1"]
HARMLESS = ["", "a=1", "'=1", " =1", '"=1"', "1-1", "x\r\n=1"]


async def test_texts_that_look_like_formulas_are_marked_and_nothing_else(files: Files, tenant: Tenant) -> None:
    await tenant.run("""
        CREATE TYPE mark AS ENUM ('=e', 'f');
        CREATE TABLE people (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            t text, v varchar, "=n" numeric, i interval, e mark, b boolean)
    """)
    async with tenant.psql() as connection:
        texts = [*FORMULAS, *HARMLESS]
        await connection.execute(
            """INSERT INTO people (t, v, "=n", i, e, b) SELECT x, x, -1, '-1 day', '=e', true FROM unnest($1::text[]) x""",
            texts,
        )
    plain = parsed(await files.export())
    header, rows = parsed(await files.export(formula_safe="true"))
    assert header == ["id", "t", "v", "'=n", "i", "e", "b"]
    assert plain == (
        ["id", "t", "v", "=n", "i", "e", "b"],
        [[row[0], text, text, "-1", "-1 days", "=e", "true"] for row, text in zip(rows, texts, strict=True)],
    )
    safe = [f"'{text}" for text in FORMULAS] + HARMLESS
    assert [row[1:] for row in rows] == [[text, text, "-1", "-1 days", "'=e", "true"] for text in safe]
    assert parsed(await files.export(format="tsv", formula_safe="true"), "\t") == (header, rows)
    with refused("PARAMETER_INVALID", "formula_safe"):
        await files.export(formula_safe="yes")


async def test_a_table_that_has_just_changed_is_exported_as_it_is_now(files: Files, tenant: Tenant) -> None:
    await tenant.run(
        "CREATE TABLE people (id int PRIMARY KEY, name text, n numeric); INSERT INTO people VALUES (1, 'x', 1.5)"
    )
    for at, format_ in enumerate(("csv", "jsonl", "xlsx", "parquet")):
        await files.export(format=format_)
        await tenant.run(f"ALTER TABLE people RENAME {'name' if not at else f'name{at}'} TO name{at + 1}")
        exported = await files.export(format=format_)
        assert format_ == "xlsx" or f"name{at + 1}".encode() in exported
    await files.export(format="parquet")
    await tenant.run("ALTER TABLE people ALTER n TYPE date USING '2024-02-29'")
    schema = parquet.read_schema(io.BytesIO(await files.export(format="parquet")))
    assert schema.field("n").type == pa.date32()


@pytest.mark.parametrize("format_", ["json", "jsonl", "xlsx", "parquet"])
async def test_no_format_holds_the_table_in_memory(files: Files, tenant: Tenant, format_: str) -> None:
    await tenant.run(
        "CREATE TABLE people (id int PRIMARY KEY, filler text); INSERT INTO people"
        " SELECT n, (SELECT string_agg(md5(n::text || m), '') FROM generate_series(1, 30) m) FROM generate_series(1, 200000) n"
    )
    await files.export(format=format_, filter='{"column": "id", "op": "lt", "value": 20000}')
    before, size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, 0
    async for piece in files.exported(format=format_):
        size += len(piece)
    assert size > 96_000_000
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 140


@pytest.mark.parametrize("format_", ["json", "jsonl", "xlsx", "parquet"])
async def test_a_reader_of_any_format_may_hang_up(files: Files, tenant: Tenant, format_: str) -> None:
    await tenant.run(f"CREATE TABLE people (id int PRIMARY KEY, filler text); INSERT INTO people {MANY}")
    superuser = await asyncpg.connect(tenant.binding.server.dsn(tenant.id))
    running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'COPY%' AND state = 'active' AND datname = current_database()"
    stream = files.exported(format=format_)
    await anext(stream)
    await stream.aclose()  # type: ignore[attr-defined]
    async with asyncio.timeout(10):
        while await superuser.fetchval(running):  # noqa: ASYNC110  Postgres has no event for us
            await asyncio.sleep(0)
    await superuser.close()


@pytest.mark.parametrize("format_", ["json", "jsonl", "xlsx", "parquet"])
async def test_a_query_that_fails_in_the_middle_fails_the_stream_of_any_format(
    files: Files, tenant: Tenant, format_: str
) -> None:
    await tenant.run(
        "CREATE VIEW people AS SELECT n, 1 / (200000 - n) AS x, repeat('x', 100) FROM generate_series(1, 300000) n"
    )
    with pytest.raises(Exception, match="division by zero"):
        await files.export(format=format_)


@pytest.mark.parametrize("format_", ["csv", "json", "jsonl", "xlsx", "parquet"])
async def test_what_a_list_would_refuse_no_format_begins(files: Files, tenant: Tenant, format_: str) -> None:
    await tenant.run("CREATE TABLE people (id int PRIMARY KEY, age int)")
    for reason, query in [
        ("COLUMN_UNKNOWN", {"fields": "nam"}),
        ("FILTER_INVALID", {"filter": '{"column": "age", "op": "gt", "value": "old"}'}),
    ]:
        with refused(reason):
            await files.export(format=format_, **query)
