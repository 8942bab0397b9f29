"""Numbers, whole and with digits after the point."""

from services.kinds.kind import Kind

KIND = Kind(
    name="number",
    types=("smallint", "integer", "bigint", "numeric", "real", "double precision"),
    default_type="numeric",
)
