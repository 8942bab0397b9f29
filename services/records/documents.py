"""JSON as people send it, read strictly: numbers keep every digit as text, and what would be read two ways is refused."""

import json
from collections.abc import Iterable
from typing import NoReturn, TypeAlias

from services.records.errors import Malformed, shown

MAX_DEPTH = 64
"""How deep arrays and objects may nest."""

Json: TypeAlias = str | bool | list["Json"] | dict[str, "Json"] | None
"""A document as it is read here: a number is a `Number`, which is a str."""


class Number(str):
    """A number as it was written; never a float."""

    __slots__ = ()


class Repeated(dict[str, "Json"]):
    """An object in which `name` occurs more than once."""

    def __init__(self, pairs: Iterable[tuple[str, Json]], name: str) -> None:
        super().__init__(pairs)
        self.name = name


def parse(text: bytes | str, what: str) -> Json:
    """The document: str, Number, bool, None, list and dict; an object with a name twice is a `Repeated`. Raises Malformed."""
    try:
        document: Json = _DECODER.decode(text if isinstance(text, str) else text.decode())
    except UnicodeDecodeError as error:
        raise Malformed(f"{what} is not UTF-8: byte {error.start + 1} cannot be read.") from None
    except json.JSONDecodeError as error:
        raise Malformed(f"{what} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from None
    except RecursionError:
        raise Malformed(f"{what} is nested deeper than {MAX_DEPTH} levels.") from None
    return document


def fault_in(text: str) -> str | None:
    """Why this text cannot be kept in Postgres; None when it can."""
    if "\0" in text:
        return "it holds a NUL character, which Postgres cannot keep."
    try:
        text.encode()
    except UnicodeEncodeError:
        return "it holds half of a surrogate pair, which is no character."
    return None


def dump(value: Json) -> str:
    """JSON text of a parsed document, each number as it was written. Raises ValueError with a reason for people."""
    parts: list[str] = []
    _write(value, parts, 1)
    return "".join(parts)


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    names = [name for name, _ in pairs]
    return Repeated(pairs, next(name for name in names if names.count(name) > 1))


def _no_constant(word: str) -> NoReturn:
    raise Malformed(f"{word} is no JSON; write it as a string.")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=Number, parse_float=Number, parse_constant=_no_constant
)


def _write(value: Json, parts: list[str], depth: int) -> None:
    if depth > MAX_DEPTH and isinstance(value, dict | list):
        raise ValueError(f"it is nested deeper than {MAX_DEPTH} levels.")
    if isinstance(value, Repeated):
        raise ValueError(f"it repeats the name {shown(value.name)}.")
    if isinstance(value, dict):
        _write_object(value, parts, depth)
    elif isinstance(value, list):
        _write_list(value, parts, depth)
    elif isinstance(value, Number):
        parts.append(value)
    else:
        parts.append(_scalar(value))


def _write_object(value: dict[str, Json], parts: list[str], depth: int) -> None:
    separator = "{"
    for name, member in value.items():
        parts.append(f"{separator}{_scalar(name)}:")
        _write(member, parts, depth + 1)
        separator = ","
    parts.append("}" if value else "{}")


def _write_list(value: list[Json], parts: list[str], depth: int) -> None:
    separator = "["
    for member in value:
        parts.append(separator)
        _write(member, parts, depth + 1)
        separator = ","
    parts.append("]" if value else "[]")


def _scalar(value: str | bool | None) -> str:
    if isinstance(value, str) and (fault := fault_in(value)):
        raise ValueError(fault)
    return json.dumps(value, ensure_ascii=False)
