"""Shares of a whole. The value is the fraction, 0.15, which people see as 15 %."""

import re
from dataclasses import dataclass
from typing import Literal

from services.kinds import amounts
from services.kinds.format import SPACE, Format
from services.kinds.kind import AMOUNTS, Display, Kind, Settings
from services.kinds.number import Decimals, DecimalSign


@dataclass(frozen=True, slots=True)
class PercentDisplay(Display):
    """How shares are shown and read."""

    decimals: Decimals | None = None
    """Digits of the percentage behind the decimal sign."""
    decimal: DecimalSign | None = None
    """The sign before decimals. Said, it settles how `1,234 %` is read."""
    bare: Literal["fraction", "percent"] | None = None
    """What a number without a sign is: `fraction`, the default, reads 0.15 as 15 %; `percent` reads 15 as 15 %."""


_SIGN = re.compile(
    r"(?P<sign>[-+\u2212\u2013]?)\s*%\s*(?P<rest>.*)|(?P<number>.*?)\s*(?:%|\bpercent|\bper cent|\bpct)", re.DOTALL
)


def read(text: str, settings: Settings, base_type: str) -> str:
    """Read a percentage, or without a sign the fraction itself, as Postgres shows it."""
    text = text.strip()
    if amounts.special(text, base_type):
        return text
    match = _SIGN.fullmatch(text)
    decimal = settings.get("decimal")
    if match is None:
        number = amounts.read(text, decimal)
        return _hundredth(number) if settings.get("bare") == "percent" else number
    signed = match["number"] if match["sign"] is None else match["sign"] + match["rest"]
    return _hundredth(amounts.read(signed, decimal))


def _hundredth(number: str) -> str:
    """The number with its point moved, which Postgres does exactly."""
    if "e" in number.lower():
        raise ValueError("it is no percentage; write it without an exponent.")
    return f"{number}e-2"


KIND = Kind(
    name="percent",
    types=("numeric", "double precision", "real"),
    default_type="numeric",
    aggregates=AMOUNTS,
    read=read,
    display=PercentDisplay,
)


def _format(mark: str, fraction: str) -> Format:
    example = f"12{mark}5%"
    return Format(
        name=example,
        title="percentages",
        type="numeric",
        kind="percent",
        pattern=rf"-?(?:0|[1-9][0-9]{{0,15}})(?:\{mark}{fraction})?{SPACE}%",
        value="(translate({}, ',% \u00a0\u202f', '.') || 'e-2')::numeric",
        note=f"percentages are written as fractions: {example} is written as 0.125",
        punctuation=mark if mark == "," else "",
    )


FORMATS = (
    _format(".", "[0-9]{1,15}"),
    # Three digits behind a comma may be thousands.
    _format(",", "(?:[0-9]{1,2}|[0-9]{4,15})"),
)
