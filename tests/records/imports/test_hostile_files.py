"""Files that are broken, or made to break something: each is refused with its line, early, and leaves no table."""

import resource
from collections.abc import AsyncIterator

import pytest

from services.kit.errors import AppError
from tests.fixtures.files import Files, nothing_is_left
from tests.fixtures.schema import refused
from tests.fixtures.tenants import Tenant

LONG = "a,b\n" + "1,2\n" * 300_000
"""More than the head, so that what comes after it is met while rows are loaded already."""

BROKEN: list[tuple[str, bytes, str, str]] = [
    ("no bytes", b"", "FILE_EMPTY", "empty"),
    ("blank lines", b"\n\r\n\n", "FILE_EMPTY", "empty"),
    ("only a mark", b"\xef\xbb\xbf", "FILE_EMPTY", "empty"),
    ("a cell too few", b"a,b\n1,2\n3\n", "ROW_RAGGED", "Line 3: this row has 1 cell, the first has 2"),
    ("a cell too many", b"a,b\n1,2,3\n", "ROW_RAGGED", "Line 2"),
    ("ragged late", LONG.encode() + b"1\n", "ROW_RAGGED", "Line 300,002"),
    ("an open quote", b'a,b\n1,"2\n3,4\n', "QUOTE_UNTERMINATED", "Line 2"),
    ("an open quote late", LONG.encode() + b'1,"x\n', "QUOTE_UNTERMINATED", "Line 300,002"),
    ("an open quote in the header", b'a,"b\n1,2\n', "QUOTE_UNTERMINATED", "Line 1"),
    ("text after a quote", b'a,b\n"1"x,2\n', "QUOTE_MISPLACED", "Line 2"),
    ("text after a quote late", LONG.encode() + b'"1"x,2\n', "QUOTE_MISPLACED", "Line 300,002"),
    ("NUL", b"a,b\n1,\x002\n", "NUL_BYTE", "Line 2"),
    ("NUL late", LONG.encode() + b"1,\x00\n", "NUL_BYTE", "Line 300,002"),
    ("mixed encodings", "a,b\nZoë,1\n".encode() + b"Zo\xeb,2\n", "ENCODING_INVALID", "Line 3"),
    ("mixed encodings late", "Zoë,b\n".encode() + LONG.encode() + b"Zo\xeb,2\n", "ENCODING_INVALID", "Line 300,003"),
    ("half a UTF-16 character", b"\xff\xfea\0\n\0\0\xd8", "ENCODING_INVALID", "UTF-16"),
    ("a spreadsheet", b"PK\x03\x04" + bytes(2000), "FILE_UNREADABLE", "workbook"),
    ("an image", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "FILE_BINARY", "PNG"),
    ("random bytes", bytes(range(256)) * 100, "FILE_BINARY", "binary"),
    ("too many columns", b",".join(b"c%d" % n for n in range(501)) + b"\n", "TOO_MANY_COLUMNS", "500"),
    ("a million columns", b"," * 1_000_000 + b"\n", "TOO_MANY_COLUMNS", "500"),
    ("a long header", b"x" * 1_100_000 + b",b\n1,2\n", "ROW_TOO_LONG", "Line 1"),
    ("a long row", b"a,b\n1," + b"x" * 1_100_000 + b"\n", "ROW_TOO_LONG", "Line 2"),
    ("a long quoted row", LONG.encode() + b'1,"' + b"x\n" * 600_000 + b'"\n', "ROW_TOO_LONG", "Line 300,002"),
]


async def test_a_broken_file_is_refused_with_its_line_and_leaves_nothing(files: Files, tenant: Tenant) -> None:
    for name, data, reason, words in BROKEN:
        with pytest.raises(AppError) as refusal:
            await files.load(data)
        assert (name, refusal.value.reason) == (name, reason)
        assert words in refusal.value.message, name
    await nothing_is_left(tenant)


@pytest.mark.parametrize("piece", [b"x" * 64_000, b'"' + b"x\n" * 32_000, b"," * 64_000])
async def test_a_row_without_end_is_cut_short_at_a_few_megabytes(files: Files, tenant: Tenant, piece: bytes) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b"a,b\n1,2\n1,"
        while True:
            sent += len(piece)
            yield piece if sent == len(piece) else piece.replace(b'"', b"x")

    with refused("ROW_TOO_LONG" if b"," not in piece else "ROW_RAGGED"):
        await files.load_stream(endless())
    assert sent < 20_000_000
    await nothing_is_left(tenant)


async def test_what_is_hostile_in_sql_is_a_name_and_a_value_like_any_other(files: Files) -> None:
    header = 'a"b; DROP TABLE people; --'
    value = "'); DROP TABLE people; --"
    quoted = header.replace('"', '""')
    report = await files.load(f'"{quoted}",E\'\\\',{{}} %s $1\n"{value}",x,1\n', null_values=["'", "\\", "{}", ".*"])
    assert [column["name"] for column in report["columns"]] == [header, "E'\\'", "{} %s $1"]
    assert value.encode() in await files.export()


async def test_five_hundred_columns_are_possible(files: Files) -> None:
    header, row = ",".join(f"c{n}" for n in range(500)), ",".join(["1"] * 500)
    assert len((await files.load(f"{header}\n{row}\n"))["columns"]) == 500


async def test_memory_does_not_grow_with_the_file(files: Files) -> None:
    line = b"some text,123456,2020-01-01,12.50\n"

    async def rows(count: int) -> AsyncIterator[bytes]:
        yield b"a,b,c,d\n"
        for _ in range(count):
            yield line * 8000

    await files.load_stream(rows(20), "small")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = await files.load_stream(rows(200), "large")
    assert report["rows"] == 1_600_000
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 40
