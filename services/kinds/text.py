"""Text of any length, kept as it is typed."""

from dataclasses import dataclass

from services.kinds.kind import DISTINCT, TEXTS, Display, Kind


@dataclass(frozen=True, slots=True)
class TextDisplay(Display):
    """How text is shown."""

    multiline: bool | None = None
    """Whether it is edited in more than one line."""


KIND = Kind(
    name="text",
    types=("text", "character varying", "bpchar", "character", "citext", "name"),
    categories=("S",),
    default_type="text",
    operators=TEXTS,
    aggregates=(*DISTINCT, "count_empty", "min", "max"),
    sorts="text",
    display=TextDisplay,
)

STORED = ("text", "character varying")
"""The types of the kinds whose values are text that keeps to a rule."""
