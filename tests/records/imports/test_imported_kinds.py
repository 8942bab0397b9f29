"""What a file's spelling tells beyond a type: addresses, currencies and percentages become columns of their kinds, rules included."""

import asyncpg
import pytest

from tests.fixtures.files import Files
from tests.fixtures.schema import Schema
from tests.fixtures.tenants import Tenant

FILE = (
    "mail,site,price,discount,spent\n"
    'ada@example.com,https://example.com/a,"€1,250.00",10%,1h 30min\n'
    "bob@example.no,https://example.no,€20.50,5.5%,45 min\n"
)


async def test_columns_get_the_kinds_that_all_their_values_are_of(files: Files, schema: Schema) -> None:
    report = await files.load(FILE)
    table = await schema.table("people")
    kinds = {"mail": "email", "site": "url", "price": "money", "discount": "percent", "spent": "duration"}
    assert {column["name"]: column["kind"] for column in report["columns"]} == kinds
    assert {column["name"]: column["kind"] for column in table["columns"] if column["name"] != "id"} == kinds


async def test_the_currency_of_a_file_is_kept(files: Files, schema: Schema, tenant: Tenant) -> None:
    await files.load(FILE)
    price = next(column for column in (await schema.table("people"))["columns"] if column["name"] == "price")
    assert price["display"] == {"currency": "EUR"}
    assert await tenant.value("SELECT array_agg(price::text ORDER BY id) FROM people", access="read") == [
        "1250.00",
        "20.50",
    ]


async def test_the_rule_of_an_imported_kind_holds_in_psql_too(files: Files, tenant: Tenant) -> None:
    await files.load(FILE)
    with pytest.raises(asyncpg.CheckViolationError):
        await tenant.value("UPDATE people SET mail = 'nobody' RETURNING 1", access="write")
