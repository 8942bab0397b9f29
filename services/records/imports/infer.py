"""What a column's values are. A column starts with every format there is and keeps those that all its values are spelled in.

An intersection knows no order: the same values give the same type, however they are sorted.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from services import kinds
from services.kinds import Format, types
from services.records.imports.headers import Header
from services.records.imports.sources.source import Hint

TEXT = "text"
_NOTHING = Hint()
_SAID_BY_FORMATS = {"number", "boolean"}
"""Kinds that a format with texts has values of its own for."""
_TYPES = {"dmy": "day/month/year", "mdy": "month/day/year"}


@dataclass(slots=True)
class Column:
    """One column of the file and what is known of it so far."""

    header: Header
    wanted: str | None = None
    """The type that the caller asks for, else the one that the file's format knows."""
    why: str = ""
    """What the file's format says of its values, where it knows more than their text tells."""
    skip: bool = False
    wanted_kind: str | None = None
    """The kind that comes with the wanted type, where that does not say it itself."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """The settings of that kind."""
    on_misfit: str = "refuse"
    """What becomes of values that a wanted type cannot hold: text, reject or refuse."""
    required: bool = False
    """Whether the table that the rows are for lets it not be NULL."""
    formats: tuple[Format, ...] = kinds.FORMATS
    """Those in which every value so far is spelled."""
    seen: bool = False
    """Whether there has been a value that is not NULL."""
    quoted: bool = False
    """Whether there has been a quoted cell."""
    words: set[str] = field(default_factory=set)

    def see(self, value: str) -> bool:
        """Take a value into account; says whether it changed what the column can be."""
        if not self.formats:
            self.seen = True
            return False
        kept = tuple(format_ for format_ in self.formats if format_.matches(value))
        changed = kept != self.formats or not self.seen
        self.formats, self.seen = kept, True
        if kept and kept[0].words:
            self.words.add(value)
        return changed

    @property
    def readings(self) -> tuple[str, ...]:
        """The ways in which all values can be read that do not say the same: with day or month first, point or comma."""
        if not self.formats or not self.formats[0].reading:
            return ()
        return tuple(dict.fromkeys(format_.reading for format_ in self.formats if format_.reading))

    @property
    def format(self) -> Format | None:
        """The format that the column is in: None for text, for no values, and while a date's order or a pair of words is open."""
        if not self.seen or len(self.readings) > 1:
            return None
        return next((format_ for format_ in self.formats if self.words.issuperset(format_.words)), None)

    @property
    def type(self) -> str:
        """The type that the column gets."""
        return self.wanted or (self.format.type if self.format else TEXT)

    @property
    def kind(self) -> str | None:
        """The kind that the values' spelling makes of the column, where its type alone would make another."""
        if self.wanted is not None:
            return self.wanted_kind
        return self.format.kind or None if self.format else None

    @property
    def display(self) -> Mapping[str, Any]:
        """Display settings that are wished for, or that the values' spelling tells: the currency of amounts."""
        if self.wanted is not None:
            return self.settings
        return self.format.display if self.format and self.kind else {}

    def rule(self, value: str) -> str | None:
        """SQL for what the wanted kind asks of a value beyond its type."""
        return kinds.named(self.wanted_kind).rule(value, self.settings) if self.wanted_kind else None

    @property
    def copied(self) -> Format | None:
        """The format in which COPY may load the values as they are, because their text can be had back; None to load text."""
        format_ = self.format
        return format_ if format_ and format_.written and format_.type == self.type else None

    @property
    def narrowest(self) -> tuple[Format, ...]:
        """The formats that no other of the column's formats lies within: who matches these matches all."""
        held = {format_.name for format_ in self.formats}
        wider = {name for format_ in self.formats for name in format_.within}
        return tuple(format_ for format_ in self.formats if format_.name in held - wider)


def column(
    header: Header,
    wanted: str | None = None,
    hint: Hint = _NOTHING,
    *,
    skip: bool = False,
    date_order: str | None = None,
) -> Column:
    """A column of which nothing is known but what the caller says, and what the file's format knows."""
    formats = kinds.FORMATS
    if hint.texts:
        formats = tuple(format_ for format_ in formats if kinds.of_type(format_.type).name not in _SAID_BY_FORMATS)
    why = "" if wanted else hint.why
    wanted = wanted or hint.type
    if wanted is not None:
        formats = tuple(format_ for format_ in formats if _fits(format_, wanted))
    if date_order is not None:
        others = set(_TYPES.values()) - {_TYPES[date_order]}
        formats = tuple(format_ for format_ in formats if format_.reading not in others)
    return Column(header, wanted, why, skip, formats=formats)


def nearest(values: Iterable[str]) -> Format | None:
    """The format of most of the values, if more than half are spelled in it: what a text column would be but for a few."""
    counted = Counter(values)
    total = sum(counted.values())
    best, most = None, total / 2
    for format_ in kinds.FORMATS:
        fitting = sum(times for value, times in counted.items() if format_.matches(value))
        if fitting > most and not format_.words:
            best, most = format_, fitting
    return best


def _fits(format_: Format, wanted: str) -> bool:
    """Whether values of the format are values of the wanted type: an instant is no local time, nor the reverse.

    Spellings of another kind, percentages or amounts of a currency, are no numbers where numbers are asked for.
    """
    if format_.kind:
        return False
    base = types.base(wanted)
    if kinds.of_type(base).name == "number":
        return kinds.of_type(format_.type).name == "number"
    return format_.type == base
