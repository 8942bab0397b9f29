"""Several of the column's options."""

from services.kinds import lists, options
from services.kinds.kind import DISTINCT, MEMBERS, Kind, Settings
from services.kinds.options import OptionsDisplay


def read(text: str, settings: Settings, base_type: str) -> str:
    """Read options between commas or semicolons, each once, whatever their case."""
    text, offered = text.strip(), options.values(settings)
    return lists.to_postgres(dict.fromkeys(options.meant(member, offered) for member in _members(text, offered)))


def _members(text: str, offered: list[str]) -> list[str]:
    if text.startswith("{") and text.endswith("}"):
        return lists.of_postgres(text)
    return [text] if text in offered else lists.of_people(text)


def rule(column: str, settings: Settings) -> str | None:
    """A list of options, without gaps."""
    offered = options.values(settings)
    if not offered:
        return None
    return f"{column} <@ {options.array(offered)} AND coalesce(array_ndims({column}), 1) = 1"


KIND = Kind(
    name="choices",
    types=("text[]", "character varying[]"),
    default_type="text[]",
    operators=MEMBERS,
    aggregates=DISTINCT,
    read=read,
    rule=rule,
    display=OptionsDisplay,
    needs=("options",),
)
