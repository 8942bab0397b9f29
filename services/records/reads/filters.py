"""Filters as people send them: a JSON tree, read into values within limits. Whether its columns exist is `resolve`'s affair."""

import re
from dataclasses import dataclass

from services.records import documents
from services.records.documents import Json
from services.records.errors import FilterInvalid, shown

MAX_DEPTH = 10
MAX_NODES = 200
MAX_VALUES = 1000

_ZONE = re.compile(r"UTC|Etc/GMT[+-]\d\d?|[A-Z][A-Za-z]+(?:/[A-Z][A-Za-z_-]+){1,2}", re.ASCII)
"""The names of the IANA: Postgres knows them, and would take `Nowhere+3` for a zone of its own."""

_SHAPES = 'a filter is {"column": …, "op": …, "value": …}, {"and": […]}, {"or": […]} or {"not": …}.'  # the words of every refusal


@dataclass(frozen=True, slots=True)
class Test:
    """One column compared with a value, a JSON document of its own; `time_zone` says where its days begin."""

    column: str
    operator: str
    value: Json = None
    time_zone: str = ""


@dataclass(frozen=True, slots=True)
class Every:
    """All members hold."""

    members: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one member holds."""

    members: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The member does not hold: exactly the other rows."""

    member: "Node"


Node = Test | Every | Some | Not


def parse(text: str) -> Node | None:
    """The filter in `text`, None for an empty one. Raises Malformed and FilterInvalid."""
    return _Reader().node(documents.parse(text, "The filter"), 1) if text else None


class _Reader:
    """Counts nodes on the way down."""

    def __init__(self) -> None:
        self._nodes = 0

    def node(self, raw: Json, depth: int) -> Node:
        self._nodes += 1
        if depth > MAX_DEPTH:
            raise FilterInvalid(f"The filter is nested deeper than {MAX_DEPTH} levels.")
        if self._nodes > MAX_NODES:
            raise FilterInvalid(f"The filter has more than {MAX_NODES} conditions.")
        if isinstance(raw, documents.Repeated):
            raise FilterInvalid(f"The filter repeats the name {shown(raw.name)}.")
        if not isinstance(raw, dict):
            raise FilterInvalid(f"{shown(str(raw))} is no filter; {_SHAPES}")
        return self._of(raw, depth)

    def _of(self, raw: dict[str, Json], depth: int) -> Node:
        match raw:
            case {"and": list(members), **rest} if not rest:
                return Every(tuple(self.node(member, depth + 1) for member in members))
            case {"or": list(members), **rest} if not rest:
                return Some(tuple(self.node(member, depth + 1) for member in members))
            case {"not": member, **rest} if not rest:
                return Not(self.node(member, depth + 1))
            case {"column": str(column), "op": str(operator), **rest} if rest.keys() <= {"value", "time_zone"}:
                if documents.fault_in(column):
                    raise FilterInvalid(f"The column's name {shown(column)} cannot be read.")
                return Test(column, operator, _value(rest.get("value"), column), _zone(rest.get("time_zone"), column))
        raise FilterInvalid(
            f"A condition with {', '.join(map(shown, raw)) or 'nothing in it'} cannot be read; {_SHAPES}"
        )


def _value(raw: Json, column: str) -> Json:
    if isinstance(raw, list):
        if len(raw) > MAX_VALUES:
            raise FilterInvalid(f"The list of values for column '{column}' is longer than {MAX_VALUES}.")
        for member in raw:
            _value(member, column)
    if isinstance(raw, str) and (fault := documents.fault_in(raw)):
        raise FilterInvalid(f"The value for column '{column}' cannot be used: {fault}")
    return raw


def _zone(raw: Json, column: str) -> str:
    if raw is None:
        return ""
    if not isinstance(raw, str) or not _ZONE.fullmatch(raw):
        raise FilterInvalid(
            f"{shown(str(raw))} for column '{column}' is no time zone; write a name such as 'Europe/Oslo', or 'UTC'."
        )
    return raw
