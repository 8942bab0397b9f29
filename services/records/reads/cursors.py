"""Cursors: opaque to callers, checked when they come back. A cursor holds where a page starts, and for which list."""

import base64
import binascii
import hashlib
from dataclasses import dataclass, replace

import orjson

from services.records import documents
from services.records.errors import CursorInvalid

_VERSION = 1
_CHECK_BYTES = 6
_MOST = 2**62


@dataclass(frozen=True, slots=True)
class Cursor:
    """A start: behind the row with these values of the order (None where they would not fit), at about this position.

    `digest` is of the list's sort and filter. The check sum keeps accidents out, not attackers: whoever makes a cursor of his own reads
    what the list would show him anyway.
    """

    table: int
    digest: bytes
    position: int
    values: tuple[str | None, ...] | None = None
    backward: bool = False
    inclusive: bool = False

    def reversed(self) -> "Cursor":
        """The way back from a page that turned out to be empty: the row itself may be there again."""
        return replace(self, backward=not self.backward, inclusive=not self.inclusive)


def encode(cursor: Cursor) -> str:
    """The text of a cursor."""
    fields = [
        _VERSION,
        cursor.table,
        cursor.digest.hex(),
        cursor.position,
        cursor.values,
        cursor.backward,
        cursor.inclusive,
    ]
    raw = orjson.dumps(fields)
    return base64.urlsafe_b64encode(_check(raw) + raw).decode().rstrip("=")


def decode(text: str, table: int, digest: bytes) -> Cursor:
    """The cursor in `text`, for this table and list. Raises CursorInvalid."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        if _check(raw[_CHECK_BYTES:]) != raw[:_CHECK_BYTES]:
            raise CursorInvalid
        version, of, hexed, position, values, backward, inclusive = orjson.loads(raw[_CHECK_BYTES:])
    except (ValueError, TypeError, binascii.Error) as error:
        raise CursorInvalid from error
    ours = type(position) is int and 0 <= position < _MOST and type(backward) is type(inclusive) is bool
    if (version, of, hexed) != (_VERSION, table, digest.hex()) or not ours or not _are_texts(values):
        raise CursorInvalid
    return Cursor(of, digest, position, None if values is None else tuple(values), backward, inclusive)


def _are_texts(values: object) -> bool:
    return values is None or (
        isinstance(values, list)
        and all(value is None or (isinstance(value, str) and not documents.fault_in(value)) for value in values)
    )


def _check(raw: bytes) -> bytes:
    return hashlib.blake2b(raw, digest_size=_CHECK_BYTES).digest()
