"""What a file's columns are called: its header row made into names that Postgres and people can use, each change said."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from services import kinds
from services.tenancy import names
from services.tenancy.errors import NameInvalid


@dataclass(frozen=True, slots=True)
class Header:
    """A column's text in the file, its name in the table, its whole text for people where that is another, and why."""

    source: str
    name: str
    label: str | None = None
    why: str | None = None


def is_header(first: Sequence[str | None]) -> bool:
    """Whether the first row names the columns: it does unless one of its cells is a value (a number, a date …).

    Years that run on over the columns are names.
    """
    values = [cell for cell in first if cell is not None and _is_value(cell)]
    years = [int(value) for value in values if value.isdigit() and 1900 <= int(value) <= 2100]
    return len(values) == len(years) < len(first) and all(b - a == 1 for a, b in pairwise(years)) and len(years) != 1


def _is_value(cell: str) -> bool:
    return any(format_.matches(cell) and not format_.words for format_ in kinds.FORMATS)


def name(cells: Sequence[str | None]) -> list[Header]:
    """Name the columns after their header: trimmed, at most 63 bytes, unique."""
    taken: set[str] = set()
    found = []
    for number, cell in enumerate(cells, start=1):
        header = _named(cell or "", number)
        unique = _unique(header.name, taken)
        if unique != header.name:
            header = Header(
                header.source, unique, header.label or header.source.strip(), _also(header.why, "the name occurs twice")
            )
        taken.add(header.name)
        found.append(header)
    return found


def unnamed(count: int) -> list[Header]:
    """Name the columns of a file without a header."""
    return [Header("", f"column_{number}") for number in range(1, count + 1)]


def _named(source: str, number: int) -> Header:
    text = _visible(unicodedata.normalize("NFC", source))
    if not text:
        return Header(source, f"column_{number}", why="the header is empty")
    name_ = names.shortened(text)
    why = "the name is longer than 63 bytes; the whole text is its label" if name_ != text else None
    if not _usable(name_):
        name_, why = names.shortened(f"column {name_}"), _also(why, "Postgres or Rowhouse use the name themselves")
    if text != source:
        why = _also(why, "blanks around it and invisible characters are left out")
    return Header(source, name_, text if name_ != text else None, why)


def _visible(text: str) -> str:
    """Line breaks and other control characters become blanks, each run of them one; invisible characters go."""
    blanked = re.sub(r"\s*[\x00-\x1f\x7f-\x9f]\s*", " ", text)
    return "".join(c for c in blanked if names.fault(f"a{c}a") is None).strip()


def _usable(name_: str) -> bool:
    try:
        names.column(name_)
    except NameInvalid:
        return False
    return True


def _unique(name_: str, taken: set[str]) -> str:
    candidate, number = name_, 1
    while candidate in taken:
        number += 1
        candidate = f"{names.shortened(name_, names.MAX_BYTES - len(f'_{number}'))}_{number}"
    return candidate


def _also(why: str | None, more: str) -> str:
    return f"{why}; {more}" if why else more
