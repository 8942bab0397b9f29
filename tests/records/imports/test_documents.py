"""JSON and JSON lines become tables: every value kept, every digit, and what is no table refused by name."""

import json
from typing import Any

import pytest

from services.kit.errors import AppError
from tests.fixtures.files import Files, column, nothing_is_left, parsed
from tests.fixtures.schema import refused
from tests.fixtures.tenants import Tenant


async def test_objects_become_rows_and_their_names_columns_in_order_of_appearance(files: Files) -> None:
    data = [{"row": 1, "name": "Ada"}, {"born": "1815-12-10", "row": 2}, {"row": 3, "name": None, "ok": True}]
    report = await files.load(json.dumps(data))
    assert report["dialect"] == {"format": "json", "encoding": "UTF-8", "header": True}
    assert [(found["name"], found["type"]) for found in report["columns"]] == [
        ("row", "bigint"),
        ("name", "text"),
        ("born", "date"),
        ("ok", "boolean"),
    ]
    assert parsed(await files.export(fields="row,name,born,ok", sort="row"))[1] == [
        ["1", "Ada", None, None],
        ["2", None, "1815-12-10", None],
        ["3", None, None, "true"],
    ]


SHAPES = [
    ("an array", '[{"a": 1}, {"a": 2}]', "json", None),
    ("an array over lines", '\n[\n{"a": 1},\n{"a": 2}\n]\n', "json", None),
    ("lines", '{"a": 1}\n{"a": 2}\n', "jsonl", None),
    ("lines with CRLF and blank ones", '{"a": 1}\r\n\r\n{"a": 2}', "jsonl", None),
    ("values one after the other", '{"a": 1}{"a": 2}', "jsonl", None),
    ("a member", '{"meta": {"x": [1]}, "rows": [{"a": 1}, {"a": 2}], "n": 2}', "json", "rows"),
    ("arrays with a header", '[["a"], [1], [2]]', "json", None),
    ("lines of arrays", '["a"]\n[1]\n[2]', "jsonl", None),
]


async def test_a_table_is_found_in_every_shape(files: Files) -> None:
    for number, (shape, text, format_, sheet) in enumerate(SHAPES):
        report = await files.load(text, f"t{number}")
        assert report["dialect"]["format"] == format_, shape
        assert report["dialect"].get("sheet") == sheet, shape
        assert report["dialect"].get("beside") == (["meta", "n"] if sheet else None), shape
        assert parsed(await files.export(f"t{number}", fields="a", sort="id"))[1] == [["1"], ["2"]], shape


async def test_one_object_is_one_row(files: Files) -> None:
    report = await files.load('{"a": 1, "b": [1, 2]}')
    assert report["rows"] == 1
    assert column(report, "b")["type"] == "jsonb"


async def test_null_and_missing_are_null_and_the_empty_text_is_a_text(files: Files) -> None:
    await files.load('[{"n": 1, "v": null}, {"n": 2}, {"n": 3, "v": ""}, {"n": 4, "v": "x"}]')
    assert parsed(await files.export(fields="v", sort="n"))[1] == [[None], [None], [""], ["x"]]


NUMBERS = [
    "0",
    "-1",
    "1.50",
    "123456789012345678",
    "12345678901234567890123",
    "0.1000",
    "1E2",
    "1.5e-3",
    "2e+4",
    "-0.5",
]
SHOWN = ["0", "-1", "1.50", "123456789012345678", "12345678901234567890123", "0.1000", "100", "0.0015", "20000", "-0.5"]


async def test_numbers_keep_every_digit(files: Files) -> None:
    rows = ", ".join(f'{{"n": {at}, "v": {number}}}' for at, number in enumerate(NUMBERS))
    report = await files.load(f"[{rows}]")
    assert column(report, "v")["type"] == "numeric"
    assert [row[0] for row in parsed(await files.export(fields="v", sort="n"))[1]] == SHOWN


async def test_texts_that_look_like_numbers_stay_texts_and_dates_in_texts_are_dates(files: Files) -> None:
    data = [{"n": 1, "zip": "12345", "flag": "true", "day": "2020-01-31", "mixed": 7}, {"n": 2, "mixed": "8"}]
    report = await files.load(json.dumps(data))
    types = {found["name"]: found["type"] for found in report["columns"]}
    assert types == {"n": "bigint", "zip": "text", "flag": "text", "day": "date", "mixed": "text"}


async def test_objects_and_arrays_are_kept_as_json(files: Files) -> None:
    values: list[Any] = [{"a": [1, {"b": "é\n\"'\\"}], "n": None}, [], {}, [1.10, True], "text", "", 5, False, "{}"]
    rows = [{"n": at, "v": value} for at, value in enumerate(values)]
    report = await files.load(json.dumps(rows))
    assert (column(report, "v")["type"], column(report, "v")["why"]) == ("jsonb", "it has objects or arrays")
    kept = [json.loads(row[0] or "null") for row in parsed(await files.export(fields="v", sort="n"))[1]]
    assert kept == values


async def test_numbers_within_values_keep_their_digits(files: Files) -> None:
    await files.load('[{"v": {"n": 1.100, "m": 12345678901234567890123.5}}]')
    found = parsed(await files.export(fields="v"))[1][0][0] or ""
    assert "1.100" in found
    assert "12345678901234567890123.5" in found


async def test_a_name_that_comes_late_is_a_column_and_memory_stays_flat(files: Files) -> None:
    rows = [{"a": at} for at in range(50_000)] + [{"a": 50_000, "late": [1]}] + [{"later": "x"}]
    report = await files.load("\n".join(map(json.dumps, rows)))
    assert [found["name"] for found in report["columns"]] == ["a", "late", "later"]
    exported = parsed(await files.export(fields="a,late,later", sort="id"))[1]
    assert exported[-2:] == [["50000", "[1]", None], [None, None, "x"]]
    assert exported[:50_000] == [[str(at), None, None] for at in range(50_000)]


async def test_a_type_that_the_caller_asks_for_goes_before_the_formats_own(files: Files) -> None:
    report = await files.load('[{"v": [1, 2]}]', columns=[{"source": "v", "type": "text"}])
    assert column(report, "v")["type"] == "text"
    assert parsed(await files.export(fields="v"))[1] == [["[1, 2]"]]


BROKEN = [
    ('[{"a": 1, "a": 2}]', "JSON_INVALID", "the name 'a' occurs twice"),
    ('[{"v": {"x": {"b": 1, "b": 1}}}]', "JSON_INVALID", "'b' occurs twice"),
    ('[{"a": 1},\n{"a": }]', "JSON_INVALID", "Line 2"),
    ('[{"a": 1},\n{"a": 2}', "JSON_INVALID", "Line 2"),
    ('[{"a": 1},\n{"a": 2', "JSON_INVALID", "Line 2"),
    ('[{"a": 1},]', "JSON_INVALID", "Line 1"),
    ('[{"a": NaN}]', "JSON_INVALID", "NaN"),
    ('[{"a": -Infinity}]', "JSON_INVALID", "Infinity"),
    ('[{"a": 01}]', "JSON_INVALID", "Line 1"),
    ("[{\"a\": 'x'}]", "JSON_INVALID", "Line 1"),
    ('{"a": 1}\n{"a": 2}\n{"a"', "JSON_INVALID", "Line 3"),
    ('[{"a": "\\ud800"}]', "ENCODING_INVALID", "Row 1"),
    ('[{"a": 1}, {"a": "x\\u0000"}]', "NUL_BYTE", "Row 2"),
    ('[{"a": ["\\u0000"]}]', "NUL_BYTE", "Row 1"),
    ('[{"a": [1e9999]}]', "RECORD_INVALID", "too large"),
    ('[{"a": ' + "[" * 70 + "]" * 70 + "}]", "RECORD_INVALID", "64 deep"),
    ('[{"a": ' + "[" * 100_000 + "]" * 100_000 + "}]", "JSON_INVALID", "64 deep"),
    ("[1, 2]", "JSON_SHAPE", "record 1"),
    ('[{"a": 1}, 2]', "JSON_SHAPE", "record 2"),
    ('[{"a": 1}, ["a"]]', "JSON_SHAPE", "record 2"),
    ('{"a": [{"b": 1}], "c": [{"b": 2}]}', "JSON_SHAPE", "two tables, 'a' and 'c'"),
    ("[" + ",".join(['{"a": 1}'] * 150_000) + "] x", "JSON_SHAPE", "more text"),
    ("[]", "FILE_EMPTY", "empty"),
    ("[{}, {}]", "FILE_EMPTY", "empty"),
    (json.dumps([{f"c{n}": n for n in range(501)}]), "TOO_MANY_COLUMNS", "500"),
    (json.dumps([{f"c{n}": n} for n in range(501)]), "TOO_MANY_COLUMNS", "500"),
    (json.dumps([{"a": "x" * 1_100_000}]), "ROW_TOO_LONG", "Row 1"),
]


async def test_what_is_no_table_is_refused_and_leaves_nothing(files: Files, tenant: Tenant) -> None:
    for text, reason, words in BROKEN:
        with pytest.raises(AppError) as refusal:
            await files.load(text)
        assert (text[:80], refusal.value.reason) == (text[:80], reason), refusal.value.message
        assert words in refusal.value.message
    await nothing_is_left(tenant)


async def test_one_of_two_tables_is_chosen_by_name_or_place(files: Files) -> None:
    text = '{"a": [{"v": 1}], "c": [{"v": 2}]}'
    for at, sheet in enumerate(["c", 2]):
        await files.load(text, f"t{at}", sheet=sheet)
        assert parsed(await files.export(f"t{at}", fields="v"))[1] == [["2"]]
    with refused("JSON_SHAPE", "'x'"):
        await files.load(text, sheet="x")


async def test_text_with_brackets_is_not_json(files: Files) -> None:
    for text in ["[id],[name]\n1,x\n", '{"a":1}\tb\n{"a":2}\tc\n', '["a"],b\n["c"],d\n', "[x]\ny\n", "[1],[2]\n"]:
        assert (await files.preview(text))["dialect"]["format"] == "csv"


async def test_a_delimiter_makes_it_a_table_of_text(files: Files) -> None:
    assert (await files.preview('{"a": 1}\n{"a": 2}\n', delimiter="tab"))["dialect"]["format"] == "csv"


async def test_json_comes_in_every_unicode(files: Files) -> None:
    for at, encoding in enumerate(["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "utf-32-be"]):
        await files.load('[{"v": "Zoë 🙂"}]'.encode(encoding), f"t{at}")
        assert parsed(await files.export(f"t{at}", fields="v"))[1] == [["Zoë 🙂"]]


async def test_a_preview_of_the_beginning_shows_whole_rows(files: Files) -> None:
    shown = await files.preview('[{"a": 1}, {"a": 2}, {"a": 3, "b": "x', whole=False)
    assert (shown["dialect"]["format"], shown["rows"]) == ("json", [["1"], ["2"]])
