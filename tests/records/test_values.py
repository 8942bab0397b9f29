"""Values: what is read, written back, is the very same value, whatever its type."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from services.kit.errors import AppError
from tests.fixtures.records import Records, column
from tests.fixtures.schema import refused
from tests.fixtures.tenants import Tenant

SETUP = """
    CREATE EXTENSION hstore SCHEMA public; CREATE EXTENSION citext SCHEMA public; CREATE EXTENSION ltree SCHEMA public;
    GRANT USAGE, CREATE ON SCHEMA public TO {own}; SET ROLE {own};
    CREATE TYPE mood AS ENUM ('so so', 'ok'); CREATE TYPE "co%(x)s""mp" AS (a int, b text, c float8, d int[], e numeric);
    CREATE DOMAIN posint AS int CHECK (value > 0); CREATE TYPE span AS RANGE (subtype = float8);
"""

# SQL of values, by type. Those of `json` are JSON documents: a column of type json keeps the text, which a document does not.
VALUES: dict[str, list[str]] = {
    "int2": ["'-32768'"],
    "int4": ["'2147483647'"],
    "int8": ["'9223372036854775807'", "'-9223372036854775808'", "'9007199254740993'"],
    "numeric": ["'NaN'", "'Infinity'", "'-Infinity'", "'1.500'", "'0.000'", "'1e-16383'", "'-0.00'", "repeat('9', 4000)",
                "'123456789012345678901234567890.123456789012345678901234567890'"],
    "numeric(10,2)": ["'1.50'", "'NaN'"],
    "numeric(3,-2)": ["'12300'"],
    "float4": ["'NaN'", "'-Infinity'", "'-0'", "'1e-45'", "'3.4028235e38'", "'0.1'"],
    "float8": ["'NaN'", "'Infinity'", "'-0'", "'5e-324'", "'1.7976931348623157e308'", "'0.1'", "'1e22'", "'123456789.123456789'"],
    "bool": ["'t'", "'f'"],
    "text": ["''", "' a '", "'null'", "'a,\"b\\(c)'", "E'a\\nb\\tc\\r'", "'x' || chr(127) || chr(1)", "'é🙂'", "E'\\\\u0000'", "'NULL'",
             "'{}'"],
    "varchar(5)": ["'ab '"],
    "char(5)": ["'ab'", "''"],
    '"char"': ["'a'", "''", "'\\377'"],
    "name": ["'n'", "repeat('n', 63)"],
    "bytea": ["'\\x00ff27225c'", "''", "decode(repeat('ab', 100), 'hex')"],
    "date": ["'infinity'", "'-infinity'", "'0044-03-15 BC'", "'5874897-12-31'", "'0001-01-01'"],
    "timestamp": ["'infinity'", "'0044-03-15 10:00:00.123456 BC'", "'294276-12-31 23:59:59.999999'"],
    "timestamptz": ["'infinity'", "'0044-03-15 10:00:00.1 BC'", "'2024-10-27 00:30:00+00'", "'1900-01-01 00:00:00+00'",
                    "'294276-12-31 23:59:59.999999+00'"],
    "timestamp(0)": ["'2024-02-29 23:59:59'"],
    "time": ["'24:00:00'", "'00:00:00.000001'"],
    "timetz": ["'23:59:59.5-15:59'", "'12:00:00+01:30:15'"],
    "interval": ["'1 mon -1 day +00:00:00.000001'", "'-1 year -2 mons +3 days -04:05:06.789'", "'infinity'", "'178000000 years'",
                 "'00:00:00'", "'2562047788:00:54.775807'"],
    "money": ["'-92233720368547758.08'", "'1000.5'", "'0'"],
    "uuid": ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"],
    "bit(3)": ["B'101'"],
    "bit": ["B'1'"],
    "varbit": ["B''", "B'10101'"],
    "jsonb": ["'{\"b\":1,\"a\":[]}'", "'1.50'", "'\"x\"'", "'\"123\"'", "'123456789012345678901234567890.10'", "'\"é\\n\"'",
              "'true'", "'{}'", "'[]'"],
    "json": ["'{\"a\":1.10}'", "'\"x\"'", "'1e5'", "'-0'"],
    "jsonpath": ["'$.a[*] ? (@ > 1)'"],
    "xml": ["'<a> &lt; </a>'", "'x<?pi?>'"],
    "int[]": ["'{}'", "'{1,NULL,3}'", "'[0:2]={1,2,3}'", "'{{1,2},{3,4}}'", "'[2:3][-1:0]={{1,2},{3,4}}'"],
    "int8[]": ["'{9223372036854775807}'"],
    "text[]": ["'{NULL,\"NULL\",\"\",\"a,b\",\"{\",\"\\\\\\\"\"}'", "'{\"[1:2]={}\"}'", "'{{a,b},{c,NULL}}'"],
    "bool[]": ["'{t,f,NULL}'"],
    "float8[]": ["'{NaN,-0,Infinity,0.1}'"],
    "numeric[]": ["'{1.500,NaN,-0.0}'"],
    "jsonb[]": ["ARRAY['{\"a\": \"b,\\\\\"}'::jsonb, '[1,2]', '\"x\"', NULL]"],
    "json[]": ["ARRAY['{\"a\":1}'::json, NULL]"],
    "bytea[]": ["ARRAY['\\x00'::bytea, NULL]"],
    "date[]": ["'{infinity,2024-02-29}'"],
    "timestamptz[]": ["'{infinity,\"2024-02-29 10:00:00+00\"}'"],
    "uuid[]": ["'{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}'"],
    "interval[]": ["'{1 day,infinity}'"],
    "money[]": ["'{1.5}'"],
    "char(3)[]": ["'{a}'"],
    "hstore[]": ["ARRAY['a=>1'::hstore]"],
    "mood[]": ["'{ok,\"so so\"}'"],
    "int4range": ["'empty'", "'[1,5)'", "'(,)'"],
    "numrange": ["'(1.10,)'"],
    "tstzrange": ["'[2024-01-01 00:00+00,infinity]'", "'[-infinity,)'"],
    "daterange": ["'[0044-03-15 BC,)'"],
    "int4multirange": ["'{[1,2),[4,5)}'", "'{}'"],
    "span": ["'[1.5,2.5)'"],
    "mood": ["'so so'"],
    "posint": ["'5'"],
    '"co%(x)s""mp"': ["ROW(1, 'a\"b', NULL, '{1,2}', 1.50)", "ROW(NULL, NULL, NULL, NULL, NULL)", "ROW(1, '', -0.0, '[0:1]={1,2}', 'NaN')"],
    '"co%(x)s""mp"[]': ["ARRAY[ROW(1, 'x', 1, '{}', 2)::\"co%(x)s\"\"mp\", NULL]"],
    "tsvector": ["'a:1A b:2,3 ''it''''s'''"],
    "tsquery": ["'a & !b <2> c:*'"],
    "point": ["'(0.1,-0)'", "'(NaN,Infinity)'"],
    "box": ["'(1,2),(0,0)'"],
    "lseg": ["'[(0,0),(1,1)]'"],
    "line": ["'{1,-0,3}'"],
    "path": ["'[(0,0),(1,1)]'", "'((0,0),(1,1))'"],
    "polygon": ["'((0,0),(1,1),(1,0))'"],
    "circle": ["'<(0,0),0.1>'"],
    "point[]": ["'{\"(1,2)\",\"(3,4)\"}'"],
    "inet": ["'192.168.0.1/24'", "'::ffff:1.2.3.4'"],
    "cidr": ["'10.0.0.0/8'"],
    "macaddr": ["'08:00:2b:01:02:03'"],
    "macaddr8": ["'08:00:2b:01:02:03:04:05'"],
    "oid": ["'4294967295'"],
    "xid8": ["'18446744073709551615'"],
    "xid": ["'5'"],
    "tid": ["'(1,2)'"],
    "pg_lsn": ["'FFFFFFFF/FFFFFFFF'"],
    "pg_snapshot": ["'10:20:10,14'"],
    "regclass": ["'people'"],
    "regtype": ["'mood'"],
    "int2vector": ["'1 2 3'"],
    "oidvector": ["'1 2'"],
    "citext": ["'AbC'"],
    "hstore": ["'a=>1,b=>NULL'", "'\"k\\\\\"=>\"v,\\\\\"'"],
    "ltree": ["'a.b.c'"],
}  # fmt: skip


@asynccontextmanager
async def owner(tenant: Tenant) -> AsyncIterator["asyncpg.Connection"]:
    """A session that may also create extensions, as an operator of the server would."""
    connection = await asyncpg.connect(tenant.binding.server.dsn(tenant.id))
    try:
        await connection.execute(SETUP.format(own=f"{tenant.id}_own"))
        yield connection
    finally:
        await connection.close()


@pytest.fixture
def columns() -> list[tuple[str, str]]:
    return [(f"c{at}", type_) for at, type_ in enumerate(VALUES)]


def _rows() -> list[list[str]]:
    """The values side by side: row n has the nth value of each type, NULL where it has none."""
    most = max(map(len, VALUES.values()))
    return [[values[at] if at < len(values) else "NULL" for values in VALUES.values()] for at in range(most)]


async def _fill(connection: "asyncpg.Connection", columns: list[tuple[str, str]]) -> int:
    named = ", ".join(f"{name} {type_}" for name, type_ in columns)
    await connection.execute(f"CREATE TABLE people (id int PRIMARY KEY, {named})")
    for at, row in enumerate(_rows(), 1):
        casts = ", ".join(f"({value})::{type_}" for value, (_, type_) in zip(row, columns, strict=True))
        await connection.execute(f"INSERT INTO people VALUES ({at}, {casts})")
    return len(_rows())


async def _differing(connection: "asyncpg.Connection", columns: list[tuple[str, str]], offset: int) -> list[Any]:
    """Cells that are not byte for byte what they were copied from."""
    found = []
    for name, type_ in columns:
        rows = await connection.fetch(
            f"SELECT a.id, a.{name}::text was, b.{name}::text is_ FROM people a JOIN people b ON b.id = a.id + {offset} "
            f"WHERE NOT record_image_eq(ROW(a.{name}), ROW(b.{name}))"
        )
        found += [(type_, row["was"], row["is_"]) for row in rows]
    return found


@pytest.mark.parametrize("numbers", ["number", "string"])
async def test_every_value_that_is_read_and_written_back_is_the_same(
    records: Records, tenant: Tenant, columns: list[tuple[str, str]], numbers: str
) -> None:
    async with owner(tenant) as connection:
        count = await _fill(connection, columns)
        raw = await records.page(numbers=numbers)
        assert len(raw["records"]) == count
        cut = {(cell["row"], name) for cell in raw["truncated"] for name in cell["columns"]}
        assert cut == {(5, "c3")}, "1e-16383 has more than 10,000 digits"
        for row, paged in enumerate(raw["records"]):
            whole = await records.get(paged["id"], numbers=numbers)
            assert [name for name in whole if whole[name] != paged[name] and (row, name) not in cut] == []
        # Not through Python's numbers: the bytes that came are the bytes that go.
        exact = [await _verbatim(records, id_, numbers) for id_ in range(1, count + 1)]
        created = b'{"records":[' + b",".join(_shifted(body, id_ + 100) for id_, body in enumerate(exact, 1)) + b"]}"
        await records.write("CreateRecords", created, numbers=numbers)
        assert await _differing(connection, columns, 100) == []
        again = [await _verbatim(records, id_, numbers) for id_ in range(101, count + 101)]
        assert [_shifted(body, id_) for id_, body in enumerate(again, 1)] == exact


async def test_every_value_can_be_changed_to_and_from_null(
    records: Records, tenant: Tenant, columns: list[tuple[str, str]]
) -> None:
    async with owner(tenant) as connection:
        count = await _fill(connection, columns)
        await connection.execute(f"INSERT INTO people (id) SELECT i + 100 FROM generate_series(1, {count}) i")
        for id_ in range(1, count + 1):
            body = (await records.fetched(id_)).body
            await records.update_one(id_ + 100, _shifted(body, id_ + 100))
        assert await _differing(connection, columns, 100) == []
        await records.update_one(101, {name: None for name, _ in columns})
        assert await records.get(101) == {"id": 101, **{name: None for name, _ in columns}}


UNSORTABLE = {
    "json",
    "jsonpath",
    "json[]",
    "xml",
    "xid",
    "pg_snapshot",
    "point",
    "box",
    "lseg",
    "line",
    "path",
    "polygon",
    "circle",
}
UNSORTABLE |= {"point[]", '"co%(x)s""mp"', '"co%(x)s""mp"[]'}


async def test_every_type_sorts_and_is_found_by_its_value_or_says_why_not(
    records: Records, tenant: Tenant, columns: list[tuple[str, str]]
) -> None:
    async with owner(tenant) as connection:
        count = await _fill(connection, columns)
        for name, type_ in columns:
            if type_ in UNSORTABLE:
                with refused("SORT_INVALID", name):
                    await records.page(sort=name)
            else:
                expected = await connection.fetch(f"SELECT id FROM people ORDER BY {name} IS NULL, {name} DESC, id")
                ids = column(await records.all(sort=f"{name}:desc", fields="id", limit=6), "id")
                assert type_ in ("text", "citext") or ids == [row["id"] for row in expected], type_
                assert sorted(ids) == list(range(1, count + 1)), type_
            if type_ not in ("json", "jsonb"):
                await _found_by_value(records, name, type_, await records.get(1, numbers="string"))


async def _found_by_value(records: Records, name: str, type_: str, record: Any) -> None:
    """The first record's own value finds it, except where it is a list: those are given as Postgres' text."""
    value = record[name]
    tests: list[Any] = [{"column": name, "op": "is_null", "value": False}]
    if not isinstance(value, list | dict):
        tests += [{"column": name, "op": "eq", "value": value}, {"column": name, "op": "in", "value": [value]}]
        tests += [{"not": {"column": name, "op": "ne", "value": value}}]
    found = await records.page(filter={"and": tests}, fields="id")
    assert 1 in column(found["records"], "id"), type_


async def _verbatim(records: Records, key: int, numbers: str) -> bytes:
    body: bytes = (await records.fetched(key, numbers=numbers)).body
    return body


def _shifted(body: bytes, id_: int) -> bytes:
    """The record under another id, all else as it was."""
    head, comma, rest = body.partition(b",")
    assert head.startswith(b'{"id":')
    return b'{"id":%d' % id_ + comma + rest


SHOWN = [
    ("bigint", "9007199254740993", "9007199254740993"),
    ("numeric", "'1.500'", "1.500"),
    ("numeric", "'NaN'", '"NaN"'),
    ("float8", "'-Infinity'", '"-Infinity"'),
    ("float8", "'-0'", "-0"),
    ("money", "'-1234.5'", "-1234.50"),
    ("boolean", "true", "true"),
    ("date", "'2024-02-29'", '"2024-02-29"'),
    ("timestamptz", "'2024-02-29 12:00+02'", '"2024-02-29T10:00:00+00:00"'),
    ("timestamp", "'2024-02-29 12:00'", '"2024-02-29T12:00:00"'),
    ("time", "'24:00'", '"24:00:00"'),
    ("jsonb", "'{\"a\": [1.10, null]}'", '{"a": [1.10, null]}'),
    ("int[]", "'{1,NULL}'", "[1,null]"),
    ("bytea", "'\\x00ff'", '"AP8="'),
    ("interval", "'1 day'", '"1 day"'),
    ("point", "'(1,2)'", '"(1,2)"'),
    ("text", "NULL", "null"),
]


async def test_values_look_in_json_as_the_contract_says(records: Records, tenant: Tenant) -> None:
    columns = ", ".join(f"v{at} {type_}" for at, (type_, _, _) in enumerate(SHOWN))
    values = ", ".join(sql for _, sql, _ in SHOWN)
    await tenant.run(f"CREATE TABLE people (id int PRIMARY KEY, {columns}); INSERT INTO people VALUES (1, {values})")
    shown = ",".join(f'"v{at}":{shown}' for at, (_, _, shown) in enumerate(SHOWN))
    assert (await records.fetched(1)).body.decode() == f'{{"id":1,{shown}}}'


async def test_long_numbers_are_strings_when_asked_for(records: Records, tenant: Tenant) -> None:
    await tenant.run("""
        CREATE TABLE people (id int PRIMARY KEY, a bigint, b numeric, c numeric(8,2), d money, e float8, f bigint[]);
        INSERT INTO people VALUES (1, 2, 3.0, 4, 5, 6, '{7}');
    """)
    page = await records.page(numbers="string")
    assert page["records"] == [{"id": 1, "a": "2", "b": "3.0", "c": "4.00", "d": "5.00", "e": 6, "f": ["7"]}]
    assert json.dumps(await records.get(1, numbers="string")) == json.dumps(page["records"][0])


MISFITS: list[tuple[str, Any, str]] = [
    ("int", "abc", "not a number"),
    ("int", "1.5", "no value of type integer"),
    ("int", 2**40, "out of range"),
    ("int", [1], "a list is no value"),
    ("text", {"a": 1}, "an object is no value"),
    ("text", "a\0b", "NUL"),
    ("text", "\ud800", "surrogate"),
    ("jsonb", {"a": "\0"}, "NUL"),
    ("jsonb", "\udfff", "surrogate"),
    ("varchar(3)", "toolong", "longer than type character varying(3)"),
    ("name", "n" * 64, "longer than the 63 bytes"),
    ("numeric(4,2)", "123.45", "out of range"),
    ("date", "2024-02-30", "out of range"),
    ("date", "yesterday", "YYYY-MM-DD"),
    ("date", "01/02/2024", "YYYY-MM-DD"),
    ("timestamptz", "now", "YYYY-MM-DD"),
    ("uuid", "123", "no value of type uuid"),
    ("bytea", "not base64!", "not base64"),
    ("boolean", "maybe", "no value of type boolean"),
    ("int[]", [1, "x"], "no value of type integer[]"),
    ("int[]", [[1], [2, 3]], "no value of type integer[]"),
    ("point", "1;2", "no value of type point"),
]


async def test_a_value_that_does_not_fit_is_refused_with_its_record_and_column(
    records: Records, tenant: Tenant, subtests: pytest.Subtests
) -> None:
    columns = ", ".join(f'"v {at}" {type_}' for at, (type_, _, _) in enumerate(MISFITS))
    await tenant.run(f"CREATE TABLE people (id int PRIMARY KEY, {columns})")
    for at, (type_, value, why) in enumerate(MISFITS):
        with subtests.test(type=type_, value=ascii(value)):
            with pytest.raises(AppError) as refusal:
                await records.create({"id": 1}, {"id": 2, f"v {at}": None}, {"id": 3, f"v {at}": value})
            assert refusal.value.reason == "VALUE_INVALID", refusal.value.message
            assert refusal.value.metadata["row"] == "3"
            assert refusal.value.metadata["column"] == f"v {at}"
            assert why in refusal.value.message
    assert (await records.page())["records"] == []
    assert await tenant.value("SELECT count(*) FROM rowhouse.operation WHERE nature = 'data'") == 0
