"""Instants, and wall-clock times of a day where no zone is known."""

from services.kinds.kind import Kind

KIND = Kind(
    name="datetime",
    types=("timestamp with time zone", "timestamp without time zone"),
    default_type="timestamp with time zone",
)
