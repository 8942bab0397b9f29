"""What hangs on a table or a column: parts that come off and go back on, and readers that stay attached."""

from dataclasses import dataclass
from importlib import resources

import asyncpg

from services.schema.plan import Dependant, Part
from services.tenancy.catalog import Column, Table

_SQL = resources.files(__package__) / "sql"
_PARTS = (_SQL / "dependants.sql").read_text()
_READERS = (_SQL / "readers.sql").read_text()

_OUTCOMES = {
    "view": "goes on reading it",
    "materialized_view": "goes on reading it",
    "function": "goes on reading it",
    "trigger": "goes on watching it",
    "policy": "goes on deciding by it",
}


@dataclass(frozen=True, slots=True)
class Dependants:
    """`parts` in the order in which they are put back; `tables` are those that have one, other ends of foreign keys included."""

    parts: tuple[Part, ...]
    readers: tuple[Dependant, ...]
    tables: tuple[tuple[str, str], ...]

    def named(self) -> tuple[Dependant, ...]:
        """All of them, for people, with what becomes of each."""
        off = (
            Dependant(part.type, f"{part.name} on {part.table}", "is taken off; an undo puts it back")
            for part in self.parts
        )
        return (*off, *self.readers)


async def of(connection: asyncpg.Connection, table: Table, column: Column | None = None) -> Dependants:
    """What hangs on `table`, or on its `column`. The transaction's search_path must be empty: names come out qualified."""
    attnum = column.attnum if column else None
    parts = await connection.fetch(_PARTS, table.oid, attnum)
    readers = await connection.fetch(_READERS, table.oid, attnum)
    return Dependants(
        tuple(
            Part(p["type"], p["name"], p["table"], tuple(p["relations"]), p["drop"], tuple(p["create"])) for p in parts
        ),
        tuple(Dependant(r["type"], r["name"], _OUTCOMES.get(r["type"], "")) for r in readers),
        tuple(sorted({(p["schema_name"], p["table_name"]) for p in parts})),
    )
