"""The head of a file, shown before it is imported."""

from collections.abc import Mapping
from typing import Any

from services.records.imports import head, report
from services.records.imports.options import Options
from services.records.imports.sources import Source


def show(source: Source, options: Options, types: Mapping[str, str]) -> dict[str, Any]:
    """The dialect, the columns as the head suggests them, and its first 50 rows. Raises what is wrong with the file."""
    found = head.read(source, options, types)
    kept = [position for position, column in enumerate(found.columns) if not column.skip]
    return {
        "dialect": report.dialect(found),
        "columns": [report.column(found.columns[position]) for position in kept],
        "renamed": report.renamed(found.columns),
        "rows": [[row[position] for position in kept] for row in found.shown],
    }
