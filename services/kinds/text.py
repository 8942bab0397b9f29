"""Text of any length."""

from services.kinds.kind import COMPARISONS, Kind

KIND = Kind(
    name="text",
    types=("text", "character varying", "bpchar", "character", "citext", "name"),
    default_type="text",
    operators=(*COMPARISONS, "contains", "starts_with", "ends_with", "matches", "is_empty"),
)
