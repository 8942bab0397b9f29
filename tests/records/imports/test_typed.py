"""What exports write of a typed column, an import for a column of that type reads as the very same value."""

import json
from typing import Any

import pytest

from services.records.imports.readers import typed
from services.records.imports.readers.scanner import Number
from tests.fixtures.files import Files
from tests.fixtures.schema import refused
from tests.fixtures.tenants import Tenant


@pytest.mark.parametrize(
    ("type_", "given", "read"),
    [
        ("jsonb", "123", '"123"'),
        ("jsonb", Number("1.10"), "1.10"),
        ("json", ["a"], '["a"]'),
        ("bigint[]", [Number("1"), None, Number("-2")], "{1,NULL,-2}"),
        ("integer[]", [[Number("1")], [Number("2")]], "{{1},{2}}"),
        ("text[]", ["a b", "", "null", 'q"\\', "plain", "{"], r'{"a b","","null","q\"\\",plain,"{"}'),
        ("text[]", "[0:1]={a,b}", "[0:1]={a,b}"),
        ("boolean[]", [True, False], "{true,false}"),
        ("jsonb[]", [{"a": Number("1")}, ["x"], "y"], r'{"{\"a\":1}","[\"x\"]","\"y\""}'),
        ("bytea", "AP8=", "\\x00ff"),
        ("bytea", "no base64!", "no base64!"),
        ("bytea[]", ["AP8="], r'{"\\x00ff"}'),
        ("timestamp without time zone", "2024-02-29T23:59:59.5", "2024-02-29 23:59:59.5"),
        ("timestamp(3) with time zone", "2024-02-29T23:59:59+00:00", "2024-02-29 23:59:59+00"),
        ("timestamp with time zone", "0044-03-15T10:00:00.1+00:00 BC", "0044-03-15 10:00:00.1+00 BC"),
        ("timestamp with time zone", "infinity", "infinity"),
        ("text", "2024-02-29T23:59:59", "2024-02-29T23:59:59"),
    ],
)
def test_a_value_is_spelled_as_its_type_spells_it(type_: str, given: Any, read: str) -> None:
    assert typed.value(given, type_, _dumped) == read


def _dumped(value: Any) -> str:
    match value:
        case Number():
            return value
        case list():
            return "[" + ",".join(map(_dumped, value)) + "]"
        case dict():
            return "{" + ",".join(f'"{name}":{_dumped(member)}' for name, member in value.items()) + "}"
    return json.dumps(value)


async def test_texts_among_documents_stay_texts(files: Files, tenant: Tenant) -> None:
    await tenant.run("CREATE TABLE kept (id int PRIMARY KEY, j jsonb)")
    await files.load('[{"id": 1, "j": "123"}, {"id": 2, "j": "true"}, {"id": 3, "j": 5}]', "people", like="kept")
    assert await tenant.value("SELECT array_agg(j::text ORDER BY id) FROM people") == ['"123"', '"true"', "5"]


async def test_a_record_alone_is_a_record_whatever_is_in_it(files: Files, tenant: Tenant) -> None:
    await tenant.run("""CREATE TABLE kept (id int PRIMARY KEY, j jsonb); INSERT INTO kept VALUES (1, '[{"a": 1}]')""")
    await files.load(await files.export("kept", format="jsonl"), "people", like="kept")
    assert await tenant.value("SELECT j::text FROM people") == '[{"a": 1}]'


async def test_an_irregular_array_is_refused(files: Files, tenant: Tenant) -> None:
    await tenant.run("CREATE TABLE kept (id int PRIMARY KEY, a int[])")
    for array in ("[[1], [2, 3]]", '["x"]', "[{}]"):
        with refused("VALUE_MISFIT", "column 'a'"):
            await files.load(f'[{{"id": 1, "a": {array}}}]', "people", like="kept")


async def test_a_column_given_a_type_is_read_as_that_type(files: Files, tenant: Tenant) -> None:
    await files.load('[{"id": 1, "a": [1, 2]}]', "people", columns=[{"source": "a", "type": "int[]"}])
    assert await tenant.value("SELECT a FROM people") == [1, 2]


@pytest.mark.parametrize("moment", ["2024-02-29 10:00:00.5+02", "2024-02-29 00:00:00+00"])
async def test_datetimes_of_a_sheet_are_utc_where_instants_are_asked_for(
    files: Files, tenant: Tenant, moment: str
) -> None:
    await tenant.run(
        f"CREATE TABLE kept (id int PRIMARY KEY, i timestamptz, l timestamp); INSERT INTO kept VALUES (1, '{moment}', '{moment}')"
    )
    await files.load(await files.export("kept", format="xlsx"), "people", like="kept")
    assert await tenant.value("SELECT p.i = k.i AND p.l = k.l FROM people p, kept k") is True


async def test_doubles_of_a_sheet_are_those_that_were_written(files: Files, tenant: Tenant) -> None:
    """A shorter spelling of the first, and the only one of the second, is half-way between two doubles."""
    values = "-8.777495041098141e+16", "-4.9642435e+19", "1e22", "0.1", "9007199254740993", "1.1754944e-38"
    await tenant.run("CREATE TABLE kept (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, d float8, r float4)")
    async with tenant.psql() as connection:
        await connection.execute(
            "INSERT INTO kept (d, r) SELECT x::float8, x::float4 FROM unnest($1::text[]) x", list(values)
        )
    await files.load(await files.export("kept", format="xlsx"), "people", like="kept")
    same = "p.d::text = k.d::text AND p.r::text = k.r::text"
    assert await tenant.value(f"SELECT count(*) FROM people p JOIN kept k USING (id) WHERE {same}") == len(values)


async def test_a_type_may_have_brackets_in_its_name(files: Files, tenant: Tenant) -> None:
    await tenant.run("""CREATE TYPE "a(b)" AS ENUM ('x'); CREATE TABLE kept (id int PRIMARY KEY, e "a(b)")""")
    await files.load("id,e\n1,x\n", "people", like="kept")
    assert await tenant.value("SELECT e::text FROM people") == "x"
