"""Workbooks hold every value, as a number or a date where a spreadsheet keeps it exactly, else as text; what does not fit is refused."""

import io
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Any

import openpyxl
import pytest
import python_calamine

from services.records.exports import workbook
from tests.fixtures.files import Files
from tests.fixtures.schema import refused
from tests.fixtures.tenants import Tenant
from tests.fixtures.values import VALUES, fill, owner

# Type: the value as SQL text, and the cell.
CELLS: list[tuple[str, str, Any]] = [
    ("integer", "-5", -5),
    ("bigint", "999999999999999", 999999999999999),
    ("bigint", "1000000000000000", "1000000000000000"),
    ("numeric", "12345678901234.5", 12345678901234.5),
    ("numeric", "1234567890123456", "1234567890123456"),
    ("numeric", "0.1234567890123456", "0.1234567890123456"),
    ("numeric", "1.50", 1.5),
    ("numeric", "NaN", "NaN"),
    ("numeric", "-Infinity", "-Infinity"),
    ("numeric", "100000000000000000000", "100000000000000000000"),
    ("double precision", "0.30000000000000004", 0.30000000000000004),
    ("double precision", "-0", "-0"),
    ("double precision", "1e22", 1e22),
    ("double precision", "5e-324", "5e-324"),
    ("double precision", "Infinity", "Infinity"),
    ("real", "0.1", 0.1),
    ("money", "1000.5", 1000.5),
    ("money", "-92233720368547758.08", "-92233720368547758.08"),
    ("boolean", "true", True),
    ("date", "1900-03-01", date(1900, 3, 1)),
    ("date", "1900-02-28", "1900-02-28"),
    ("date", "9999-12-31", date(9999, 12, 31)),
    ("date", "10000-01-01", "10000-01-01"),
    ("date", "infinity", "infinity"),
    ("date", "0044-03-15 BC", "0044-03-15 BC"),
    ("timestamp", "2024-02-29 23:59:59.999", datetime(2024, 2, 29, 23, 59, 59, 999_000)),
    ("timestamp", "2024-02-29 23:59:59.9999", "2024-02-29 23:59:59.9999"),
    ("timestamp", "9999-12-31 23:59:59.999", datetime(9999, 12, 31, 23, 59, 59, 999_000)),
    ("timestamptz", "2024-02-29 23:59:59+02", datetime(2024, 2, 29, 21, 59, 59)),
    ("timestamptz", "infinity", "infinity"),
    ("time", "12:34:56.789", time(12, 34, 56, 789_000)),
    ("time", "24:00:00", "24:00:00"),
    ("interval", "36:00:00", timedelta(hours=36)),
    ("interval", "1 day", "1 day"),
    ("interval", "-01:00:00", "-01:00:00"),
    ("text", "=HYPERLINK(\"http://evil\")", "=HYPERLINK(\"http://evil\")"),
    ("text", "007", "007"),
    ("text", " a\nb\rc\td\x01e_x0041_<&>\"' ", " a\nb\rc\td\x01e_x0041_<&>\"' "),
    ("text", "🏡", "🏡"),
    ("jsonb", '{"a": 1}', '{"a": 1}'),
    ("int[]", "{1,NULL}", "{1,NULL}"),
    ("bytea", "\\x00ff", "\\x00ff"),
    ("uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
]  # fmt: skip


def rows(exported: bytes) -> list[list[Any]]:
    """The cells of the only sheet."""
    return python_calamine.load_workbook(io.BytesIO(exported)).get_sheet_by_index(0).to_python(skip_empty_area=False)


async def test_a_value_is_a_number_or_a_date_where_that_is_exact_and_else_its_text(
    files: Files, tenant: Tenant
) -> None:
    columns = ", ".join(f"c{at} {type_}" for at, (type_, _, _) in enumerate(CELLS))
    await tenant.run(f"CREATE TABLE people (id int PRIMARY KEY, {columns})")
    async with tenant.psql() as connection:
        values = ", ".join(f"${at}::text::{type_}" for at, (type_, _, _) in enumerate(CELLS, 1))
        await connection.execute(f"INSERT INTO people VALUES (1, {values})", *(text for _, text, _ in CELLS))
    header, record = rows(await files.export(format="xlsx"))
    assert header == ["id", *(f"c{at}" for at in range(len(CELLS)))]
    for (type_, text, expected), cell in zip(CELLS, record[1:], strict=True):
        assert (cell, type(cell)) == (expected, float if type(expected) is int else type(expected)), (type_, text)


async def test_every_value_of_every_type_has_a_cell(files: Files, tenant: Tenant) -> None:
    columns = [(f"c{at}", type_) for at, type_ in enumerate(VALUES)]
    async with owner(tenant) as connection:
        count = await fill(connection, columns)
        await connection.execute("SET search_path = ''")
        found = rows(await files.export(format="xlsx"))
        assert len(found) == count + 1
        for at, (name, type_) in enumerate(columns, 1):
            texts = await connection.fetch(f"SELECT {name}::text FROM public.people ORDER BY id")
            for (text,), row in zip(texts, found[1:], strict=True):
                assert isinstance(row[at], str) is False or row[at] == (text or "") or type_ == "money", (type_, text)


async def test_the_header_is_bold_and_stays_and_the_sheet_has_the_tables_name(files: Files, tenant: Tenant) -> None:
    await tenant.run("""CREATE TABLE "a/b" ("=1" int, "<&>" text); INSERT INTO "a/b" VALUES (1, 'x')""")
    book = openpyxl.load_workbook(io.BytesIO(await files.export("a/b", format="xlsx")))
    sheet = book.active
    assert book.sheetnames == ["a_b"]
    assert (sheet.freeze_panes, [cell.value for cell in sheet[1]]) == ("A2", ["=1", "<&>"])
    assert all(cell.font.b and cell.data_type == "s" for cell in sheet[1])
    assert not sheet["A2"].font.b
    assert sheet.column_dimensions["B"].width == 32


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("people", "people"),
        ("[x]:*?/\\", "_x______"),
        ("'a'", "a"),
        ("History", "_History"),
        ("''", "_"),
        ("🏡" * 15, "🏡" * 15),
    ],
)
def test_a_sheet_has_as_much_of_the_tables_name_as_it_may(table: str, name: str) -> None:
    assert workbook.sheet_name(table) == name


def test_a_long_name_is_cut_between_characters() -> None:
    assert workbook.sheet_name("🏡" * 16) == "🏡" * 15


async def test_an_empty_table_is_a_header(files: Files, tenant: Tenant) -> None:
    await tenant.run(
        "CREATE TABLE people (id int PRIMARY KEY, name text); CREATE TABLE bare (); INSERT INTO bare DEFAULT VALUES"
    )
    assert rows(await files.export(format="xlsx")) == [["id", "name"]]
    assert zipfile.ZipFile(io.BytesIO(await files.export("bare", format="xlsx"))).testzip() is None


async def test_a_text_longer_than_a_cell_is_refused_and_one_as_long_is_not(files: Files, tenant: Tenant) -> None:
    await tenant.run("CREATE TABLE people AS SELECT 1 AS id, repeat('x', 32767) AS t, repeat('🏡', 16383) AS h")
    assert [len(cell) for cell in rows(await files.export(format="xlsx"))[1][1:]] == [32_767, 16_383]
    for change, column in [("t = t || 'x'", "t"), ("h = h || '🏡'", "h")]:
        await tenant.run(f"UPDATE people SET {change} WHERE id = 1")
        with refused("CELL_TOO_LONG", f"column '{column}' has one of 32,768"):
            await files.export(format="xlsx", fields=column)
    assert rows(await files.export(format="xlsx", fields="id")) == [["id"], [1]]
    await tenant.run("CREATE TABLE wide AS SELECT repeat('9', 40000)::numeric AS n")
    with refused("CELL_TOO_LONG", "n"):
        await files.export("wide", format="xlsx")


async def test_more_records_than_a_sheet_has_rows_are_refused_and_as_many_are_not(files: Files, tenant: Tenant) -> None:
    await tenant.run("CREATE TABLE people AS SELECT n::int AS id FROM generate_series(1, 1048576) n")
    with refused("SHEET_FULL", "1,048,575 records, and these of table 'people' are 1,048,576"):
        await files.export(format="xlsx")
    exported = await files.export(format="xlsx", filter='{"column": "id", "op": "gt", "value": 1}', sort="id")
    sheet = zipfile.ZipFile(io.BytesIO(exported)).read("xl/worksheets/sheet1.xml")
    assert sheet.count(b"<row>") == 1_048_576
    assert sheet.endswith(b"<row><c><v>1048576</v></c></row>\n</sheetData></worksheet>")
