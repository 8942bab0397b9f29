"""Values: what is read, written back, is the very same value, whatever its type."""

import json
from typing import Any

import asyncpg
import pytest

from services.kit.errors import AppError
from tests.fixtures.records import Records, column
from tests.fixtures.schema import refused
from tests.fixtures.tenants import Tenant
from tests.fixtures.values import VALUES, fill, owner


@pytest.fixture
def columns() -> list[tuple[str, str]]:
    return [(f"c{at}", type_) for at, type_ in enumerate(VALUES)]


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
        count = await fill(connection, columns)
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
        count = await fill(connection, columns)
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
        count = await fill(connection, columns)
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
