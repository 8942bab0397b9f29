"""True and false. `0` and `1` are numbers; words that could mean something else count only if both of a pair occur."""

from services.kinds.format import Format
from services.kinds.kind import Kind

KIND = Kind(name="boolean", types=("boolean",), default_type="boolean", operators=("eq", "ne", "in", "is_null"))


def _pair(yes: str, no: str, *, alone: bool = False, within: tuple[str, ...] = ()) -> Format:
    return Format(
        name=f"{yes}/{no}",
        title=f"{yes} or {no}",
        type="boolean",
        pattern=f"{yes}|{no}",
        value="{}::boolean",
        written=f"CASE WHEN {{}} THEN '{yes}' WHEN NOT {{}} THEN '{no}' END",
        within=within,
        note="" if yes == "true" else f"{yes} is written as true, {no} as false",
        words=() if alone else (yes, no),
    )


FORMATS = (
    _pair("true", "false", alone=True, within=("true or false",)),
    _pair("TRUE", "FALSE", alone=True, within=("true or false",)),
    _pair("True", "False", alone=True, within=("true or false",)),
    Format(
        name="true or false",
        title="true or false",
        type="boolean",
        pattern="[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]",
        value="{}::boolean",
        note="true and false are written in small letters",
    ),
    _pair("yes", "no"),
    _pair("Yes", "No"),
    _pair("YES", "NO"),
    _pair("y", "n"),
    _pair("Y", "N"),
    _pair("t", "f"),
    _pair("T", "F"),
)
