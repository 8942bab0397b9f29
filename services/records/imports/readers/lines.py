"""The one dialect that readers write: comma and LF, NULL as nothing, the empty text as `""`."""

import json
import re
from collections.abc import Iterable
from typing import Any, BinaryIO

from services.records.imports import limits
from services.records.imports.errors import NulInText, RecordTooLong, TextInvalid

_PIECE = 256 << 10
NAME = 200
"""Characters of a name that are told."""
_SPECIAL = re.compile(r'[",\r\n]|^$|^\\\.$')


class Lines:
    """Says first what is known of the table, then writes its rows, numbered from 1, in pieces."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._held = bytearray()

    def introduce(self, told: dict[str, Any], hints: Iterable[dict[str, Any]], *, header: bool | None) -> None:
        """Write the first line: JSON for the process that asked."""
        self._held += json.dumps({"told": told, "header": header, "hints": list(hints)}).encode() + b"\n"

    def write(self, text: bytes) -> None:
        """Write text that is delimited already."""
        self._held += text
        if len(self._held) >= _PIECE:
            self.flush()

    def flush(self) -> None:
        """Hand over what is held."""
        self._out.write(self._held)
        self._out.flush()
        self._held.clear()


def row(cells: Iterable[str | None], number: int) -> bytes:
    """A row without its end. Raises RecordTooLong, NulInText, TextInvalid."""
    text = ",".join([cell(value) for value in cells])
    if "\0" in text:
        raise NulInText(number)
    try:
        line = text.encode()
    except UnicodeEncodeError as error:
        raise TextInvalid(number) from error
    if len(line) > limits.ROW_BYTES:
        raise RecordTooLong(number, limits.ROW_BYTES)
    return line


def cell(value: str | None) -> str:
    """A cell, quoted where it must be."""
    if value is None:
        return ""
    return f'"{value.replace(chr(34), chr(34) * 2)}"' if _SPECIAL.search(value) else value
