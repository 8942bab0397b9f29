"""Whatever a file holds, in whatever dialect and encoding: what comes out is what went in, or a normalisation that was reported."""

import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from tests.fixtures.files import Cells, Files, parsed
from tests.fixtures.tenants import Tenant

EXAMPLES = int(os.environ.get("ROWHOUSE_EXAMPLES", "120"))
NUMBERS = itertools.count()

Value = tuple[str, Any]
"""A text as it stands in the file, and what it means."""


def spelled(values: st.SearchStrategy[Any], spell: Callable[[Any], str]) -> st.SearchStrategy[Value]:
    return values.map(lambda value: (spell(value), value))


DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**12), max_value=10**12)
DATES, TIMES = st.dates(), st.times()
MOMENTS = st.datetimes()
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r", exclude_categories=["Cs"]), max_size=12)
NASTY = [
    "007", "+4790123456", "1e5", "0x1F", "1_000", "NaN", "Infinity", " 12 ", "-0", ".5", "00", "1,5", "1.000,50", "12345678901234567890",
    "now", "today", "2019-02-29", "01/02/2020", "31/12/2020", "null", "NULL", r"\N", r"\.", '"', '""', 'a"b', "a,b", "a;b", "a\tb", "a\nb",
    "a\r\nb", "\r", " ", "'", "{}", "=1+1", "\ufeff", "\u200b", "🏡", "e\u0301", "t", "f", "yes", "TRUE", "0", "1", "\x01", "\x7f",
]  # fmt: skip

COLUMNS: list[st.SearchStrategy[Value]] = [
    spelled(st.integers(-(10**17), 10**17), str),
    spelled(st.integers(0, 1), str),
    spelled(DECIMALS, lambda value: str(abs(value)) if value == 0 else str(value)),
    spelled(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=0, max_value=99), lambda v: f" {v}"),
    spelled(st.floats(allow_nan=False, allow_infinity=False).map(lambda f: Decimal(repr(f))), lambda v: repr(float(v))),
    spelled(st.booleans(), lambda value: "true" if value else "false"),
    spelled(st.booleans(), lambda value: "Yes" if value else "No"),
    spelled(st.booleans(), lambda value: "T" if value else "F"),
    spelled(DATES, date.isoformat),
    spelled(DATES, lambda d: f"{d.day:02}/{d.month:02}/{d.year:04}"),
    spelled(DATES, lambda d: f"{d.month}/{d.day}/{d.year:04}"),
    spelled(DATES, lambda d: f"{d.day}.{d.month}.{d.year:04}"),
    spelled(TIMES.map(lambda t: t.replace(microsecond=0, fold=0)), time.isoformat),
    spelled(TIMES.map(lambda t: t.replace(second=0, microsecond=0, fold=0)), lambda t: t.isoformat("minutes")),
    spelled(MOMENTS.map(lambda m: m.replace(microsecond=0, fold=0)), lambda m: m.isoformat(" ")),
    spelled(MOMENTS.map(lambda m: m.replace(fold=0)), lambda m: m.isoformat("T", "milliseconds")[:23]),
    spelled(st.uuids(), str),
    spelled(st.uuids(), lambda u: str(u).upper()),
    spelled(TEXTS, str),
    spelled(st.sampled_from(NASTY), str),
]


@dataclass(frozen=True)
class File:
    """A file, and what is in it."""

    header: list[str]
    rows: list[list[Value | None]]
    delimiter: str
    newline: str
    encoding: str
    quotes: int
    piece: int

    def data(self) -> bytes:
        lines: list[list[Value | None]] = [[(name, name) for name in self.header], *self.rows]
        text = "".join(self.delimiter.join(map(self._cell, line)) + self.newline for line in lines)
        return text.encode(self.encoding)

    def _cell(self, value: Value | None) -> str:
        if value is None:
            return ""
        text = value[0]
        needed = not text or any(c in text for c in f'{self.delimiter}"\r\n') or text == r"\."
        return '"' + text.replace('"', '""') + '"' if needed or len(text) % 5 < self.quotes else text


@st.composite
def files(draw: st.DrawFn) -> File:
    columns = draw(st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=5))
    mixed = draw(st.integers(0, len(COLUMNS) * 2))
    if mixed < len(COLUMNS):
        columns[0] = st.one_of(columns[0], COLUMNS[mixed])
    rows = draw(st.lists(st.tuples(*(st.one_of(column, column, st.none()) for column in columns)), max_size=25))
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252"]))
    file = File(
        header=draw(st.lists(TEXTS, min_size=len(columns), max_size=len(columns))),
        rows=[list(row) for row in rows],
        delimiter=draw(st.sampled_from(",;\t|")),
        newline=draw(st.sampled_from(["\n", "\r\n"])),
        encoding=encoding,
        quotes=draw(st.sampled_from([0, 2, 5])),
        piece=draw(st.sampled_from([1, 7, 64, 100_000])),
    )
    if encoding == "cp1252":
        try:
            file.data()
        except UnicodeEncodeError:
            return File(**{**vars(file), "encoding": "utf-8"})
    return file


EFFORT = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.soak
@EFFORT
@given(files())
async def test_what_comes_out_is_what_went_in(files: Files, tenant: Tenant, file: File) -> None:
    client, name = Files(files.channel, files.caller, piece=file.piece), f"t{next(NUMBERS)}"
    options: dict[str, Any] = {"header": True, "delimiter": "tab" if file.delimiter == "\t" else file.delimiter}
    if file.encoding == "cp1252":
        options["encoding"] = "windows-1252"
    report = await client.load(file.data(), name, **options)
    note(str(report))
    fields = ",".join(f'"{column["name"].replace(chr(34), chr(34) * 2)}"' for column in report["columns"])
    sort = f'"{report["primary_key"]}"' if report["primary_key"] not in [c["name"] for c in report["columns"]] else ""
    header, found = parsed(await client.export(name, fields=fields, sort=sort))
    assert header == [column["name"] for column in report["columns"]]
    assert report["rows"] == len(file.rows)
    for row, kept in zip(file.rows, ordered(found, file, report), strict=True):
        for value, cell, column in zip(row, kept, report["columns"], strict=True):
            assert same(value, cell, column), (value, cell, column)
    await again(client, name, report, fields, sort)
    await tenant.run(f"DROP TABLE {name}; DROP TABLE {name}_again")


def ordered(found: Cells, file: File, report: Any) -> Cells:
    """The exported rows in the file's order: a table that has an id of its own is exported in the order of that."""
    names = [column["name"] for column in report["columns"]]
    if report["primary_key"] not in names:
        return found
    at = names.index(report["primary_key"])
    place = {row[at][0].lower(): number for number, row in enumerate(file.rows)}  # type: ignore[index]
    return sorted(found, key=lambda row: place[row[at] or ""])


def same(value: Value | None, cell: str | None, column: Any) -> bool:
    if value is None:
        return cell is None
    text, meaning = value
    if cell is None or "normalised" not in column:
        return cell == text
    match column["kind"]:
        case "number":
            return Decimal(cell) == Decimal(text.strip())
        case "boolean":
            return cell == str(meaning).lower()
        case "uuid":
            return cell == text.lower()
        case "date":
            return cell == str(meaning)
        case "time":
            return time.fromisoformat(cell) == time.fromisoformat(text)
    return datetime.fromisoformat(cell) == datetime.fromisoformat(text.strip())


async def again(client: Files, name: str, report: Any, fields: str, sort: str) -> None:
    """Exported and imported like the table that it came from, the table is the same."""
    columns = [*([report["primary_key"]] if sort else []), *(column["name"] for column in report["columns"])]
    everything = ",".join(f'"{column.replace(chr(34), chr(34) * 2)}"' for column in columns)
    first = await client.export(name, fields=everything, sort=sort)
    second = await client.load(first, f"{name}_again", like=name, header=True, delimiter=",", encoding="utf-8")
    assert [column["type"] for column in second["columns"]][-len(report["columns"]) :] == [
        column["type"] for column in report["columns"]
    ]
    fields = ",".join(f'"{column["name"].replace(chr(34), chr(34) * 2)}"' for column in second["columns"])
    assert (await client.export(f"{name}_again", fields=fields, sort=sort)) == first
