"""Which format a file is in. Its bytes decide; what the sender calls it counts only where they leave it open."""

import json
from enum import Enum, auto

from services.records.imports.options import Options

_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
"""How a ZIP begins, and a file of old Excel."""
_BLANK = " \t\r\n"
_SECOND = {"{": ("", '"', "}"), "[": ("", "{", "[", '"', "]")}
"""What comes next where JSON begins."""
_DECODER = json.JSONDecoder()


class Format(Enum):
    """What is read in different ways."""

    DELIMITED = auto()
    WORKBOOK = auto()
    DOCUMENT = auto()


def of_bytes(head: bytes) -> Format | None:
    """The format of a file that is no text; None for text."""
    return Format.WORKBOOK if head.startswith(_WORKBOOKS) else None


def of_text(text: bytes, content_type: str, options: Options) -> Format:
    """The format of text in UTF-8, by its beginning. A delimiter that the caller names makes it delimited."""
    begun = text.decode(errors="ignore").lstrip(_BLANK)
    if options.delimiter is not None or not begun.startswith(("{", "[")):
        return Format.DELIMITED
    return Format.DOCUMENT if "json" in content_type.lower() or _is_json(begun) else Format.DELIMITED


def _is_json(text: str) -> bool:
    """Whether the text begins as only JSON does: its first value is followed by another or by nothing. `["a"],["b"]` is a row of two
    cells. A broken document is JSON too: its own errors say more than a table's would.
    """
    try:
        _, end = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        return text[1:].lstrip(_BLANK)[:1] in _SECOND[text[0]]
    return text[end:].lstrip(_BLANK)[:1] in ("", "{", "[")
