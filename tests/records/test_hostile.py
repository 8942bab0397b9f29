"""Names and texts that mean harm, or look like it: each is data, wherever it stands."""

import asyncio
from typing import Any

import pytest

from services.kit.errors import AppError
from tests.fixtures.records import Records, column
from tests.fixtures.tenants import Tenant

NAMES = [
    'peo"ple',
    'peo"ple; DROP TABLE canary; --',
    "o'clock",
    "'; DROP TABLE canary; --",
    "%(x)s",
    "100%s",
    "%%s",
    "$1",
    ":name",
    "a:b",
    "?",
    "a,b",
    "a.b",
    "x[1]",
    "{y}",
    "back\\slash",
    "new\nline",
    " spaces ",
    "select",
    "xmin_",
    "Ünïcödé🙂",
    "x" * 63,
    "record",
    "found",
    "cells",
    "json",
    "t",
    "oid",
    "v0",
    "k0",
    "column v0",
    "@1",
]
PAYLOADS = [
    "'",
    '"',
    "';",
    "'; DROP TABLE canary; --",
    '"; DROP TABLE canary; --',
    "1; DROP TABLE canary",
    "1) OR (1=1",
    "' OR '1'='1",
    "' UNION SELECT usename FROM pg_user --",
    "$$; DROP TABLE canary; $$",
    "E'\\'; DROP TABLE canary; --",
    "\\'; DROP TABLE canary; --",
    "%27; DROP TABLE canary; --",
    "/* */ DROP TABLE canary /*",
    "id; SELECT pg_sleep(5)",
    "id) FROM canary; --",
    "(SELECT pg_sleep(5))",
    "rowhouse.sort_key(id)",
    "id DESC, (SELECT 1)",
    "id::text",
    "$1",
    "%s",
    "%(p0)s",
    ":p0",
    "{0}",
    "\x1b[31m",
    "\u2028",
    "ʼ OR 1=1",
    "＇ OR 1=1",
    "a" * 2_000,
]


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


async def test_names_that_look_like_sql_are_names(records: Records, tenant: Tenant, subtests: pytest.Subtests) -> None:
    await tenant.run("CREATE TABLE canary (id int PRIMARY KEY); INSERT INTO canary VALUES (1)")
    await tenant.run(
        "".join(
            f"CREATE TABLE {quoted(name)} ({quoted(name)} text PRIMARY KEY, {quoted('n ' + name[:60])} int, w text);"
            for name in NAMES
        )
    )
    for name in NAMES:
        with subtests.test(name=name):
            await _lives(records.of(name), name, "n " + name[:60])
    assert (await records.of("canary").page())["records"] == [{"id": 1}]


async def _lives(table: Records, key: str, number: str) -> None:
    """All that can be done with a table is done with this one."""
    await table.create({key: "a", number: 1, "w": "x"}, {key: key, number: 2}, {key: "c", number: 2})
    page = await table.page(
        shape="rows", sort=f"{quoted(number)}:desc", fields=f"{quoted(key)},{quoted(number)}", limit=2
    )
    assert page["columns"] == [key, number]
    rest = await table.page(
        shape="rows", sort=f"{quoted(number)}:desc", fields=f"{quoted(key)},{quoted(number)}", cursor=page["next"]
    )
    assert sorted(page["rows"] + rest["rows"], key=lambda row: row[1]) == [
        ["a", 1],
        *sorted([[key, 2], ["c", 2]], key=lambda row: row != page["rows"][0]),
    ]
    same = {"column": key, "op": "in", "value": [key]}
    found = await table.page(filter=same, shape="rows", sort=quoted(key))
    assert [row[0] for row in found["rows"]] == [key]
    encoded = found["keys"][0]
    assert (await table.get(encoded))[key] == key
    await table.update_one(encoded, {number: 5, "w": key})
    await table.update({"key": encoded, "set": {number: 6}, "version": (await table.fetched(encoded)).etag})
    contains = {
        "and": [{"column": "w", "op": "contains", "value": key}, {"column": number, "op": "between", "value": [6, 6]}]
    }
    assert column((await table.page(filter=contains))["records"], key) == [key]
    await table.delete_one(encoded)
    assert column(await table.all(limit=1, sort=f"{quoted(key)}:raw:desc"), key) == ["c", "a"]


async def test_texts_that_look_like_sql_are_refused_or_data(
    records: Records, tenant: Tenant, subtests: pytest.Subtests
) -> None:
    await tenant.run("""
        CREATE TABLE canary (id int PRIMARY KEY); INSERT INTO canary VALUES (1);
        CREATE TABLE people (id text PRIMARY KEY, t text, n numeric, d date, e inet, j jsonb);
    """)
    for text in PAYLOADS:
        with subtests.test(text=text[:60]):
            for query in _queries(text):
                await _answered(records.page(**query))
            for call in (records.get(text), records.of(text).page(), records.of("people", text).page(),
                         records.update_one(text, {"t": text}, if_match=text), records.delete_one(text, if_match=text),
                         records.create({text: 1}), records.create({"id": "x", "n": text}), records.create({"id": "x", "d": text}),
                         records.create({"id": "x", "e": text})):  # fmt: skip
                await _answered(call)
            await records.create({"id": text, "t": text, "j": {text: [text]}}, idempotency_key=text[:200])
            found = await records.page(shape="rows", filter={"column": "id", "op": "eq", "value": text})
            assert found["rows"] == [[text, text, None, None, None, {text: [text]}]]
            assert (await records.get(found["keys"][0]))["t"] == text
            for operator in ("contains", "starts_with", "ends_with"):
                page = await records.page(filter={"column": "t", "op": operator, "value": text})
                assert text in column(page["records"], "t"), operator
    assert (await records.of("canary").page())["records"] == [{"id": 1}]
    assert len(await records.all()) == len(PAYLOADS)


def _queries(text: str) -> list[dict[str, Any]]:
    texts = [{name: text} for name in ("fields", "sort", "filter", "cursor", "count", "shape", "numbers", "search")]
    filters: list[Any] = [
        {"column": text, "op": "eq", "value": "x"},
        {"column": "t", "op": text, "value": "x"},
        {"not": text},
    ]
    filters += [{"column": name, "op": "eq", "value": text} for name in ("t", "n", "d", "e", "j")]
    filters += [{"column": "t", "op": operator, "value": text} for operator in ("lt", "matches")]
    filters += [{"column": "t", "op": "in", "value": [text, text]}, {text: []}]
    quoted_too = [{"sort": quoted(text)}, {"fields": quoted(text)}, {"sort": f"t:{text}"}]
    return [*texts, *quoted_too, *({"filter": filter_} for filter_ in filters)]


async def _answered(call: Any) -> None:
    """It is answered, or refused with a reason of ours: never an internal error, nor the words of a parser of SQL."""
    outcome: Any = (await asyncio.gather(call, return_exceptions=True))[0]
    if isinstance(outcome, BaseException):
        assert isinstance(outcome, AppError), outcome
        assert outcome.reason not in ("DATABASE_REFUSED", "INVALID", "CONTENDED"), outcome.message
        assert "syntax error" not in outcome.message
