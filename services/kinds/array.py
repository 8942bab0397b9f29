"""Lists of values of one type."""

import json
import re

from services.kinds import boolean, date, datetime, duration, lists, number, time, uuid
from services.kinds.kind import DISTINCT, MEMBERS, Kind, Reader, Settings, as_typed

_BY_TYPE: dict[str, Reader] = {
    type_: module.KIND.read
    for module in (number, boolean, date, datetime, time, duration, uuid)
    for type_ in module.KIND.types
}
_OWN = re.compile(r"(?:\[-?[0-9]+:-?[0-9]+\])*=?\{.*\}", re.DOTALL)


def read(text: str, settings: Settings, base_type: str) -> str:
    """Read an array as Postgres writes it, a JSON list, or values between commas, semicolons or lines."""
    text = text.strip()
    if _OWN.fullmatch(text):
        return text
    element = base_type.removesuffix("[]")
    reader = _BY_TYPE.get(element, as_typed)
    members = _of_json(text) if text.startswith("[") else lists.of_people(text)
    return lists.to_postgres(None if member is None else reader(member, {}, element) for member in members)


def _of_json(text: str) -> list[str | None]:
    try:
        members = json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        raise ValueError("it is no list; write values between commas.") from None
    if any(isinstance(member, dict | list) for member in members):
        raise ValueError("it is a list of lists; write it as Postgres does, {{1,2},{3,4}}.")
    return [_text(member) for member in members]


def _text(member: str | float | bool | None) -> str | None:
    return member if member is None else str(member).lower() if isinstance(member, bool) else str(member)


KIND = Kind(
    name="array",
    types=(),
    categories=("A",),
    default_type=None,
    operators=MEMBERS,
    aggregates=DISTINCT,
    read=read,
)
