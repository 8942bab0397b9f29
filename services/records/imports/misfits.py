"""Values that a type cannot hold unaltered: judged where the caller asked for the type, counted where they made a column text."""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from services import kinds
from services.kinds import Format, types
from services.records.imports.errors import ValueMisfit
from services.records.imports.infer import Column
from services.records.imports.sql import identifier, literal

_EXAMPLES = 3
_UNBOUNDED = {"bit": "bit varying"}
"""Types whose plain name means a length of one."""

_FLOATS = {"real", "double precision"}
_CLOCKS = ("date", "time", "tsrange", "tstzrange", "tsmultirange", "tstzmultirange")
"""Parts of the names of types that also read words such as `today`, and dates whose order only a setting tells."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What stands in the way of a better type: so many of a column's values, such as these."""

    format: Format
    count: int
    total: int
    examples: tuple[str, ...]


def value(column: Column, text: str, type_: str | None = None) -> str:
    """SQL that turns SQL for the file's text into the column's value, of its own type or of `type_`."""
    if column.format is None or _is_number(column.wanted):
        return f"({text})::{type_ or column.type}"
    found = column.format.value.replace("{}", text)
    return f"({found})::{type_ or column.wanted}" if column.wanted else found


@dataclass(frozen=True, slots=True)
class Misfits:
    """Values of a column that its wanted type would alter: SQL for the file's text, and for whether it is one."""

    column: Column
    text: str
    condition: str
    count: int
    total: int

    @property
    def why(self) -> str:
        """For each of them, in a sentence's words."""
        missing = " or missing" if self.column.required else ""
        return f"it cannot be kept unaltered as {self.column.type}{missing}"


async def judge(connection: asyncpg.Connection, table: str, wanted: Sequence[tuple[Column, str]]) -> list[Misfits]:
    """Find the columns whose wanted type would alter a value; with each column comes SQL for the file's text. One scan."""
    if not wanted:
        return []
    altered = [_unfit(column, text) for column, text in wanted]
    counted = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition in altered)
    total, *counts = await connection.fetchrow(f"SELECT count(*), {counted} FROM {table}") or (0,)  # noqa: S608  names are quoted
    return [
        Misfits(column, text, condition, count, total)
        for (column, text), condition, count in zip(wanted, altered, counts, strict=True)
        if count
    ]


async def examples(connection: asyncpg.Connection, table: str, found: Misfits) -> list[str]:
    """A few of the values."""
    query = f"SELECT DISTINCT {found.text} v FROM {table} WHERE {found.condition} ORDER BY v LIMIT {_EXAMPLES}"  # noqa: S608
    return [row[0] or "" for row in await connection.fetch(query)]


async def refuse(connection: asyncpg.Connection, table: str, found: Misfits) -> None:
    """Raise ValueMisfit."""
    shown = await examples(connection, table, found)
    raise ValueMisfit(found.column.header.name, found.column.type, found.count, shown)


async def give_up(connection: asyncpg.Connection, table: str, found: Misfits) -> None:
    """Let the column be text, and say why."""
    shown = ", ".join(f"'{example}'" for example in await examples(connection, table, found))
    found.column.why = f"{found.count:,} of {found.total:,} values cannot be kept as {found.column.type}: {shown}"
    found.column.wanted, found.column.formats = None, ()


async def set_aside(connection: asyncpg.Connection, table: str, found: Misfits, number: str, importing: int) -> None:
    """Keep the values with their rows' numbers, of which `number` is the SQL."""
    rows = f"SELECT {number} n, {found.text} v, {found.condition} misfit FROM {table}"  # noqa: S608
    rejected = "SELECT rowhouse.reject($1::bigint, n, $2::text, v, $3::text)"
    await connection.execute(
        f"SELECT count(*) FROM ({rejected} FROM ({rows}) x WHERE misfit OFFSET 0) y",  # noqa: S608
        *(importing, found.column.header.name, found.why),
    )


async def obstacle(connection: asyncpg.Connection, table: str, column: Column, nearest: Format) -> Obstacle | None:
    """Count the values of a text column that are not in the format of most, or in a wider one; None if those are not few."""
    name = identifier(column.header.name)
    candidates = [nearest, *(wider for wider in kinds.FORMATS if wider.name in nearest.within)]
    first, *others = (f"v !~ {literal(f'^(?:{candidate.pattern})$')}" for candidate in candidates)
    misfits = ["misfit", *(f"misfit AND {other}" for other in others)]
    # OFFSET 0 keeps the one pattern that nearly every value matches from being tried once per candidate.
    judged = f"(SELECT v, {first} AS misfit FROM (SELECT {name} FROM {table}) x(v) OFFSET 0) judged"  # noqa: S608
    counted = ", ".join(f"count(*) FILTER (WHERE {misfit})" for misfit in misfits)
    total, *counts = await connection.fetchrow(f"SELECT count(v), {counted} FROM {judged}") or (0, 0)  # noqa: S608
    least = counts.index(min(counts))
    if counts[least] * 2 > total:
        return None
    examples = f"SELECT DISTINCT v FROM {judged} WHERE {misfits[least]} ORDER BY v LIMIT {_EXAMPLES}"  # noqa: S608
    found = await connection.fetch(examples)
    return Obstacle(candidates[least], counts[least], total, tuple(row[0] for row in found))


def _unfit(column: Column, text: str) -> str:
    missing = column.required and column.on_misfit == "reject"
    return f"({text} IS NULL OR {_altered(column, text)})" if missing else _altered(column, text)


def _altered(column: Column, text: str) -> str:
    """SQL for: the type cannot read the text, or would print another value than it says."""
    wanted = column.type
    readable = "true" if column.format and not _is_number(wanted) else f"pg_input_is_valid({text}, {literal(wanted)})"
    kept = " AND ".join(_kept(column, text)) or "true"
    return f"{text} IS NOT NULL AND NOT (CASE WHEN {readable} THEN {kept} ELSE false END)"


def _kept(column: Column, text: str) -> list[str]:
    """Conditions under which the value, once read, is the one that the text says, and one of its kind."""
    found, base = value(column, text), types.base(column.type)
    conditions = []
    if base in _FLOATS:
        exact = f"({found})::text::numeric = ({text})::numeric"
        conditions.append(f"CASE WHEN pg_input_is_valid({text}, 'numeric') THEN {exact} ELSE false END")
    if column.type != base:
        unbounded = _UNBOUNDED.get(base, base)
        conditions.append(f"({found})::{unbounded} = {value(column, text, unbounded)}")
    if column.format is None and any(word in base for word in _CLOCKS):
        conditions.append(f"({found})::text = {text}")
    if rule := column.rule(f"({found})"):
        conditions.append(f"({rule}) IS NOT FALSE")
    return conditions


def _is_number(type_: str | None) -> bool:
    return type_ is not None and kinds.of_type(types.base(type_)).name == "number"
