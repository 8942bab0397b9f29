"""Workbooks become tables: each cell as the sheet shows it, and no workbook makes its reader more than a process that ends."""

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import openpyxl
import pytest
import xlsxwriter  # type: ignore[import-untyped]  # it has no stubs

from services.kit.errors import AppError
from tests.fixtures.files import Files, column, nothing_is_left, parsed
from tests.fixtures.hostile_files import zipped
from tests.fixtures.schema import refused
from tests.fixtures.tenants import Tenant

Sheet = list[list[Any]]


def workbook(**sheets: Sheet) -> bytes:
    """A workbook as openpyxl writes it; a cell is a value, or a value and a number format."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for r, row in enumerate(rows, start=1):
            for c, value in enumerate(row, start=1):
                cell = sheet.cell(r, c)
                cell.value, format_ = value if isinstance(value, tuple) else (value, None)
                cell.number_format = format_ or cell.number_format
    return saved(book)


def saved(book: Any) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def written(fill: Callable[[Any, Any], None], **options: Any) -> bytes:
    """A workbook of one sheet that `fill` writes with xlsxwriter."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, options)
    fill(book, book.add_worksheet("Sheet"))
    book.close()
    return buffer.getvalue()


async def column_of(files: Files, table: str, name: str) -> list[str | None]:
    return [row[0] for row in parsed(await files.export(table, fields=name, sort="n"))[1]]


COLUMNS: list[tuple[str, list[Any], str, list[str | None]]] = [
    ("whole numbers", [1, 2.0, -3, None, 123456789012345], "bigint", ["1", "2", "-3", None, "123456789012345"]),
    ("decimals", [1.5, 0.1, 1e-7, 12345.6789, 3], "numeric", ["1.5", "0.1", "0.0000001", "12345.6789", "3"]),
    ("large numbers", [1e20, 1.5], "numeric", ["100000000000000000000", "1.5"]),
    ("texts", ["a", 'ä\n"b",c', None, " x ", "1 + 1"], "text", ["a", 'ä\n"b",c', None, " x ", "1 + 1"]),
    ("numbers as texts", ["007", "8", "x"], "text", ["007", "8", "x"]),
    ("truth values", [True, False, None], "boolean", ["true", "false", None]),
    (
        "dates",
        [date(2020, 2, 29), date(1900, 3, 1), date(9999, 12, 31)],
        "date",
        ["2020-02-29", "1900-03-01", "9999-12-31"],
    ),
    (
        "dates with times",
        [datetime(2020, 1, 1), datetime(2020, 1, 1, 10, 30, 15), datetime(2020, 1, 1, 0, 0, 0, 500_000)],
        "timestamp without time zone",
        ["2020-01-01 00:00:00", "2020-01-01 10:30:15", "2020-01-01 00:00:00.5"],
    ),
    (
        "times",
        [time(10, 30), time(0, 0), time(23, 59, 59)],
        "time without time zone",
        ["10:30:00", "00:00:00", "23:59:59"],
    ),
    (
        "durations",
        [(timedelta(hours=26, minutes=30), "[h]:mm:ss"), (timedelta(seconds=1), "[h]:mm:ss")],
        "interval",
        ["26:30:00", "00:00:01"],
    ),
    ("errors", [1, ("#N/A", None), 3], "text", ["1", "#N/A", "3"]),
    ("numbers and texts", [1, "n/a", 2.5], "text", ["1", "n/a", "2.5"]),
]


async def test_a_cell_is_what_it_is_in_the_workbook(files: Files) -> None:
    for at, (what, values, type_, shown) in enumerate(COLUMNS):
        data = workbook(Data=[["n", "v"], *([number, value] for number, value in enumerate(values))])
        report = await files.load(data, f"t{at}")
        assert (what, column(report, "v")["type"]) == (what, type_)
        assert (what, await column_of(files, f"t{at}", "v")) == (what, shown)
        assert report["dialect"] == {"format": "xlsx", "sheet": "Data", "sheets": ["Data"], "header": True}


async def test_formulas_give_what_they_gave_last_and_errors_their_text(files: Files) -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ["n", "v", "w"])
        for row, (formula, value) in enumerate(
            [("=1+1", 2), ("=1/0", "#DIV/0!"), ("=NA()", "#N/A"), ('="x"', "x")], start=1
        ):
            sheet.write_number(row, 0, row)
            sheet.write_formula(row, 1, formula, None, value)
            sheet.write_number(row, 2, row)

    await files.load(written(fill))
    assert await column_of(files, "people", "v") == ["2", "#DIV/0!", "#N/A", "x"]


async def test_a_sheet_counts_from_1904_where_it_says_so(files: Files) -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ["n", "day"])
        sheet.write_number(1, 0, 1)
        sheet.write_datetime(1, 1, datetime(2020, 2, 29), book.add_format({"num_format": "dd/mm/yyyy"}))

    await files.load(written(fill, date_1904=True))
    assert await column_of(files, "people", "day") == ["2020-02-29"]


async def test_merged_cells_keep_their_value_in_the_first(files: Files) -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ["n", "a", "b"])
        sheet.write_column(1, 0, [1, 2])
        sheet.merge_range(1, 1, 2, 2, "merged")

    await files.load(written(fill))
    assert parsed(await files.export(fields="a,b", sort="n"))[1] == [["merged", None], [None, None]]


async def test_empty_rows_and_columns_around_are_left_out_and_within_are_passed_over(files: Files) -> None:
    def fill(book: Any, sheet: Any) -> None:
        for row, values in [(3, ["n", "v"]), (4, [1, "a"]), (7, [2, "b"])]:
            sheet.write_row(row, 2, values)

    report = await files.load(written(fill))
    assert (report["rows"], report["blank_lines"]) == (2, 2)
    assert await column_of(files, "people", "v") == ["a", "b"]


async def test_escaped_characters_are_themselves(files: Files) -> None:
    data = workbook(S=[["n", "v"], [1, "placeholder"]])
    await files.load(repacked(data, {b"placeholder": b"a_x000A_b _x005F_x0041_ _xD83D_ _x41_"}))
    assert await column_of(files, "people", "v") == ["a\nb _x0041_ _xD83D_ _x41_"]


async def test_the_first_sheet_with_cells_is_read_or_the_one_that_is_named(files: Files) -> None:
    data = workbook(Empty=[], One=[["n", "v"], [1, "one"]], Two=[["n", "v"], [1, "two"]])
    for at, (sheet, found) in enumerate([(None, "one"), ("Two", "two"), (2, "one"), (3, "two")]):
        report = await files.load(data, f"t{at}", sheet=sheet)
        assert await column_of(files, f"t{at}", "v") == [found]
        assert report["dialect"]["sheets"] == ["Empty", "One", "Two"]
    for bad in ["Three", 0, 4]:
        with refused("OPTION_INVALID", "sheet"):
            await files.load(data, sheet=bad)
    with refused("FILE_EMPTY", "Empty"):
        await files.load(data, sheet="Empty")


async def test_hidden_sheets_come_last(files: Files) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(Hidden=[["n"], [1]], Shown=[["n"], [2]])))
    book["Hidden"].sheet_state = "hidden"
    book.active = 1
    assert (await files.preview(saved(book)))["dialect"]["sheet"] == "Shown"


async def test_a_preview_shows_the_sheets_and_needs_the_whole_file(files: Files) -> None:
    data = workbook(A=[["n", "day"], [1, date(2020, 1, 1)]], B=[["x"]])
    shown = await files.preview(data)
    assert shown["dialect"] == {"format": "xlsx", "sheet": "A", "sheets": ["A", "B"], "header": True}
    assert shown["rows"] == [["1", "2020-01-01"]]
    with refused("TOO_LARGE", "whole"):
        await files.preview(data, whole=False)


async def test_a_sheet_of_opendocument_is_read(files: Files) -> None:
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ["office", "table", "text"]
    )
    cells = [
        [_cell("string", "n"), _cell("string", "day"), _cell("string", "ok")],
        [_cell("float", "1.5"), _cell("date", "2020-02-29"), _cell("boolean", "true")],
    ]
    rows = "".join(f"<table:table-row>{''.join(row)}</table:table-row>" for row in cells)
    table = f'<table:table table:name="Tab">{rows}</table:table>'
    body = f"<office:body><office:spreadsheet>{table}</office:spreadsheet></office:body>"
    content = f"<office:document-content {names}>{body}</office:document-content>".encode()
    kind = b"application/vnd.oasis.opendocument.spreadsheet"
    report = await files.load(zipped({"mimetype": kind, "META-INF/manifest.xml": b"<m/>", "content.xml": content}))
    assert report["dialect"]["format"] == "ods"
    assert parsed(await files.export(fields="n,day,ok"))[1] == [["1.5", "2020-02-29", "true"]]


def _cell(kind: str, value: str) -> str:
    """A cell of an OpenDocument sheet."""
    attribute = {"float": "value", "date": "date-value", "boolean": "boolean-value"}.get(kind)
    said = f' office:{attribute}="{value}"' if attribute else ""
    return f'<table:table-cell office:value-type="{kind}"{said}><text:p>{value}</text:p></table:table-cell>'


async def test_a_large_sheet_is_kept_cell_by_cell(files: Files) -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ["n", "v"])
        for row in range(1, 30_001):
            sheet.write_row(row, 0, [row, f"value {row * 7919 % 1000}"])

    report = await files.load(written(fill, constant_memory=True))
    assert report["rows"] == 30_000
    assert await column_of(files, "people", "v") == [f"value {row * 7919 % 1000}" for row in range(1, 30_001)]


def repacked(data: bytes, replaced: dict[bytes, bytes], **added: bytes) -> bytes:
    """The workbook with parts of its files' text replaced, and files added."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            text = old.read(part)
            for was, now in replaced.items():
                text = text.replace(was, now)
            new.writestr(part.filename, text)
        for name, text in added.items():
            new.writestr(name, text)
    return buffer.getvalue()


def _far_cell() -> bytes:
    def fill(_: Any, sheet: Any) -> None:
        sheet.write(0, 0, "n")
        sheet.write(1_048_575, 16_383, 1)

    return written(fill)


def _encrypted() -> bytes:
    data = bytearray(workbook(S=[["n"], [1]]))
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        data[at + 8] |= 1
        at = data.find(b"PK\x01\x02", at + 4)
    return bytes(data)


GOOD = workbook(S=[["n", "v"], [1, "a"]])
BROKEN: list[tuple[str, Callable[[], bytes], str]] = [
    ("only a beginning", lambda: b"PK\x03\x04" + bytes(2000), "FILE_UNREADABLE"),
    ("cut", lambda: GOOD[: len(GOOD) // 2], "FILE_UNREADABLE"),
    ("its end cut", lambda: GOOD[:-10], "FILE_UNREADABLE"),
    ("no workbook", lambda: zipped({"a.txt": b"x"}), "FILE_BINARY"),
    ("encrypted", _encrypted, "FILE_ENCRYPTED"),
    ("a bomb", lambda: repacked(GOOD, {}, bomb=bytes(200_000_000)), "FILE_BOMB"),
    ("a thousand parts", lambda: repacked(GOOD, {}, **{f"f{n}": b"" for n in range(1001)}), "FILE_BOMB"),
    ("a cell far away", _far_cell, "FILE_UNREADABLE"),
    ("old Excel, broken", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4000), "FILE_UNREADABLE"),
    ("no sheet with cells", lambda: workbook(S=[]), "FILE_EMPTY"),
    ("too many columns", lambda: workbook(S=[list(range(501))]), "TOO_MANY_COLUMNS"),
]


async def test_what_is_no_sheet_is_refused_and_leaves_nothing(files: Files, tenant: Tenant) -> None:
    for what, make, reason in BROKEN:
        with pytest.raises(AppError) as refusal:
            await files.load(make())
        assert (what, refusal.value.reason) == (what, reason), refusal.value.message
    await nothing_is_left(tenant)
