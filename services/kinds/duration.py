"""Lengths of time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from services.kinds import amounts
from services.kinds.format import Format
from services.kinds.kind import AMOUNTS, Display, Kind, Settings

Unit = Literal["seconds", "minutes", "hours", "days"]


@dataclass(frozen=True, slots=True)
class DurationDisplay(Display):
    """How lengths of time are shown and read."""

    format: Literal["words", "h:mm", "h:mm:ss", "m:ss"] | None = None
    """`words` 1 h 30 min, or a clock. With `m:ss`, 1:30 is read as minutes and seconds, else as hours and minutes."""
    unit: Unit | None = None
    """What a number without a unit counts; it is refused where this is not said."""


_OWN = re.compile(
    r"(?=[^ ])(?:[+-]?[0-9]+ years?)?(?:(?:^| )[+-]?[0-9]+ mons?)?(?:(?:^| )[+-]?[0-9]+ days?)?"
    r"(?:(?:^| )[+-]?[0-9]{2,}:[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?)?|-?infinity"
)
"""As Postgres writes them."""
_ISO = re.compile(
    r"[+-]?P(?=[0-9T-])(?:-?NY)?(?:-?NM)?(?:-?NW)?(?:-?ND)?(?:T(?=[0-9-])(?:-?NH)?(?:-?NM)?(?:-?NS)?)?".replace(
        "N", r"[0-9]+(?:\.[0-9]+)?"
    ),
    re.IGNORECASE,
)
_CLOCK = re.compile(r"(?P<a>[0-9]{1,8}):(?P<b>[0-9]{2})(?::(?P<c>[0-9]{2})(?P<f>[.,][0-9]{1,6})?)?")
_PART = re.compile(r"(?P<number>[0-9]+(?:[.,][0-9]+)?) ?(?P<unit>[^\W\d_]+)\.?(?:,? ?(?:and |und |et )?)")
_BARE_MINUTES = re.compile(r"(?<=[0-9]) ?h ?([0-9]{1,2})$")
"""A number alone behind hours, as in `1h30`."""
_WORDS = {
    "years": "y yr yrs year years jahr jahre an ans ar",
    "months": "mo mon mons month months monat monate mois maned",
    "weeks": "w wk wks week weeks woche wochen semaine semaines uke uker",
    "days": "d day days tag tage jour jours dag dager dagar j",
    "hours": "h hr hrs hour hours std stunde stunden heure heures time timer t",
    "minutes": "m min mins minute minutes minuten minuter minutt minutter",
    "seconds": "s sec secs second seconds sek sekunde sekunden seconde secondes",
    "milliseconds": "ms msec msecs millisecond milliseconds",
}
_RANKS = list(_WORDS)
_UNITS = {word: unit for unit, words in _WORDS.items() for word in words.split()}


def read(text: str, settings: Settings, base_type: str) -> str:
    """Read a clock (`1:30`), words (`1 h 30 min`), ISO 8601 (`PT1H30M`), or a number of the column's unit."""
    text = text.strip()
    if _OWN.fullmatch(text):
        return text
    if _ISO.fullmatch(text):
        return text.upper()
    sign, length = ("-", text[1:].lstrip()) if text[:1] in tuple(amounts.MINUS) else ("", text.removeprefix("+"))
    if clock := _CLOCK.fullmatch(length):
        return _clock(sign, clock, settings)
    return _words(sign, length) or _bare(text, settings)


def _clock(sign: str, clock: re.Match[str], settings: Settings) -> str:
    a, b, c = clock["a"], clock["b"], clock["c"]
    in_minutes = c is None and settings.get("format") == "m:ss"
    if int(b) > 59 or int(c or 0) > 59:
        raise ValueError("minutes and seconds of a clock end at 59.")
    fraction = (clock["f"] or "").replace(",", ".")
    if in_minutes:
        return f"{sign}{a} minutes {sign}{b} seconds"
    return f"{sign}{a} hours {sign}{b} minutes {sign}{c or '00'}{fraction} seconds"


def _words(sign: str, length: str) -> str:
    """Numbers with their units; empty where it is something else."""
    length = _BARE_MINUTES.sub(r" h \1 min", length)
    parts: list[tuple[str, str]] = []
    position = 0
    while position < len(length):
        part = _PART.match(length, position)
        if part is None:
            return ""
        parts.append((part["number"].replace(",", "."), _unit(part["unit"])))
        position = part.end()
    _check(parts)
    return " ".join(f"{sign}{number} {unit}" for number, unit in parts)


def _unit(word: str) -> str:
    unit = _UNITS.get(word.casefold())
    if unit is None:
        raise ValueError(f"'{word}' is no unit of time; there are days, hours, minutes and seconds.")
    return unit


def _check(parts: Sequence[tuple[str, str]]) -> None:
    """Refuse what Postgres would, and what has no fixed length."""
    ranks = [_RANKS.index(unit) for _, unit in parts]
    if ranks != sorted(set(ranks)):
        raise ValueError("name each unit once, the longest first.")
    for number, unit in parts:
        if "." in number and unit in ("months", "years"):
            raise ValueError(f"{unit} have no fixed length; write whole ones.")
    if any("." in number for number, _ in parts[:-1]):
        raise ValueError("only its last part may have decimals.")


def _bare(text: str, settings: Settings) -> str:
    unit = settings.get("unit")
    try:
        number = amounts.read(text)
    except ValueError:
        number = ""
    if not number or "e" in number.lower():
        raise ValueError("it is no length of time, such as 1:30, 90 min or 1 h 30 min.")
    if unit is None:
        raise ValueError(f"it does not say of what; write {text} min or {text} h, or set the column's unit.")
    return f"{number} {unit}"


KIND = Kind(
    name="duration",
    types=("interval",),
    default_type="interval",
    aggregates=AMOUNTS,
    read=read,
    display=DurationDisplay,
)

_TIME = r"[0-9]{2,8}:[0-5][0-9]:[0-5][0-9](?:\.[0-9]{0,5}[1-9])?"
_SOME = "(?:[2-9]|[1-9][0-9]{1,4})"
_DAYS = f"(?:1 day|{_SOME} days)"
_MONTHS = "(?:1 mon|(?:[2-9]|1[01]) mons)"
_YEARS = f"(?:1 year|{_SOME} years)"

FORMATS = (
    Format(
        name="duration",
        title="lengths of time",
        type="interval",
        pattern=(
            f"{_YEARS}(?: {_MONTHS})?(?: {_DAYS})?(?: (?!00:00:00){_TIME})?|{_MONTHS}(?: {_DAYS})?(?: (?!00:00:00){_TIME})?|"
            f"{_DAYS}(?: (?!00:00:00){_TIME})?|{_TIME}"
        ),
        value="{}::interval",
        written="{}::text",
    ),
    Format(
        name="PT1H30M",
        title="lengths of time",
        type="interval",
        pattern="P(?:[0-9]{1,4}D)?T(?:[0-9]{1,6}H(?:[0-9]{1,6}M)?(?:[0-9]{1,6}S)?|[0-9]{1,6}M(?:[0-9]{1,6}S)?|[0-9]{1,6}S)|P[0-9]{1,4}[DWMY]",
        value="{}::interval",
        note="lengths of time such as PT1H30M are written as 01:30:00",
    ),
    Format(
        name="1h 30min",
        title="lengths of time",
        type="interval",
        pattern="[0-9]{1,6} ?h(?: ?[0-9]{1,2} ?min)?|[0-9]{1,6} ?min|[0-9]{1,6} ?(?:s|sec)",
        value="{}::interval",
        note="lengths of time such as 1h 30min are written as 01:30:00",
    ),
)
