"""Times of day."""

from dataclasses import dataclass
from typing import Literal

from services.kinds import clock
from services.kinds.format import Format
from services.kinds.kind import Display, Kind, Settings

Clock = Literal[12, 24]


@dataclass(frozen=True, slots=True)
class TimeDisplay(Display):
    """How times are shown; both ways are read."""

    clock: Clock | None = None
    """Hours of a round of the clock."""


def read(text: str, settings: Settings, base_type: str) -> str:
    """Read a time of day."""
    time, zone = clock.split(text.strip())
    if zone and base_type != "time with time zone":
        raise ValueError("it has a time zone, which the column does not keep.")
    return clock.read(time) + (zone or ("+00" if base_type == "time with time zone" else ""))


KIND = Kind(
    name="time",
    types=("time without time zone", "time with time zone"),
    default_type="time without time zone",
    read=read,
    display=TimeDisplay,
)

HOUR, SIXTY = "(?:[01][0-9]|2[0-3])", "[0-5][0-9]"
FRACTION = r"(?:\.[0-9]{0,5}[1-9])?"
"""As Postgres prints it: up to six digits, the last not 0."""
CLOCK = rf"(?:(?:0?[1-9]|1[0-2]):{SIXTY}(?::{SIXTY})? ?[AaPp][Mm])"
LOOSE = rf"{HOUR}:{SIXTY}(?::{SIXTY}(?:\.[0-9]{{1,6}})?)?"

FORMATS = (
    Format(
        name="HH:MM:SS",
        title="times",
        type="time without time zone",
        pattern=rf"{HOUR}:{SIXTY}:{SIXTY}{FRACTION}|24:00:00",
        value="{}::time",
        written="{}::text",
        within=("HH:MM:SS, short",),
    ),
    Format(
        name="HH:MM",
        title="times",
        type="time without time zone",
        pattern=f"{HOUR}:{SIXTY}",
        value="{}::time",
        written="left({}::text, 5)",
        within=("HH:MM:SS, short",),
        note="seconds are added: 10:30 is written as 10:30:00",
    ),
    Format(
        name="HH:MM:SS, short",
        title="times",
        type="time without time zone",
        pattern=rf"{LOOSE}|24:00:00",
        value="{}::time",
        note="times are written in full: 10:30 as 10:30:00, 10:30:00.50 as 10:30:00.5",
    ),
    Format(
        name="HH:MM PM",
        title="times",
        type="time without time zone",
        pattern=CLOCK,
        value="{}::time",
        note="times with AM and PM are written with 24 hours",
    ),
)
