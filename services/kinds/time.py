"""Times of day."""

from services.kinds.kind import Kind

KIND = Kind(
    name="time",
    types=("time without time zone", "time with time zone"),
    default_type="time without time zone",
)
