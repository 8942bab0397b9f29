"""Parquet files have types that hold every value of a column, and text where none does."""

import io
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.fixtures.files import Files
from tests.fixtures.tenants import Tenant
from tests.fixtures.values import VALUES, fill, owner

WORDS = ["", "NULL", "\ufeffa", "a\r\nb", '"', "\\.", "NaN", " ", ","]

# Column type, values as SQL texts, Arrow's type, values in Python.
KEPT: list[tuple[str, list[str], pa.DataType, list[Any]]] = [
    ("smallint", ["-32768", "5"], pa.int16(), [-32768, 5]),
    ("integer", ["2147483647"], pa.int32(), [2147483647]),
    ("bigint", ["9223372036854775807"], pa.int64(), [9223372036854775807]),
    ("real", ["3.4028235e38", "Infinity"], pa.float32(), [3.4028234663852886e38, float("inf")]),
    ("double precision", ["5e-324", "-Infinity"], pa.float64(), [5e-324, float("-inf")]),
    ("boolean", ["true", "false"], pa.bool_(), [True, False]),
    ("numeric(10,2)", ["99999999.99", "-0.01"], pa.decimal128(10, 2), [Decimal("99999999.99"), Decimal("-0.01")]),
    ("numeric(60,30)", ["1.5"], pa.decimal256(60, 30), [Decimal("1.5")]),
    ("numeric(10,2)", ["1.5", "NaN"], pa.string(), ["1.50", "NaN"]),
    ("numeric", ["1.5", "-12.345"], pa.decimal128(38, 3), [Decimal("1.5"), Decimal("-12.345")]),
    ("numeric", ["1e38", "0.01"], pa.decimal256(76, 2), [Decimal(10) ** 38, Decimal("0.01")]),
    ("numeric", ["1e75", "0.01"], pa.string(), ["1" + "0" * 75, "0.01"]),
    ("numeric", ["1", "Infinity"], pa.string(), ["1", "Infinity"]),
    ("numeric(3,-2)", ["12300"], pa.decimal128(38, 0), [Decimal(12300)]),
    ("numeric(2,4)", ["0.0012"], pa.decimal128(38, 4), [Decimal("0.0012")]),
    ("money", ["-92233720368547758.08"], pa.decimal128(19, 2), [Decimal("-92233720368547758.08")]),
    ("date", ["0001-01-01", "9999-12-31"], pa.date32(), [date(1, 1, 1), date(9999, 12, 31)]),
    ("date", ["2024-02-29", "infinity"], pa.string(), ["2024-02-29", "infinity"]),
    ("date", ["0001-12-31 BC"], pa.string(), ["0001-12-31 BC"]),
    ("timestamp", ["2024-02-29 23:59:59.999999"], pa.timestamp("us"), [datetime(2024, 2, 29, 23, 59, 59, 999_999)]),
    ("timestamp", ["-infinity"], pa.string(), ["-infinity"]),
    ("timestamptz", ["2024-02-29 23:00:00+02"], pa.timestamp("us", "UTC"), [datetime(2024, 2, 29, 21, tzinfo=UTC)]),
    ("timestamptz", ["10000-01-01 00:00:00+00"], pa.string(), ["10000-01-01 00:00:00+00"]),
    ("time", ["23:59:59.999999"], pa.time64("us"), [time(23, 59, 59, 999_999)]),
    ("time", ["24:00:00"], pa.string(), ["24:00:00"]),
    ("interval", ["1 mon -1 day"], pa.string(), ["1 mon -1 days"]),
    ("bytea", ["\\x00ff", ""], pa.binary(), [b"\x00\xff", b""]),
    ("text", WORDS, pa.string(), WORDS),
    ("uuid", ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"], pa.string(), ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]),
    ("jsonb", ['{"a": 1.10}'], pa.string(), ['{"a": 1.10}']),
    ("bigint[]", ["{1,NULL}", "{}"], pa.list_(pa.int64()), [[1, None], []]),
    ("float8[]", ["{NaN,-Infinity}"], pa.list_(pa.float64()), None),  # type: ignore[list-item]
    ("boolean[]", ["{t,f}"], pa.list_(pa.bool_()), [[True, False]]),
    ("text[]", ['{a,"",NULL,"NULL","x,\\"y"}'], pa.list_(pa.string()), [["a", "", None, "NULL", 'x,"y']]),
    ("date[]", ["{infinity,2024-02-29}"], pa.list_(pa.string()), [["infinity", "2024-02-29"]]),
    ("int[]", ["{1}", "[0:1]={1,2}"], pa.string(), ["{1}", "[0:1]={1,2}"]),
    ("int[]", ["{{1,2},{3,4}}"], pa.string(), ["{{1,2},{3,4}}"]),
]  # fmt: skip


def table(exported: bytes) -> pa.Table:
    return parquet.read_table(io.BytesIO(exported))


@pytest.mark.parametrize(("type_", "texts", "kept", "values"), KEPT)
async def test_a_column_has_the_type_that_holds_all_its_values(
    files: Files, tenant: Tenant, type_: str, texts: list[str], kept: pa.DataType, values: list[Any] | None
) -> None:
    await tenant.run(f"CREATE TABLE people (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, c {type_})")
    async with tenant.psql() as connection:
        await connection.executemany(
            f"INSERT INTO people (c) VALUES ($1::text::{type_})", [(text,) for text in (*texts, None)]
        )
    found = table(await files.export(format="parquet"))["c"]
    assert found.type == kept
    assert values is None or found.to_pylist() == [*values, None]


async def test_every_value_of_every_type_is_there(files: Files, tenant: Tenant) -> None:
    columns = [(f"c{at}", type_) for at, type_ in enumerate(VALUES)]
    async with owner(tenant) as connection:
        count = await fill(connection, columns)
        await connection.execute("SET search_path = ''")
        found = table(await files.export(format="parquet"))
        assert len(found) == count
        for name, type_ in columns:
            texts = [row[0] for row in await connection.fetch(f"SELECT {name}::text FROM public.people ORDER BY id")]
            if found[name].type == pa.string():
                assert found[name].to_pylist() == texts, type_
            assert [value is None for value in found[name].to_pylist()] == [text is None for text in texts], type_


async def test_a_field_says_what_the_column_was(files: Files, tenant: Tenant) -> None:
    await tenant.run("CREATE TABLE people (id int PRIMARY KEY, j jsonb, n numeric(10,2))")
    schema = parquet.read_schema(io.BytesIO(await files.export(format="parquet")))
    assert schema.field("j").metadata == {b"rowhouse.kind": b"json", b"postgres.type": b"jsonb"}
    assert schema.field("n").metadata[b"postgres.type"] == b"numeric(10,2)"


async def test_a_table_of_nothing_is_a_file_of_nothing(files: Files, tenant: Tenant) -> None:
    await tenant.run("CREATE TABLE people (id int, t text); CREATE TABLE bare (); INSERT INTO bare DEFAULT VALUES")
    found = table(await files.export(format="parquet"))
    assert (len(found), found.column_names) == (0, ["id", "t"])
    assert table(await files.export("bare", format="parquet")).column_names == []


@pytest.mark.parametrize("first", [None, "", "\ufeffx", "\ufeff"])
async def test_a_single_column_keeps_its_nulls_and_its_first_character(
    files: Files, tenant: Tenant, first: str | None
) -> None:
    texts = [first, "", None, "x"]
    await tenant.run("CREATE TABLE people (t text)")
    async with tenant.psql() as connection:
        await connection.execute("INSERT INTO people SELECT unnest($1::text[])", texts)
    assert table(await files.export(format="parquet"))["t"].to_pylist() == texts


async def test_a_large_table_comes_in_groups(files: Files, tenant: Tenant) -> None:
    await tenant.run("CREATE TABLE people AS SELECT n, repeat(md5(n::text), 10) AS t FROM generate_series(1, 200000) n")
    exported = await files.export(format="parquet", sort="n")
    file = parquet.ParquetFile(io.BytesIO(exported))
    assert file.num_row_groups == 4
    assert file.read(["n"])["n"].to_pylist() == list(range(1, 200_001))
