"""Time as an argument: domain code asks a clock, never the system."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time, with its zone (UTC)."""

    def now(self) -> datetime: ...


class SystemClock:
    """The system's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)
