"""Stretches of time as seen from now: `today`, `last month`, `{"last": 7, "unit": "day"}`. When that is, Postgres says."""

from dataclasses import dataclass

from services.records import documents
from services.records.documents import Json

UNITS = ("day", "week", "month", "quarter", "year")
DIRECTIONS = ("last", "this", "next")
MOST = 1000
"""Units of a stretch."""

_CURE = (
    "write 'today', 'yesterday', 'tomorrow', 'this month', or {\"last\": 7, \"unit\": \"day\"} "
    f"with 'last' or 'next' and a whole number up to {MOST:,}; units are {', '.join(UNITS)}."
)
_DAYS = {"today": "this", "yesterday": "last", "tomorrow": "next"}


@dataclass(frozen=True, slots=True)
class Stretch:
    """`count` whole units of the calendar before the current one, after it, or the current one itself (`this`).

    `current`: the current one besides.
    """

    direction: str
    count: int
    unit: str
    current: bool = False


def stretch(value: Json) -> Stretch:
    """Read what people write. Raises ValueError with what they may."""
    found = None
    if isinstance(value, str):
        found = _named(value)
    elif isinstance(value, dict) and not isinstance(value, documents.Repeated):
        found = _counted(value)
    if found is None:
        raise ValueError(_CURE)
    return found


def _named(words: str) -> Stretch | None:
    if words in _DAYS:
        return Stretch(_DAYS[words], 1, "day")
    direction, _, unit = words.partition(" ")
    return Stretch(direction, 1, unit) if direction in DIRECTIONS and unit in UNITS else None


def _counted(value: dict[str, Json]) -> Stretch | None:
    unit, current = value.get("unit"), value.get("current", False)
    rest = {name: member for name, member in value.items() if name not in ("unit", "current")}
    if not isinstance(unit, str) or unit not in UNITS or not isinstance(current, bool) or len(rest) != 1:
        return None
    ((direction, count),) = rest.items()
    if direction == "this" and count in (None, True, "1"):
        return Stretch(direction, 1, unit)
    whole = isinstance(count, documents.Number) and count.isdecimal() and 0 < int(count) <= MOST
    return Stretch(direction, int(str(count)), unit, current) if whole and direction in DIRECTIONS else None
