"""What an import says of itself: how the file was read, each column's type and why, and every change made to a name or a spelling."""

from collections.abc import Mapping
from typing import Any

from services import kinds
from services.kinds import types
from services.records.imports.dialect import Dialect
from services.records.imports.head import Head
from services.records.imports.infer import Column
from services.records.imports.misfits import Obstacle

_DELIMITERS = {"\t": "tab"}
_NEWLINES = {"\n": "LF", "\r\n": "CRLF", "\r": "CR"}


def dialect(head: Head) -> dict[str, Any]:
    """How the file was read."""
    style: Dialect = head.dialect
    cut = {"delimiter": _DELIMITERS.get(style.delimiter, style.delimiter), "newline": _NEWLINES[style.newline]}
    return {**head.source.told, **(cut if head.source.told["format"] == "csv" else {}), "header": head.has_header}


def column(found: Column, obstacle: Obstacle | None = None) -> dict[str, Any]:
    """A column: where it comes from, what it became and why; `normalised` says how its values' text differs from the file's."""
    said: dict[str, Any] = {
        "source": found.header.source,
        "name": found.header.name,
        "label": found.header.label,
        "type": found.type,
        "kind": found.kind or kinds.of_type(types.base(found.type)).name,
        "why": why(found, obstacle),
    }
    if found.format is not None and found.format.note:
        said["normalised"] = found.format.note
    if obstacle is not None:
        said["obstacle"] = {
            "type": obstacle.format.type,
            "count": obstacle.count,
            "of": obstacle.total,
            "examples": list(obstacle.examples),
        }
    return said


def renamed(columns: list[Column]) -> list[dict[str, str]]:
    """Every column whose name is not its header's text, and why."""
    return [
        {"source": found.header.source, "name": found.header.name, "why": found.header.why}
        for found in columns
        if found.header.why and not found.skip
    ]


def why(found: Column, obstacle: Obstacle | None) -> str:
    """Why the column has its type, in a sentence's words."""
    if found.why:
        return found.why
    if found.wanted is not None:
        return "the caller asks for this type"
    if not found.seen:
        return "it has no values"
    if found.format is not None:
        return f"all values are {found.format.title}"
    if len(found.readings) > 1:
        what, cure = ("dates", "; the option 'date_order' decides") if "day" in found.readings[0] else ("amounts", "")
        return f"its {what} can be read as {' and as '.join(found.readings)}{cure}"
    if found.formats and found.formats[0].words:
        return f"it has one word only, '{next(iter(found.words))}', of the pair {found.formats[0].title}"
    if obstacle is not None:
        examples = ", ".join(f"'{example}'" for example in obstacle.examples)
        return f"{obstacle.count:,} of {obstacle.total:,} values are not {obstacle.format.title}: {examples}"
    return "its values are text"


def of(head: Head, obstacles: Mapping[str, Obstacle]) -> dict[str, Any]:
    """How the file was read and what became of each column."""
    kept = [found for found in head.columns if not found.skip]
    return {
        "dialect": dialect(head),
        "columns": [column(found, obstacles.get(found.header.name)) for found in kept],
        "renamed": renamed(head.columns),
        "skipped": [found.header.source for found in head.columns if found.skip],
    }
