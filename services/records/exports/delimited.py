"""CSV and TSV: Postgres writes them. NULL is nothing and the empty text is "", so that an import gets every value back."""

import re

from services.records.exports import writers
from services.records.exports.copying import Dialect
from services.records.exports.writers import Writer
from services.records.plans import Selection
from services.records.statement import exports

_NO_WORDS = frozenset(
    {
        "smallint",
        "integer",
        "bigint",
        "numeric",
        "real",
        "double precision",
        "money",
        "oid",
        "boolean",
        "date",
        "interval",
        "uuid",
    }
    | {f"{word} with{out} time zone" for word in ("time", "timestamp") for out in ("", "out")}
)
"""Types whose texts are no words of people's: a number that begins with `-` is a number in a spreadsheet too."""


def writer(found: Selection, delimiter: str, *, formula_safe: bool) -> Writer:
    """Every value as Postgres prints it, under a line of names. `formula_safe` alters texts that a spreadsheet would run."""
    columns = writers.columns(found) if formula_safe else ()
    guarded = frozenset(column.name for column in columns if column.base_type not in _NO_WORDS)
    names = (_guarded(field.name) if formula_safe else field.name for field in found.rows.fields)
    head = delimiter.join(_quoted(name, delimiter) for name in names) + "\n"
    return Writer(exports.texts(found.rows, guarded), Dialect(delimiter), head.encode())


def _guarded(name: str) -> str:
    return f"'{name}" if re.match(exports.FORMULA, name) else name


def _quoted(name: str, delimiter: str) -> str:
    """As COPY quotes a value; `\\.` alone on a line ends the data for older readers."""
    if name == r"\." or any(mark in name for mark in (delimiter, '"', "\r", "\n")):
        return '"' + name.replace('"', '""') + '"'
    return name
