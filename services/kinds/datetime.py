"""Instants, and wall-clock times of a day where no zone is known."""

from services.kinds.date import day
from services.kinds.format import DAY_FIRST, MONTH_FIRST, Format
from services.kinds.kind import Kind
from services.kinds.time import CLOCK, FRACTION, HOUR, LOOSE, SIXTY

KIND = Kind(
    name="datetime",
    types=("timestamp with time zone", "timestamp without time zone"),
    default_type="timestamp with time zone",
)

_ISO = day("{y}-{m}-{d}")
_FULL = f"{HOUR}:{SIXTY}:{SIXTY}{FRACTION}"
_ZONE = "(?:Z|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)"
_LOCAL, _INSTANT = "timestamp without time zone", "timestamp with time zone"
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
