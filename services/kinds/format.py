"""What a format is: one way in which values are spelled in files, and what it takes to read it without altering a value.

A format's pattern accepts a text only if Postgres is sure to read it as the value that the text means. So a column whose every text
matches has been proven to survive, before the first row is loaded. That is why patterns know the length of February.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

DAY_FIRST, MONTH_FIRST = "day/month/year", "month/day/year"
POINT, COMMA = "1,234.50", "1.234,50"
SPACE = "(?: |\u00a0|\u202f)?"
"""What may stand between a number and its sign."""


@dataclass(frozen=True, slots=True)
class Format:
    """One spelling of values of one type.

    `pattern` is a regular expression that Python and Postgres read alike; `value` is SQL that turns the text `{}` into the value.
    Where `written` is given, COPY reads the spelling by itself and `written` is SQL that gives the file's very text back from the value.
    """

    name: str
    title: str
    """What the values are, for people: `whole numbers`."""
    type: str
    pattern: str
    value: str
    written: str | None = None
    within: tuple[str, ...] = ()
    """Names of the formats that accept every text of this one."""
    note: str = ""
    """How the value's own text differs from the file's; empty where it does not."""
    punctuation: str = ""
    """Signs in its texts by which files may be cut into cells."""
    reading: str = ""
    """Which part of the date comes first, or which sign stands before decimals, where files differ."""
    kind: str = ""
    """The kind of column that its values make, where their type alone would make another."""
    display: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Display settings of that column."""
    words: tuple[str, ...] = ()
    """Words that must all occur in a column before it is taken to be of this format."""
    regex: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "regex", re.compile(self.pattern))

    def matches(self, text: str) -> bool:
        """Whether `text` is spelled in this format."""
        return self.regex.fullmatch(text) is not None


def with_padding(formats: tuple[Format, ...]) -> tuple[Format, ...]:
    """Add to each format, at the end, its twin with blanks around the value, as fixed-width exports write it."""
    twins = {plain.name: _padded(plain) for plain in formats if not plain.words}
    wider = {
        plain.name: tuple(twins[name].name for name in (plain.name, *plain.within) if name in twins)
        for plain in formats
    }
    return (*(replace(plain, within=plain.within + wider[plain.name]) for plain in formats), *twins.values())


def _padded(plain: Format) -> Format:
    return replace(
        plain,
        name=f"{plain.name}, padded",
        pattern=rf" *(?:{plain.pattern}) *",
        value=plain.value.replace("{}", "btrim({})"),
        written=None,
        within=tuple(f"{name}, padded" for name in plain.within),
        note="; ".join(filter(None, ["blanks around the value are left out", plain.note])),
    )
