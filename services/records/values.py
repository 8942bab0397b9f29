"""How a column's values are shown as JSON, and how JSON becomes the text that Postgres reads. No value is ever decoded."""

import base64
import binascii
import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache

from services import kinds
from services.records import documents
from services.records.documents import Json, Number
from services.tenancy.catalog import Column

MAX_CELL = 10_000
"""Characters of a cell that a page shows; a multiple of 4, so that base64 is cut between groups."""


class Form(StrEnum):
    """How a value looks in JSON."""

    PLAIN = "as json_build_array has it, and short"
    TEXT = "as json_build_array has it, of any length"
    CAST = "its own text, short"
    OTHER = "its own text, of any length"
    NUMERIC = "a number of any length"
    MONEY = "a number without its currency"
    MONEY_TEXT = "the same as text"
    JSON = "itself"
    BYTES = "base64"
    ARRAY = "an array of what its elements are"
    ARRAY_TEXT = "an array of its elements' own texts"


_PLAIN = frozenset(
    # A cast of inet to text adds a mask that neither psql nor an export shows.
    {"boolean", "smallint", "integer", "real", "double precision", "date", "uuid", "inet"}
    | {f"{word} with{out} time zone" for word in ("time", "timestamp") for out in ("", "out")}
)
_STRINGS = frozenset({"text", "character varying"})
_DOCUMENTS = frozenset({"json", "jsonb"})
_LONG_NUMBERS = frozenset({"bigint", "numeric"})
_BOUNDED = re.compile(r"\((\d+)(?:,-?\d+)?\)")
_DAY = re.compile(r"\s*(?:\d{4,}-\d\d-\d\d|[+-]?infinity\s*$)", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|nan|inf(?:inity)?)", re.IGNORECASE | re.ASCII)
_CUT_SILENTLY: Mapping[str, int] = {"name": 63, '"char"': 1}
"""Types that keep the first bytes of a longer text without a word."""


_OCTAL = re.compile(r"\\[0-7]{3}", re.ASCII)
"""How type "char" prints bytes beyond ASCII."""


# Cached: a kind is looked for among all that there are.
_of_type = lru_cache(4096)(kinds.of_type)
_of_column = lru_cache(4096)(kinds.of_column)


def family(column: Column) -> str:
    """The kind of the column's type, whatever kind people gave the column."""
    return _of_type(column.base_type, column.type_category).name


def kind(column: Column) -> kinds.Kind:
    """The kind that people gave the column, while its type can be of that kind; else its type's own."""
    return _of_column(column.kind, column.base_type, column.type_category)


def form(column: Column, as_text: bool) -> Form:
    """How values of `column` are shown; `as_text`: long numbers as strings."""
    return _form(column.base_type, column.type, as_text)


@lru_cache(4096)
def _form(base: str, type_: str, as_text: bool) -> Form:
    if base.endswith("[]"):
        return _array_form(base.removesuffix("[]"), as_text)
    if base in _PLAIN:
        return Form.PLAIN
    if base in _STRINGS:
        return Form.PLAIN if _is_bounded(type_) else Form.TEXT
    if base in _LONG_NUMBERS:
        return _number_form(base, type_, as_text)
    if base == "bpchar":  # without the blanks that fill it up, which do not count
        return Form.CAST if _is_bounded(type_) else Form.OTHER
    if base == "money":
        return Form.MONEY_TEXT if as_text else Form.MONEY
    if base in _DOCUMENTS:
        return Form.JSON
    return Form.BYTES if base == "bytea" else Form.OTHER


def number_fault(text: str) -> str | None:
    """Why this is no number, for people; None when it is one."""
    if not _NUMBER.fullmatch(text.strip()):
        return "it is not a number."
    return None


def text_of(value: Json, column: Column) -> str | None:
    """The text by which Postgres reads a parsed JSON value into `column`. Raises ValueError with the reason for people."""
    if value is None:
        return None
    if column.base_type in _DOCUMENTS:
        return documents.dump(value)
    if isinstance(value, dict):
        raise ValueError(f"an object is no value of type {column.type}.")
    if isinstance(value, list):
        return _array(value, column, 1)
    text = _text(value)
    if fault := documents.fault_in(text) or _fault_in(text, column):
        raise ValueError(fault)
    return _bytes(text) if column.base_type == "bytea" else text


def pasted(text: str, column: Column) -> str | None:
    """The text by which Postgres reads what people wrote, by the kind of `column`; None for blanks. Raises ValueError with a reason."""
    if not text.strip():
        return None
    if fault := documents.fault_in(text):
        raise ValueError(fault)
    read = kind(column).read(text, column.display, column.base_type)
    if fault := _cut_silently(read, column):
        raise ValueError(fault)
    return read


def _array_form(element: str, as_text: bool) -> Form:
    plain = element in _PLAIN | _STRINGS | _DOCUMENTS or (element in _LONG_NUMBERS and not as_text)
    return Form.ARRAY if plain else Form.ARRAY_TEXT


def _number_form(base: str, type_: str, as_text: bool) -> Form:
    if base == "bigint" or _is_bounded(type_):
        return Form.CAST if as_text else Form.PLAIN
    return Form.OTHER if as_text else Form.NUMERIC


def _is_bounded(type_: str) -> bool:
    bound = _BOUNDED.search(type_)
    return bound is not None and int(bound[1]) <= MAX_CELL


def _text(value: str | bool) -> str:
    return value if isinstance(value, str) else "true" if value else "false"


def _fault_in(text: str, column: Column) -> str | None:
    kind = family(column)
    if kind == "number":
        return number_fault(text)
    if kind in ("date", "datetime") and not _DAY.match(text):
        return "write a date as YYYY-MM-DD."
    return _cut_silently(text, column)


def _cut_silently(text: str, column: Column) -> str | None:
    limit = _CUT_SILENTLY.get(column.base_type)
    if limit is not None and len(text.encode()) > limit and not _OCTAL.fullmatch(text):
        return f"it is longer than the {limit} bytes of type {column.type}."
    return None


def _bytes(text: str) -> str:
    try:
        return "\\x" + base64.b64decode(text, validate=True).hex()
    except (binascii.Error, ValueError):
        raise ValueError("it is not base64.") from None


def _array(value: list[Json], column: Column, depth: int) -> str:
    if not column.base_type.endswith("[]"):
        raise ValueError(f"a list is no value of type {column.type}.")
    if depth > 6:
        raise ValueError("an array has at most 6 dimensions.")
    return "{" + ",".join(_element(member, column, depth) for member in value) + "}"


def _element(value: Json, column: Column, depth: int) -> str:
    if value is None:
        return "NULL"
    if column.base_type in ("json[]", "jsonb[]"):
        return _quoted(documents.dump(value))
    if isinstance(value, list):
        return _array(value, column, depth + 1)
    if isinstance(value, dict):
        raise ValueError(f"an object is no element of type {column.type}.")
    text = _text(value)
    if fault := documents.fault_in(text):
        raise ValueError(fault)
    return text if isinstance(value, Number) else _quoted(text)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
