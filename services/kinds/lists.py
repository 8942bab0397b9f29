"""Lists: as people write them, and as Postgres does."""

import csv
import re
from collections.abc import Iterable

_MEMBER = re.compile(r'"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^{}",\\\s](?:[^{}",\\]*[^{}",\\\s])?)', re.DOTALL)
_GAP = re.compile(r"\s*,\s*")


def of_people(text: str) -> list[str]:
    """The members of a list between commas, semicolons or lines; what holds one of those stands in double quotes."""
    try:
        rows = list(csv.reader(text.splitlines(), delimiter=";" if ";" in text else ",", skipinitialspace=True))
    except csv.Error as error:
        raise ValueError(f"it is no list: {error}.") from None
    return [member.strip() for row in rows for member in row if member.strip()]


def of_postgres(text: str) -> list[str]:
    """The members of an array of one dimension and without NULL, `{a,"b c"}`. Raises ValueError."""
    inner, position, members = text[1:-1].strip(), 0, []
    while position < len(inner):
        match = _MEMBER.match(inner, position)
        if match is None or match["plain"] in ("NULL", "null"):
            raise ValueError("it is no list such as {a,b}.")
        members.append(match["plain"] or re.sub(r"\\(.)", r"\1", match["quoted"] or "", flags=re.DOTALL))
        gap = _GAP.match(inner, match.end())
        position = gap.end() if gap else match.end()
        if (gap is None) != (position == len(inner)):
            raise ValueError("it is no list such as {a,b}.")
    return members


def to_postgres(members: Iterable[str | None]) -> str:
    """The text by which Postgres reads an array of these members, each in its own text."""
    return "{" + ",".join("NULL" if member is None else _quoted(member) for member in members) + "}"


def _quoted(member: str) -> str:
    return '"' + member.replace("\\", "\\\\").replace('"', '\\"') + '"'
