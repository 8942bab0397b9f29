"""Every JSON table of vega-datasets: each value is in the table, or as a reported normalisation says."""

import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.fixtures.files import Files, parsed
from tests.records.imports.test_real_files import same


async def test_every_value_of_every_table_comes_out_as_it_went_in(
    files: Files, vega_json: dict[str, bytes], counted: Callable[[str], None]
) -> None:
    tables, cells = 0, 0
    for name, data in vega_json.items():
        rows = _rows(name, json.loads(data, parse_int=Decimal, parse_float=Decimal))
        if rows is None:
            continue
        report = await files.load(data, f"t{tables}")
        columns = report["columns"]
        fields = ",".join('"' + column["name"].replace('"', '""') + '"' for column in columns)
        own = report["primary_key"] in [column["name"] for column in columns]
        found = parsed(await files.export(f"t{tables}", fields=fields, sort="" if own else report["primary_key"]))[1]
        rows = sorted(rows, key=lambda row: row[report["primary_key"]]) if own else rows
        assert len(found) == len(rows) == report["rows"], name
        for row, kept in zip(rows, found, strict=True):
            for column, shown in zip(columns, kept, strict=True):
                value = row.get(column["source"])
                assert _same(value, shown, column), (name, column, value, shown)
                cells += value is not None
        tables += 1
    assert tables == 37
    assert cells > 1_000_000
    counted(f"{cells:,} values of {tables} JSON files, 0 altered")


async def test_one_of_two_tables_in_a_file_is_chosen(files: Files, vega_json: dict[str, bytes]) -> None:
    graph = json.loads(vega_json["miserables.json"])
    for member in ["nodes", "links"]:
        report = await files.load(vega_json["miserables.json"], member, sheet=member)
        assert report["rows"] == len(graph[member])


def _rows(name: str, document: Any) -> list[dict[str, Any]] | None:
    """The table that a person would see; None where there is none, or more than one."""
    rows = document["features"] if name == "earthquakes.json" else document
    return rows if isinstance(rows, list) and isinstance(rows[0], dict) else None


def _same(value: Any, shown: str | None, column: Any) -> bool:
    if value is None or shown is None:
        return value is None and shown is None
    if column["type"] == "jsonb":
        return bool(json.loads(shown, parse_int=Decimal, parse_float=Decimal) == value)
    if isinstance(value, bool):
        return shown == str(value).lower()
    if isinstance(value, Decimal):
        return Decimal(shown) == value
    if column["type"] == "timestamp with time zone":
        return datetime.fromisoformat(shown) == datetime.fromisoformat(value)
    return shown == value if value == "" else same(value, shown, column)
