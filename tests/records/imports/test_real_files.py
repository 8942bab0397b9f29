"""Every CSV and TSV of vega-datasets: each cell is exported as the file has it, or as a reported normalisation says."""

import csv
import io
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from tests.fixtures.files import Files, parsed


async def test_every_cell_of_every_file_comes_out_as_it_went_in(files: Files, vega: dict[str, bytes]) -> None:
    cells = 0
    for at, (name, data) in enumerate(vega.items()):
        report = await files.load(data, f"t{at}")
        text = data.decode(PYTHONS[report["dialect"]["encoding"]])
        delimiter = {"tab": "\t"}.get(report["dialect"]["delimiter"], report["dialect"]["delimiter"])
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]
        body = rows[1:] if report["dialect"]["header"] else rows
        fields = ",".join(f'"{column["name"].replace(chr(34), chr(34) * 2)}"' for column in report["columns"])
        found = parsed(await files.export(f"t{at}", fields=fields, sort=_numbered(report)))[1]
        if report["primary_key"] in [column["name"] for column in report["columns"]]:
            found = _in_order_of(body, found, report)
        assert len(found) == len(body), name
        for row, kept in zip(body, found, strict=True):
            for cell, shown, column in zip(row, kept, report["columns"], strict=True):
                assert same(cell, shown, column), (name, column, cell, shown)
                cells += 1
    assert len(vega) == 24
    assert cells > 500_000


async def test_the_files_get_the_types_that_a_person_would_choose(files: Files, vega: dict[str, bytes]) -> None:
    for name, wanted in TYPES.items():
        report = await files.load(vega[name], name)
        found = {column["name"]: column["type"] for column in report["columns"]}
        assert found == wanted, name


PYTHONS = {"UTF-8": "utf-8-sig", "UTF-16": "utf-16", "Windows-1252": "cp1252"}
TYPES = {
    "stocks.csv": {"symbol": "text", "date": "date", "price": "numeric"},
    "zipcodes.csv": {
        "zip_code": "text",
        "latitude": "numeric",
        "longitude": "numeric",
        "city": "text",
        "state": "text",
        "county": "text",
    },
    "github.csv": {"time": "timestamp without time zone", "count": "bigint"},
    "unemployment.tsv": {"id": "bigint", "rate": "numeric"},
    "disasters.csv": {"Entity": "text", "Year": "bigint", "Deaths": "bigint"},
}


def same(cell: str, shown: str | None, column: Any) -> bool:
    if cell == "":
        return shown is None
    if "normalised" not in column or shown is None:
        return shown == cell
    match column["type"]:
        case "bigint" | "numeric":
            return Decimal(shown) == Decimal(cell.strip())
        case "boolean":
            return shown == str(cell.strip().lower() in ("true", "t", "yes", "y")).lower()
        case "date":
            return date.fromisoformat(shown) == _read(cell, DATES).date()
        case "time without time zone":
            return time.fromisoformat(shown) == _read(cell, ["%H:%M", "%H:%M:%S", "%I:%M %p"]).time()
    return datetime.fromisoformat(shown) == _read(
        cell, [f"{day}{gap}{clock}" for day in DATES for gap in " T" for clock in CLOCKS]
    )


DATES = ["%Y-%m-%d", "%Y/%m/%d", "%m/%d/%Y", "%b %d %Y"]
CLOCKS = ["%H:%M", "%H:%M:%S", "%H:%M:%S.%f"]


def _read(cell: str, layouts: list[str]) -> datetime:
    for layout in layouts:
        try:
            return datetime.strptime(cell.strip(), layout)
        except ValueError:
            continue
    raise AssertionError(f"no layout reads {cell!r}")


def _numbered(report: Any) -> str:
    named = [column["name"] for column in report["columns"]]
    return "" if report["primary_key"] in named else report["primary_key"]


def _in_order_of(body: list[list[str]], found: list[list[str | None]], report: Any) -> list[list[str | None]]:
    at = [column["name"] for column in report["columns"]].index(report["primary_key"])
    place = {row[at]: number for number, row in enumerate(body)}
    return sorted(found, key=lambda row: place[row[at] or ""])
