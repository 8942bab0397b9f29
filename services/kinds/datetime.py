"""Instants, and wall-clock times of a day where no zone is known."""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from services.kinds import clock, days
from services.kinds.date import ENDLESS, Order, Style, day
from services.kinds.format import DAY_FIRST, MONTH_FIRST, Format
from services.kinds.kind import CALENDAR, Display, Kind, Settings
from services.kinds.time import CLOCK, FRACTION, HOUR, LOOSE, SIXTY, Clock

_LOCAL, _INSTANT = "timestamp without time zone", "timestamp with time zone"


@dataclass(frozen=True, slots=True)
class DatetimeDisplay(Display):
    """How moments are shown and read."""

    date_order: Order | None = None
    """What comes first. Said, it settles how `03/04/2024 10:00` is read."""
    format: Style | None = None
    """`iso` 2024-12-31 10:00, `short` 31/12/2024 10:00 in the column's order, `long` 31 December 2024 10:00."""
    clock: Clock | None = None
    """Hours of a round of the clock."""
    zone: Annotated[str, Field(pattern=r"^[A-Za-z]+(/[A-Za-z0-9_+-]+){0,2}$", max_length=40)] | None = None
    """The time zone, `Europe/Oslo`, in which instants are shown, and read where they do not say one; UTC where it is not said."""


_CLOCK_TIME = r"[0-9]{1,2}(?:[:.h][0-9]{2}[0-9:.,]*(?: ?[AaPp]\.?[Mm]\.?)?| ?[AaPp]\.?[Mm]\.?)"
_PARTS = re.compile(rf"(?P<day>.+?)(?:(?:T|,? at |,? +)(?P<time>{_CLOCK_TIME}))?")


def read(text: str, settings: Settings, base_type: str) -> str:
    """Read a day and a time, in either order of day and month; a day alone begins at midnight."""
    text = text.strip()
    if text in ENDLESS:
        return text
    moment, era = (text[:-3], " BC") if text.endswith(" BC") else (text, "")
    moment, zone = clock.split(moment)
    if zone and base_type == _LOCAL:
        raise ValueError("it has a time zone, which the column does not keep.")
    match = _PARTS.fullmatch(moment)
    if match is None:
        raise ValueError("it is no date with a time; write it as YYYY-MM-DD HH:MM.")
    date = days.read(match["day"], settings.get("date_order"))
    time = clock.read(match["time"]) if match["time"] else "00:00:00"
    if base_type == _INSTANT and not zone:
        zone = f" {settings['zone']}" if "zone" in settings else "+00"
    return f"{date} {time}{zone}{era}"


KIND = Kind(
    name="datetime",
    types=(_INSTANT, _LOCAL),
    default_type=_INSTANT,
    operators=CALENDAR,
    read=read,
    display=DatetimeDisplay,
)

_ISO = day("{y}-{m}-{d}")
_FULL = f"{HOUR}:{SIXTY}:{SIXTY}{FRACTION}"
_ZONE = "(?:Z|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)"
_AS_LOCAL = "dates and times are written as YYYY-MM-DD HH:MM:SS"
_AS_INSTANT = "instants are written in UTC: YYYY-MM-DD HH:MM:SS+00"


def _with_time(order: str, layout: str, reading: str) -> Format:
    clock = f"(?:{CLOCK}|[0-9]:{SIXTY}(?::{SIXTY})?|{LOOSE})"
    date = f"to_date(split_part({{}}, ' ', 1), '{order}')"
    return Format(
        name=f"{order} HH:MM:SS",
        title=f"dates with times ({reading})" if reading else "dates with times",
        type=_LOCAL,
        pattern=f"{day(layout, optional_zeros=True)} {clock}",
        value=f"({date} + substr({{}}, strpos({{}}, ' ') + 1)::time)",
        note=_AS_LOCAL,
        reading=reading,
    )


FORMATS = (
    Format(
        name="YYYY-MM-DD HH:MM:SS",
        title="dates with times",
        type=_LOCAL,
        pattern=f"{_ISO} {_FULL}",
        value="{}::timestamp",
        written="{}::text",
        within=("date and time",),
    ),
    Format(
        name="YYYY-MM-DDTHH:MM:SS",
        title="dates with times",
        type=_LOCAL,
        pattern=f"{_ISO}T{_FULL}",
        value="{}::timestamp",
        written="replace({}::text, ' ', 'T')",
        within=("date and time",),
        note=_AS_LOCAL,
    ),
    Format(
        name="date and time",
        title="dates with times",
        type=_LOCAL,
        pattern=f"{_ISO}[ T]{LOOSE}",
        value="{}::timestamp",
        note=_AS_LOCAL,
    ),
    Format(
        name="YYYY-MM-DD HH:MM:SS+00",
        title="instants",
        type=_INSTANT,
        pattern=rf"{_ISO} {_FULL}\+00",
        value="{}::timestamptz",
        written="{}::text",
        within=("instant",),
    ),
    Format(
        name="YYYY-MM-DDTHH:MM:SSZ",
        title="instants",
        type=_INSTANT,
        pattern=f"{_ISO}T{_FULL}Z",
        value="{}::timestamptz",
        written="replace(replace({}::text, ' ', 'T'), '+00', 'Z')",
        within=("instant",),
        note=_AS_INSTANT,
    ),
    Format(
        name="instant",
        title="instants",
        type=_INSTANT,
        pattern=f"{_ISO}[ T]{LOOSE}{_ZONE}",
        value="{}::timestamptz",
        note=_AS_INSTANT,
    ),
    _with_time("YYYY/MM/DD", "{y}/{m}/{d}", ""),
    _with_time("DD.MM.YYYY", r"{d}\.{m}\.{y}", ""),
    _with_time("DD/MM/YYYY", "{d}/{m}/{y}", DAY_FIRST),
    _with_time("MM/DD/YYYY", "{m}/{d}/{y}", MONTH_FIRST),
    _with_time("DD-MM-YYYY", "{d}-{m}-{y}", DAY_FIRST),
    _with_time("MM-DD-YYYY", "{m}-{d}-{y}", MONTH_FIRST),
)
