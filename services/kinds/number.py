"""Numbers, whole and with digits after the point.

In files, leading zeros, plus signs, thousands separators, more than 18 digits before the point, and the words NaN and Infinity make
no number: they are what postcodes, phone numbers, account numbers and codes are made of, and stay text.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from services.kinds import amounts
from services.kinds.format import Format
from services.kinds.kind import AMOUNTS, Display, Kind, Settings

DecimalSign = Literal[".", ","]
Decimals = Annotated[int, Field(ge=0, le=20)]


@dataclass(frozen=True, slots=True)
class NumberDisplay(Display):
    """How numbers are shown and read."""

    decimals: Decimals | None = None
    """Digits behind the decimal sign; as many as the value has where it is not said."""
    grouping: bool | None = None
    """Whether thousands stand apart."""
    decimal: DecimalSign | None = None
    """The sign before decimals. Said, it settles how `1,234` is read."""
    unit: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    """What is counted or measured: `kg`."""


def read(text: str, settings: Settings, base_type: str) -> str:
    """Read a number in any usual writing, with or without the column's unit behind it."""
    text = text.strip()
    if amounts.special(text, base_type):
        return text
    if unit := settings.get("unit"):
        text = text.removesuffix(unit)
    return amounts.fitting(amounts.read(text, settings.get("decimal")), base_type)


KIND = Kind(
    name="number",
    types=("smallint", "integer", "bigint", "numeric", "real", "double precision"),
    default_type="numeric",
    aggregates=AMOUNTS,
    read=read,
    display=NumberDisplay,
)

_WHOLE = "[1-9][0-9]{0,17}"
_FRACTION = r"\.[0-9]{1,250}"

FORMATS = (
    Format(
        name="whole number",
        title="whole numbers",
        type="bigint",
        pattern=f"0|-?{_WHOLE}",
        value="{}::bigint",
        written="{}::text",
        within=("decimal number", "number"),
    ),
    Format(
        name="decimal number",
        title="decimal numbers",
        type="numeric",
        pattern=rf"-?{_WHOLE}(?:{_FRACTION})?|0(?:{_FRACTION})?|-0\.0{{0,120}}[1-9][0-9]{{0,120}}",
        value="{}::numeric",
        written="{}::text",
        within=("number",),
    ),
    Format(
        name="number",
        title="numbers",
        type="numeric",
        pattern=rf"-?(?:(?:0|{_WHOLE})(?:{_FRACTION})?|{_FRACTION})(?:[eE][+-][0-9]{{1,3}})?",
        value="{}::numeric",
        note="numbers such as .5, -0 and 1.5e-05 are written out: 0.5, 0, 0.000015",
    ),
)
