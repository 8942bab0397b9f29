"""JSON and JSON lines hold what a list of records shows, whole, with every digit."""

import json
from typing import Any

import pytest

from tests.fixtures.files import Files
from tests.fixtures.records import Records
from tests.fixtures.tenants import Tenant
from tests.fixtures.values import VALUES, fill, owner

COLUMNS = [(f"c{at}", type_) for at, type_ in enumerate(VALUES)]


def exact(text: bytes) -> Any:
    """JSON with its numbers as they are written."""
    return json.loads(text, parse_float=str, parse_int=lambda digits: (digits,), parse_constant=str)


async def test_every_value_is_shown_as_the_record_itself_shows_it(
    files: Files, records: Records, tenant: Tenant
) -> None:
    async with owner(tenant) as connection:
        count = await fill(connection, COLUMNS)
        singly = [exact((await records.fetched(id_)).body) for id_ in range(1, count + 1)]
    assert exact(await files.export(format="json")) == singly
    lines = (await files.export(format="jsonl")).splitlines()
    assert [exact(line) for line in lines] == singly


async def test_text_comes_as_it_is_whatever_copy_would_escape(files: Files, tenant: Tenant) -> None:
    texts = [
        "\\",
        "\\n",
        "\\.",
        "\t",
        "\n",
        "\r\n",
        '"',
        "\x01\x02",
        "'",
        ",",
        "",
        " ",
        "\u2028",
        "🏡",
        "\ufeff",
        "\\u0000",
    ]
    await tenant.run("CREATE TABLE people (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, t text)")
    async with tenant.psql() as connection:
        await connection.execute("INSERT INTO people (t) SELECT unnest($1::text[])", texts)
    assert [record["t"] for record in json.loads(await files.export(format="json"))] == texts
    lines = (await files.export(format="jsonl")).decode().split("\n")
    assert [json.loads(line)["t"] for line in lines[:-1]] == texts
    assert lines[-1] == ""


async def test_a_document_of_many_lines_is_one_line(files: Files, tenant: Tenant) -> None:
    await tenant.run(
        """CREATE TABLE people (id int PRIMARY KEY, j json, js json[]);
        INSERT INTO people VALUES (1, E'{\\n"a" :\\r\\n1e400}', ARRAY[E'[\\n1]'::json])"""
    )
    exported = await files.export(format="jsonl")
    assert exported == b'{"id":1,"j":{ "a" :  1e400},"js":[[ 1]]}\n'


@pytest.mark.parametrize("name", ['a"b', "a\nb", "a\x01b", "a\\b", "record", "t", "json", "%s", ":x", "x" * 63])
async def test_any_name_of_a_column_is_a_name_of_a_member(files: Files, tenant: Tenant, name: str) -> None:
    quoted = name.replace('"', '""')
    await tenant.run(f'CREATE TABLE people ("{quoted}" int); INSERT INTO people VALUES (7)')
    assert json.loads(await files.export(format="jsonl")) == {name: 7}


async def test_no_record_is_an_empty_array_and_no_line(files: Files, tenant: Tenant) -> None:
    await tenant.run("CREATE TABLE people (id int PRIMARY KEY); CREATE TABLE bare (); INSERT INTO bare DEFAULT VALUES")
    assert json.loads(await files.export(format="json")) == []
    assert await files.export(format="jsonl") == b""
    assert json.loads(await files.export("bare", format="json")) == [{}]


async def test_a_cell_is_never_cut(files: Files, tenant: Tenant) -> None:
    await tenant.run("CREATE TABLE people AS SELECT repeat('ab', 5000000) AS t, repeat('9', 100000)::numeric AS n")
    record = exact(await files.export(format="json"))[0]
    assert len(record["t"]) == 10_000_000
    assert record["n"] == ("9" * 100_000,)
