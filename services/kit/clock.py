"""Time as an argument: domain code asks a clock, never the system."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time, with its zone (UTC)."""

    def now(self) -> datetime:
        """This moment, in UTC."""
        ...


class SystemClock:
    """The system's clock."""

    def now(self) -> datetime:
        """This moment, in UTC."""
        return datetime.now(UTC)
