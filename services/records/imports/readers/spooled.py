"""The rows of a JSON document on their way through a spool. Its columns are known when the last row has been seen; till then rows wait,
written as they will leave but for the cells that they do not have."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any, BinaryIO

from services.records.imports import limits
from services.records.imports.dialect import Dialect
from services.records.imports.errors import (
    FileEmpty,
    JsonShape,
    NulInText,
    RecordFault,
    RecordTooLong,
    TextInvalid,
    TooManyColumns,
)
from services.records.imports.readers import lines, typed
from services.records.imports.readers.lines import Lines
from services.records.imports.readers.scanner import Number

_END = b"\xfe"
"""Ends a row in the spool: no byte of UTF-8."""
_NESTED = "\0"
"""Begins the cell of an object or array in the spool: no character of a text."""
_CHUNK = 256 << 10
_DIALECT = Dialect(",", "\n")
_TOLD = 18
"""Digits of whole numbers that are told from text."""
_DIGITS = 10_000
"""Digits that a number may have. One that has more stays text."""
_EXPONENT = re.compile("[eE][+-]?0*([0-9]*)$")

_UNKNOWN: Mapping[str, str] = MappingProxyType({})
_encoded = json.encoder.encode_basestring


@dataclass(slots=True)
class _Column:
    """What a column's values have been so far, and the type that it is to have, where that is known."""

    type: str | None = None
    texts: bool = False
    nested: bool = False
    truths: bool = False
    long: bool = False
    """Whether a number has more digits than are told from text."""

    @property
    def hint(self) -> dict[str, Any]:
        if self.nested:
            return {"type": "jsonb", "why": "it has objects or arrays"}
        if self.texts:
            return {"texts": True}
        return {"type": "numeric", "why": "all values are numbers"} if self.long and not self.truths else {}


class Spooled:
    """A table that grows in rows and columns, and is written once it is whole."""

    def __init__(self, spool: BinaryIO, header: bool | None, types: Mapping[str, str] = _UNKNOWN) -> None:
        self._spool = spool
        self._types = types
        self._header = header
        """Whether a first row, where rows are arrays, names the columns; None where its looks decide."""
        self._places: dict[Any, int] = {}
        self._columns: list[_Column] = []
        self._grown: list[tuple[int, int]] = []
        """Where in the spool rows begin to have so many cells."""
        self._size = 0
        self._count = 0
        self._kind: type | None = None

    def add(self, record: Any) -> None:  # noqa: ANN401  JSON
        """Take a row: an object, or an array; all rows are alike in that. Raises JsonShape, TooManyColumns, RecordFault."""
        self._count += 1
        kind = type(record)
        if kind not in (dict, list) or self._kind not in (None, kind):
            raise JsonShape(f"record {self._count:,} is no {'array' if self._kind is list else 'object'} as a row is")
        self._kind = kind
        cells = [""] * len(self._columns)
        for name, value in record.items() if kind is dict else enumerate(record):
            place = self._places.get(name)
            if place is None:
                place = self._place(name)
                cells.append("")
            if value is not None:
                cells[place] = self._cell(self._columns[place], value)
        self._keep(",".join(cells))
        if self._count == 1 and kind is list and self._header is not False and _are_titles(record):
            self._columns = [_Column(column.type) for column in self._columns]

    def write(self, out: Lines, told: dict[str, Any]) -> None:
        """Write all rows, each as wide as the table has become."""
        if not self._columns:
            raise FileEmpty
        out.introduce(told, (column.hint for column in self._columns), header=True if self._kind is dict else None)
        if self._kind is dict:
            out.write(lines.row(self._places, 0) + b"\n")
        mixed = {number for number, column in enumerate(self._columns) if column.nested and column.texts}
        self._spool.seek(0)
        ends = [*(start for start, _ in self._grown[1:]), self._size]
        for (start, width), end in zip(self._grown, ends, strict=True):
            ended = b"," * (len(self._columns) - max(width, 1)) + b"\n"
            for rows in self._read(end - start):
                if mixed:
                    rows = b"".join(_as_json(row, mixed) for row in rows.split(_END)[:-1])
                out.write(rows.replace(_END, ended).replace(_NESTED.encode(), b""))

    def _place(self, name: Any) -> int:  # noqa: ANN401  a name or a number
        if len(self._columns) == limits.COLUMNS:
            raise TooManyColumns(limits.COLUMNS + 1, limits.COLUMNS)
        self._columns.append(_Column(self._types.get(name)))
        return self._places.setdefault(name, len(self._places))

    def _cell(self, column: _Column, value: Any) -> str:  # noqa: ANN401  JSON
        if column.type:
            value = typed.value(value, column.type, self._json)
        if type(value) is str:
            column.texts = True
            return self._quoted(value)
        if type(value) is Number:
            return _number(column, value)
        if value is True or value is False:
            column.truths = True
            return "true" if value else "false"
        column.nested = True
        return _NESTED_CELL.format(self._json(value).replace('"', '""'))

    def _quoted(self, text: str) -> str:
        """A text, quoted always: that tells it from a number."""
        if _NESTED in text:
            raise NulInText(self._count)
        return f'"{text.replace(chr(34), chr(34) * 2)}"'

    def _json(self, value: Any, depth: int = 0) -> str:  # noqa: ANN401  JSON
        """The value as JSON, its numbers as they were written; as deep as one that is written over REST may be."""
        if type(value) is str:
            if _NESTED in value:
                raise NulInText(self._count)
            return _encoded(value)
        if type(value) is Number:
            if not _is_bounded(value):
                raise RecordFault(
                    self._count, f"the number {value[:20]}… within a value is too large to be written out"
                )
            return value
        if not isinstance(value, dict | list):
            return {True: "true", False: "false", None: "null"}[value]
        if depth >= limits.DEPTH:
            raise RecordFault(self._count, f"values are nested more than {limits.DEPTH} deep")
        if isinstance(value, list):
            return f"[{', '.join([self._json(item, depth + 1) for item in value])}]"
        members = [f"{self._json(name, depth)}: {self._json(item, depth + 1)}" for name, item in value.items()]
        return f"{{{', '.join(members)}}}"

    def _keep(self, row: str) -> None:
        try:
            line = row.encode()
        except UnicodeEncodeError as error:
            raise TextInvalid(self._count) from error
        if len(line) > limits.ROW_BYTES:
            raise RecordTooLong(self._count, limits.ROW_BYTES)
        if not self._grown or self._grown[-1][1] != len(self._columns):
            self._grown.append((self._size, len(self._columns)))
        self._size += self._spool.write(line + _END)

    def _read(self, size: int) -> Iterator[bytes]:
        """So many bytes of the spool, in pieces of whole rows."""
        held = b""
        while size and (piece := self._spool.read(min(size, _CHUNK))):
            size -= len(piece)
            whole, end, held = (held + piece).rpartition(_END)
            yield whole + end


_NESTED_CELL = f'"{_NESTED}{{}}"'


def _are_titles(record: list[Any]) -> bool:
    """Whether a row looks like a header, which says nothing of its columns' values."""
    return all(type(value) is str for value in record)


def _number(column: _Column, text: Number) -> str:
    """A number's digits, written out where that can be."""
    if len(text) <= _TOLD and text.isdigit():
        return text
    if not _is_bounded(text):
        column.texts = True
        return text
    plain = format(Decimal(text), "f") if "e" in text.lower() else text
    whole, _, fraction = plain.lstrip("-").partition(".")
    column.long = column.long or len(whole) > _TOLD or len(fraction) > limits.FRACTION
    return plain


def _is_bounded(text: Number) -> bool:
    """Whether the number is of a size to be written out."""
    exponent = _EXPONENT.search(text)
    return len(text) <= _DIGITS and (
        exponent is None or (len(exponent[1]) < 4 and int(exponent[1] or 0) <= limits.EXPONENT)
    )


def _as_json(row: bytes, columns: set[int]) -> bytes:
    """The row with its texts in these columns written as JSON."""
    found = _DIALECT.row(row + b"\n", 0, 1)
    cells = []
    for number, cell in enumerate(found.cells if found else ()):
        text = cell or ""
        if found and number in found.quoted:
            if number in columns and not text.startswith(_NESTED):
                text = _encoded(text)
            text = f'"{text.replace(chr(34), chr(34) * 2)}"'
        cells.append(text)
    return ",".join(cells).encode() + _END
