"""Calendar days. Where a file's order of day and month is not certain for the whole column, it is text and both readings are named."""

import re
from dataclasses import dataclass
from typing import Literal

from services.kinds import days
from services.kinds.format import DAY_FIRST, MONTH_FIRST, Format
from services.kinds.kind import CALENDAR, Display, Kind, Settings

Order = Literal["dmy", "mdy", "ymd"]
Style = Literal["iso", "short", "long"]
ENDLESS = frozenset({"infinity", "-infinity"})


@dataclass(frozen=True, slots=True)
class DateDisplay(Display):
    """How days are shown and read."""

    date_order: Order | None = None
    """What comes first. Said, it settles how `03/04/2024` is read."""
    format: Style | None = None
    """`iso` 2024-12-31, `short` 31/12/2024 in the column's order, `long` 31 December 2024."""


_MIDNIGHT = re.compile(r"(?P<day>.*\S)[T ]00:00(?::00(?:\.0+)?)?")


def read(text: str, settings: Settings, base_type: str) -> str:
    """Read a day; a time beside it must be midnight, as spreadsheets write days."""
    text = text.strip()
    if text in ENDLESS:
        return text
    midnight = _MIDNIGHT.fullmatch(text)
    return days.read(midnight["day"] if midnight else text, settings.get("date_order"))


KIND = Kind(name="date", types=("date",), default_type="date", operators=CALENDAR, read=read, display=DateDisplay)

_YEAR = "(?!0000)[0-9]{4}"
_LEAP_YEAR = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
_DIGITS = ("(?:0{o}[1-9]|1[0-2])", "(?:0{o}[13-9]|1[0-2])", "(?:0{o}[13578]|1[02])", "0{o}2")
_NAMES = (
    "(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:tember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)",
    "(?:Jan(?:uary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:tember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)",
    "(?:Jan(?:uary)?|Mar(?:ch)?|May|July?|Aug(?:ust)?|Oct(?:ober)?|Dec(?:ember)?)",
    "Feb(?:ruary)?",
)
"""All months, those of 30 days or more, those of 31, February."""


def day(layout: str, *, optional_zeros: bool = False, names: bool = False) -> str:
    """A pattern for the days that exist, laid out like `{y}-{m}-{d}`."""
    zero = "?" if optional_zeros else ""
    months = _NAMES if names else tuple(month.replace("{o}", zero) for month in _DIGITS)
    ends = (f"(?:0{zero}[1-9]|1[0-9]|2[0-8])", "(?:29|30)", "31")
    days = [layout.format(y=_YEAR, m=month, d=end) for month, end in zip(months[:3], ends, strict=True)]
    return f"(?:{'|'.join([*days, layout.format(y=_LEAP_YEAR, m=months[3], d='29')])})"


def _ordered(order: str, separator: str, reading: str) -> tuple[Format, Format]:
    layout = "{d}S{m}S{y}" if order == "DMY" else "{m}S{d}S{y}"
    layout = layout.replace("S", rf"\{separator}")
    name = separator.join({"D": "DD", "M": "MM", "Y": "YYYY"}[part] for part in order)
    note = f"dates written as {name} are written as YYYY-MM-DD"
    strict = Format(
        name=name,
        title=f"dates ({reading})",
        type="date",
        pattern=day(layout),
        value=f"to_date({{}}, '{name}')",
        within=(f"{name}, short",),
        note=note,
        reading=reading,
    )
    short = Format(
        name=f"{name}, short",
        title=f"dates ({reading})",
        type="date",
        pattern=day(layout, optional_zeros=True),
        value=f"to_date({{}}, '{name}')",
        note=note,
        reading=reading,
    )
    return strict, short


def _named(name: str, layout: str, punctuation: str = "") -> Format:
    return Format(
        name=name,
        title="dates with the month's name",
        type="date",
        pattern=day(layout, optional_zeros=True, names=True),
        value="{}::date",
        punctuation=punctuation,
        note=f"dates such as {name} are written as YYYY-MM-DD",
    )


FORMATS = (
    Format(
        name="YYYY-MM-DD",
        title="dates",
        type="date",
        pattern=day("{y}-{m}-{d}"),
        value="{}::date",
        written="{}::text",
    ),
    Format(
        name="YYYY/MM/DD",
        title="dates",
        type="date",
        pattern=day("{y}/{m}/{d}"),
        value="{}::date",
        written="to_char({}, 'YYYY/MM/DD')",
        within=("YYYY/MM/DD, short",),
        note="dates written as YYYY/MM/DD are written as YYYY-MM-DD",
    ),
    Format(
        name="YYYY/MM/DD, short",
        title="dates",
        type="date",
        pattern=day("{y}/{m}/{d}", optional_zeros=True),
        value="{}::date",
        note="dates written as YYYY/MM/DD are written as YYYY-MM-DD",
    ),
    *_ordered("DMY", ".", ""),
    *_ordered("DMY", "/", DAY_FIRST),
    *_ordered("MDY", "/", MONTH_FIRST),
    *_ordered("DMY", "-", DAY_FIRST),
    *_ordered("MDY", "-", MONTH_FIRST),
    _named("Jan 31 2020", "{m} {d} {y}"),
    _named("Jan 31, 2020", "{m} {d}, {y}", punctuation=","),
    _named("31 Jan 2020", "{d} {m} {y}"),
    _named("31-Jan-2020", "{d}-{m}-{y}"),
)
