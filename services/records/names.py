"""The little language of `fields` and `sort`: names separated by commas, quoted as in SQL where they hold `,` `:` `.` or `"`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from services.records.errors import FieldsInvalid, SortInvalid, shown

_ITEM = re.compile(r'\s*(?:"(?P<quoted>(?:[^"]|"")*)"|(?P<bare>[^",:.]+))\s*(?P<suffix>(?::[^",:.]*)*)')
_LINK = "names joined by '.' are kept for links, which do not exist yet; quote a name that holds a '.'."
_CURE = "write names separated by ',' and quote those that hold ',' ':' '.' or '\"'."


@dataclass(frozen=True, slots=True)
class Sort:
    """One column of the order asked for."""

    column: str
    descending: bool = False
    raw: bool = False


@lru_cache(1024)
def fields(text: str) -> tuple[str, ...]:
    """The names in `fields`; none for an empty text. Raises FieldsInvalid."""
    found = []
    for name, suffix in _items(text, FieldsInvalid):
        if suffix:
            raise FieldsInvalid(f"'fields' takes names only, not {shown(name + suffix)}.")
        found.append(name)
    return tuple(found)


@lru_cache(1024)
def sort(text: str) -> tuple[Sort, ...]:
    """The columns in `sort`, each with `:asc`, `:desc` and `:raw` behind it or not. Raises SortInvalid."""
    found = []
    for name, suffix in _items(text, SortInvalid):
        words = suffix.split(":")[1:]
        unknown = next((word for word in words if word not in ("asc", "desc", "raw")), None)
        if unknown is not None or {"asc", "desc"} <= set(words) or len(set(words)) < len(words):
            raise SortInvalid(
                f"'{name}{suffix}' cannot be understood; behind a column stand ':asc', ':desc' or ':raw'."
            )
        found.append(Sort(name, "desc" in words, "raw" in words))
    return tuple(found)


def _items(text: str, error: type[FieldsInvalid | SortInvalid]) -> Iterator[tuple[str, str]]:
    position = 0
    while text and position <= len(text):
        match = _ITEM.match(text, position)
        end = match.end() if match else position
        if match is None or (end < len(text) and text[end] != ","):
            link = end < len(text) and text[end] == "."
            raise error(f"{shown(text)} cannot be read at character {end + 1}: {_LINK if link else _CURE}")
        name = match["bare"].strip() if match["bare"] is not None else match["quoted"].replace('""', '"')
        if not name:
            raise error(f"{shown(text)} names nothing at character {position + 1}; {_CURE}")
        yield name, match["suffix"].strip()
        position = end + 1
