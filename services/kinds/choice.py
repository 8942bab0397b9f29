"""One of the column's options: an enumeration, or text that keeps to them."""

from services.kinds import options
from services.kinds.kind import DISTINCT, TEXTS, Kind, Settings
from services.kinds.options import OptionsDisplay
from services.kinds.text import STORED


def read(text: str, settings: Settings, base_type: str) -> str:
    """Read an option, whatever its case."""
    return options.meant(text.strip(), options.values(settings))


def rule(column: str, settings: Settings) -> str | None:
    """One of the options."""
    offered = options.values(settings)
    return f"{column} = ANY ({options.array(offered)})" if offered else None


KIND = Kind(
    name="choice",
    types=STORED,
    categories=("E",),
    default_type="text",
    operators=TEXTS,
    aggregates=(*DISTINCT, "count_empty"),
    read=read,
    rule=rule,
    sorts="options",
    display=OptionsDisplay,
    needs=("options",),
)
