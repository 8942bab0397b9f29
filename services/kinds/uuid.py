"""Universally unique identifiers, in groups of 8-4-4-4-12."""

import re

from services.kinds.format import Format
from services.kinds.kind import DISTINCT, Kind, Settings

_DIGITS = re.compile(
    r"(?:urn:uuid:)?(?P<open>\{)?(?P<digits>[0-9a-f]{4}(?:-?[0-9a-f]{4}){7})(?(open)\})", re.IGNORECASE
)


def read(text: str, settings: Settings, base_type: str) -> str:
    """Read a UUID with or without hyphens, in braces or as a URN."""
    match = _DIGITS.fullmatch(text.strip())
    if match is None:
        raise ValueError("it is no UUID, such as 0b6d7a52-6a0c-4f6e-9d0e-6b4f6c1f7a10.")
    digits = match["digits"].replace("-", "").lower()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


KIND = Kind(name="uuid", types=("uuid",), default_type="uuid", aggregates=DISTINCT, read=read)


def _groups(digit: str) -> str:
    return "-".join(f"{digit}{{{length}}}" for length in (8, 4, 4, 4, 12))


FORMATS = (
    Format(
        name="uuid",
        title="UUIDs",
        type="uuid",
        pattern=_groups("[0-9a-f]"),
        value="{}::uuid",
        written="{}::text",
        within=("uuid in any case",),
    ),
    Format(
        name="UUID",
        title="UUIDs",
        type="uuid",
        pattern=_groups("[0-9A-F]"),
        value="{}::uuid",
        written="upper({}::text)",
        within=("uuid in any case",),
        note="UUIDs are written in small letters",
    ),
    Format(
        name="uuid in any case",
        title="UUIDs",
        type="uuid",
        pattern=_groups("[0-9A-Fa-f]"),
        value="{}::uuid",
        note="UUIDs are written in small letters",
    ),
)
