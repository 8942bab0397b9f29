"""True and false. `0` and `1` are numbers; words that could mean something else count only if both of a pair occur."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from services.kinds.format import Format
from services.kinds.kind import DISTINCT, EQUALITY, Display, Kind, Settings

Word = Annotated[str, Field(min_length=1, max_length=40)]


@dataclass(frozen=True, slots=True)
class BooleanDisplay(Display):
    """The words that stand for the two values; they are read, too."""

    yes: Word | None = None
    no: Word | None = None


_YES = "true t yes y on 1 x ✓ ✔ ☑ ✅ 🗸 ja j oui si sí sì sim wahr vrai"
_NO = "false f no n off 0 ✗ ✘ ☐ ❌ nein non não nao nei nee nej falsch faux"
_VALUES = {**dict.fromkeys(_YES.split(), "true"), **dict.fromkeys(_NO.split(), "false")}


def read(text: str, settings: Settings, base_type: str) -> str:
    """Read a word or a sign for yes or no."""
    word = text.strip().removesuffix("\ufe0f").casefold()
    yes, no = (str(settings.get(name, "")).casefold() for name in ("yes", "no"))
    if word in (yes, no):
        return "true" if word == yes else "false"
    if word not in _VALUES:
        raise ValueError("it is neither yes nor no.")
    return _VALUES[word]


KIND = Kind(
    name="boolean",
    types=("boolean",),
    default_type="boolean",
    operators=EQUALITY,
    aggregates=(*DISTINCT, "count_true", "percent_true"),
    read=read,
    display=BooleanDisplay,
)


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
