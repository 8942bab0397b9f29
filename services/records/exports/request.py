"""What an export may ask beside what a list may."""

from dataclasses import dataclass

from services.records.exports.errors import FormatUnknown
from services.records.request import Selection, one_of

FORMATS = ("csv", "tsv", "json", "jsonl", "xlsx", "parquet")
_FLAGS = ("false", "true")


@dataclass(frozen=True, slots=True)
class Export:
    """A selection as a file; `formula_safe` alters texts of CSV and TSV that a spreadsheet would run."""

    selection: Selection
    format: str
    formula_safe: bool


def export(selection: Selection, *, format: str = "", formula_safe: str = "") -> Export:
    """Read what else an export may ask. Raises FormatUnknown and ParameterInvalid."""
    if format and format not in FORMATS:
        raise FormatUnknown(format, FORMATS)
    return Export(selection, format or FORMATS[0], one_of("formula_safe", formula_safe, _FLAGS) == "true")
