"""Universally unique identifiers, in groups of 8-4-4-4-12."""

from services.kinds.format import Format
from services.kinds.kind import Kind

KIND = Kind(name="uuid", types=("uuid",), default_type="uuid")


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
