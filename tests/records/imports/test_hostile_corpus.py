"""Every hostile file through the importer: a table with each of its values, or a refusal by name; never long, never large."""

import asyncio
import io
import json
import resource
import time
import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any

import openpyxl

from services.kit.errors import AppError
from services.records.imports import charsets, errors
from tests.fixtures import hostile_files
from tests.fixtures.files import Files, parsed, relations
from tests.fixtures.hostile_files import Hostile
from tests.fixtures.tenants import Tenant

SECONDS = 60
MEGABYTES = 400
"""What the service may grow by, generously."""
READER_MEGABYTES = 1100
OURS: set[str] = {
    found.reason for found in vars(errors).values() if isinstance(found, type) and issubclass(found, AppError)
}


async def test_hostile_files_become_tables_that_have_every_value_or_are_refused_by_name(
    files: Files, tenant: Tenant, counted: Callable[[str], None]
) -> None:
    outcomes, slowest = Counter[str](), (0.0, "")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number, file in enumerate(hostile_files.every()):
        started = time.monotonic()
        async with asyncio.timeout(SECONDS):
            outcomes[await _sent(files, tenant, file, f"t{number}")] += 1
        slowest = max(slowest, (time.monotonic() - started, file.name))
    assert outcomes.total() >= 300
    assert set(outcomes) - {"a table", *OURS} == set()
    assert len(await relations(tenant)) == outcomes["a table"]
    assert await relations(tenant, "rowhouse_load") == []
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < MEGABYTES
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024 < READER_MEGABYTES
    counted(
        f"{outcomes.total()} hostile files: {dict(outcomes.most_common())}, the slowest {slowest[0]:.1f} s ({slowest[1]})"
    )


async def _sent(files: Files, tenant: Tenant, file: Hostile, table: str) -> str:
    """What became of the file."""
    try:
        report = await files.load(file.data, table)
    except AppError as error:
        return error.reason
    given = _given(file.data, report)
    kept = await _kept(tenant, report)
    return "a table" if given in (None, kept) else f"{file.name}: {kept} values of {given}"


async def _kept(tenant: Tenant, report: Any) -> int:
    """Values in the table, without those that number its rows."""
    table, key = report["table"], report["primary_key"]
    is_added = key not in [column["name"] for column in report["columns"]]
    query = f"SELECT count(*) FROM {table} r, jsonb_each(to_jsonb(r)) e WHERE e.value <> 'null'"
    kept: int = await tenant.value(query)
    return kept - (int(report["rows"]) if is_added else 0)


def _given(data: bytes, report: Any) -> int | None:
    """Values in the file, by a second reading; None where there is none to trust."""
    match report["dialect"]["format"]:
        case "csv":
            rows = _of_text(data, report["dialect"])
        case "json" | "jsonl":
            rows = _of_json(data, report["dialect"])
        case "xlsx":
            rows = _of_workbook(data)
        case _:
            rows = None
    if rows is None:
        return None
    return sum(cell is not None for row in rows for cell in row) - _titles(rows, report["dialect"])


def _titles(rows: list[list[Any]], dialect: Any) -> int:
    return sum(cell is not None for cell in rows[0]) if rows and dialect["header"] else 0


def _of_text(data: bytes, dialect: Any) -> list[list[Any]] | None:
    text = data.decode(charsets.codec(dialect["encoding"]) or "", "strict").removeprefix("\ufeff")
    if "\r" in text or "\ufeff" in text[:2]:
        return None
    delimiter = {"tab": "\t"}.get(dialect["delimiter"], dialect["delimiter"])
    text = text if text.endswith("\n") else text + "\n"
    first, rest = parsed(text.lstrip("\n").encode(), delimiter)
    return [[name or None for name in first], *rest]


def _of_json(data: bytes, dialect: Any) -> list[list[Any]]:
    text, found, at = data.decode(json.detect_encoding(data)).strip().removeprefix("\ufeff"), [], 0
    while at < len(text):
        value, at = json.JSONDecoder(parse_int=str).raw_decode(text, at)
        at += len(text[at:]) - len(text[at:].lstrip())
        found.append(value)
    if dialect["format"] == "json" and isinstance(found[0], list):
        found = found[0]
    if "sheet" in dialect:
        found = found[0][dialect["sheet"]]
    rows = [list(row.values()) if isinstance(row, dict) else row for row in found]
    return [[True], *rows] if isinstance(found[0], dict) else rows


def _of_workbook(data: bytes) -> list[list[Any]] | None:
    try:
        with warnings.catch_warnings(action="ignore"):
            sheet = openpyxl.load_workbook(io.BytesIO(data), data_only=True).worksheets[0]
    except Exception:
        return None
    return [[_value(cell) for cell in row] for row in sheet.iter_rows(values_only=True) if any(row)]


def _value(cell: Any) -> Any:
    return None if cell == "" else cell
