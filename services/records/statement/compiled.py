"""A statement as text, with the names of its parameters in their places."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from services.records.statement.expressions import DIALECT

Arguments = Mapping[str, Any]
Query = sa.Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL for asyncpg."""

    text: str
    names: tuple[str, ...]
    planned_by_value: bool = False
    """Whether Postgres must plan it for the very values each time: which plan is good depends on how rare they are."""

    def arguments(self, given: Arguments) -> list[Any]:
        """The values in the order of the text's `$1`, `$2` …"""
        return [given[name] for name in self.names]


def compiled(query: Query, prefix: str = "", *, planned_by_value: bool = False) -> Statement:
    """The text of a query. It is the same each time, so that servers and we prepare it once."""
    result = query.compile(dialect=DIALECT)
    return Statement(prefix + str(result), tuple(result.positiontup or ()), planned_by_value)
