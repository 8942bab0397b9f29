"""Amounts of one currency, which the column keeps: an amount of another one is refused."""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator

from services.kinds import amounts, currencies
from services.kinds.format import COMMA, POINT, SPACE, Format
from services.kinds.kind import AMOUNTS, Display, Kind, Settings
from services.kinds.number import Decimals, DecimalSign


def _known(code: str) -> str:
    if code not in currencies.CODES:
        raise ValueError(f"'{code}' is no currency of ISO 4217, such as EUR or USD")
    return code


@dataclass(frozen=True, slots=True)
class MoneyDisplay(Display):
    """Which currency the amounts are of, and how they are shown and read."""

    currency: Annotated[str, AfterValidator(_known)] | None = None
    """Its code in ISO 4217, `EUR`."""
    decimals: Decimals | None = None
    """Digits behind the decimal sign."""
    grouping: bool | None = None
    """Whether thousands stand apart."""
    decimal: DecimalSign | None = None
    """The sign before decimals. Said, it settles how `1,234` is read."""


_NO_CENTS = rf"(?:[.,](?:[{amounts.MINUS}\u2014]+|(?=\s|$)))?"
"""What stands for no cents, as in `5.-` and `5,—`."""
_PARTS = re.compile(rf"(?P<before>[^0-9]*?)(?P<number>[.,]?[0-9](?:.*[0-9])?){_NO_CENTS}(?P<after>.*)", re.DOTALL)
_NEGATIVE = re.compile(rf"(?P<sign>[{amounts.MINUS}+])|(?P<open>\()")

_WHOLE_CENTS = re.compile(r"-?[0-9]+(?:\.[0-9]{1,2}0*)?")
"""What Postgres' own money does not round."""


def read(text: str, settings: Settings, base_type: str) -> str:
    """Read an amount with or without its currency, before or behind it."""
    text = text.strip()
    if amounts.special(text, base_type):
        return text
    match = _PARTS.fullmatch(text)
    if match is None:
        raise ValueError("it is no amount of money.")
    before, after, sign = _without_sign(match["before"], match["after"])
    for word in (before.strip(), after.strip()):
        _check_currency(word, settings.get("currency"), base_type)
    number = sign + amounts.read(match["number"], settings.get("decimal"))
    if base_type == "money" and not _WHOLE_CENTS.fullmatch(number):
        raise ValueError("it is finer than a cent.")
    return amounts.fitting(number, base_type)


def _without_sign(before: str, after: str) -> tuple[str, str, str]:
    """What stands before and behind an amount without its sign, and the sign; accountants write a negative amount in brackets."""
    sign = _NEGATIVE.search(before)
    if sign is None:
        return before, after, ""
    before = before[: sign.start()] + before[sign.end() :]
    if sign["open"] is None:
        return before, after, "" if sign["sign"] == "+" else "-"
    if after.count(")") != 1:
        raise ValueError("it is no amount of money: a bracket is missing.")
    return before, after.replace(")", ""), "-"


def _check_currency(word: str, currency: str | None, base_type: str) -> None:
    if not word or (currency is None and base_type == "money" and word == "$"):  # as Postgres itself writes it
        return
    if currency is not None and word.casefold().rstrip(".") in currencies.names(currency):
        return
    if currency is None:
        raise ValueError(f"'{word}' stands beside it, and the column has no currency; set one.")
    raise ValueError(f"'{word}' stands beside it, and the column's currency is {currency}.")


def _grouped(separator: str) -> str:
    return f"(?:0|[1-9][0-9]{{0,2}}(?:{separator}[0-9]{{3}}){{0,5}}|[1-9][0-9]{{3,17}})"


KIND = Kind(
    name="money",
    types=("money", "numeric", "bigint", "integer", "smallint", "double precision", "real"),
    default_type="numeric",
    aggregates=AMOUNTS,
    read=read,
    display=MoneyDisplay,
    needs=("currency",),
)

_SIGNS = {"USD": r"(?:\$|US\$|USD)", "EUR": "(?:€|EUR)", "GBP": "(?:£|GBP)"}
_WHOLES = {"": "(?:0|[1-9][0-9]{0,17})", POINT: _grouped(","), COMMA: _grouped(r"\.")}
_CENTS = {"": "", POINT: r"(?:\.[0-9]{1,4})?", COMMA: "(?:,[0-9]{1,4})?"}
_POINTED = {"": "{}", POINT: "replace({}, ',', '')", COMMA: "replace(replace({}, '.', ''), ',', '.')"}


def _format(code: str, style: str, *, behind: bool) -> Format:
    sign, number = _SIGNS[code], _WHOLES[style] + _CENTS[style]
    where = "behind" if behind else "before"
    return Format(
        name=f"{style or 'whole'} {code} {where}",
        title=f"amounts in {code}",
        type="numeric",
        pattern=f"-?{number}{SPACE}{sign}" if behind else f"-?{sign}{SPACE}{number}",
        value=f"regexp_replace({_POINTED[style]}, '[^-0-9.]', '', 'g')::numeric",
        within=() if style else tuple(f"{wider} {code} {where}" for wider in (POINT, COMMA)),
        note=f"amounts are written as plain numbers; {code} is kept as the column's currency",
        punctuation="," if style else "",
        reading=style,
        kind="money",
        display={"currency": code},
    )


FORMATS = tuple(
    _format(code, style, behind=behind) for code in _SIGNS for behind in (False, True) for style in ("", POINT, COMMA)
)
