"""Numbers as people write them: with spaces, apostrophes, points or commas between groups and before decimals."""

import re
from decimal import Decimal
from functools import cache

SPACES = " \u00a0\u2009\u202f"
MINUS = "-\u2212\u2013"
_GROUPS = "'\u2019" + SPACES
_OTHER = {".": ",", ",": "."}
_EXPONENT = r"(?:[eE][+-]?[0-9]{1,6})?"
_SPECIAL = re.compile(r"nan|[+-]?inf(?:inity)?", re.IGNORECASE)
_RANGES = {"smallint": 15, "integer": 31, "bigint": 63}
"""Whole types with the power of two that they do not reach."""
_EXACT = frozenset({*_RANGES, "money"})


def read(text: str, decimal: str | None = None) -> str:
    """Give the number as Postgres reads it: `-1234.50`. `decimal` is the sign that is known to stand before decimals.

    Raises ValueError where it is no number, or can be read as two.
    """
    sign, digits = _signed(text.strip())
    readings = {_plain(digits, mark) for mark in decimal or ".,"} - {None}
    if len(readings) > 1 and "," not in digits:
        readings = {_plain(digits, ".")}  # as Postgres itself writes it
    if len(readings) > 1:
        first, second = sorted(map(str, readings), key=len)
        raise ValueError(
            f"it can be read as {sign}{first} and as {sign}{second}; write it without separators between thousands, "
            "or set the decimal sign of the column."
        )
    if not readings:
        raise ValueError(_why_none(digits, decimal))
    return f"{sign}{readings.pop()}"


def fitting(number: str, base_type: str) -> str:
    """The number as a value of that type. Raises ValueError where a whole type would round it or cannot reach it."""
    power = _RANGES.get(base_type)
    if power is None:
        return number
    value = Decimal(number)
    if value.adjusted() > 20 or not -(2**power) <= value < 2**power:
        raise ValueError(f"it is beyond what a {base_type} can hold.")
    if value != value.to_integral_value():
        raise ValueError("it is not a whole number.")
    return str(int(value))


def special(text: str, base_type: str) -> bool:
    """Whether it is one of the words that stand where a number cannot: `NaN`, `Infinity`."""
    return base_type not in _EXACT and _SPECIAL.fullmatch(text) is not None


def _signed(text: str) -> tuple[str, str]:
    """The sign, and the digits; accountants write a negative number in brackets."""
    if text.startswith("(") and text.endswith(")"):
        return "-", text[1:-1].strip()
    if text[:1] in tuple(MINUS):
        return "-", text[1:].lstrip(SPACES)
    return "", text.removeprefix("+").lstrip(SPACES)


def _plain(digits: str, mark: str) -> str | None:
    match = _pattern(mark).fullmatch(digits)
    if match is None or not (match["whole"] or match["fraction"]):
        return None
    whole = re.sub("[^0-9]", "", match["whole"]) or "0"
    return whole + (f".{match['fraction']}" if match["fraction"] else "") + match["exponent"]


@cache
def _pattern(mark: str) -> re.Pattern[str]:
    """A number with `mark` before its decimals, and groups of three, or of two as in India, between any one other sign."""
    separator = f"(?P<separator>[{_GROUPS}{_OTHER[mark]}])"
    groups = rf"[1-9][0-9]{{0,2}}{separator}[0-9]{{3}}(?:(?P=separator)[0-9]{{3}})*"
    lakhs = "|[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}" if mark == "." else ""
    fraction = rf"(?:\{mark}(?P<fraction>[0-9]*))?"
    return re.compile(rf"(?P<whole>{groups}{lakhs}|[0-9]*){fraction}(?P<exponent>{_EXPONENT})")


def _why_none(digits: str, decimal: str | None) -> str:
    if decimal and _plain(digits, _OTHER[decimal]):
        name = {".": "a point", ",": "a comma"}[decimal]
        return f"it is no number in a column whose decimals stand behind {name}."
    if re.search(r"\d", digits) and not re.search("[0-9]", digits):
        return "it is not a number; write it with the digits 0 to 9."
    return "it is not a number."
