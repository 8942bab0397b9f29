"""Rows of a load table into a table that is there: SQL for what would become of each, and for doing it in one statement."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.records.imports.sql import identifier
from services.records.imports.targets import Into
from services.tenancy.catalog import Column, Index, Table

ROW = "__rh_row"
"""The column of a load table that numbers its rows: no table of people's has one of that name."""
STATES = ("new", "changed", "unchanged", "conflict")
_SHOWN = 10
_row = identifier(ROW)


@dataclass(frozen=True, slots=True)
class Merge:
    """The load, as SQL, and the columns that it has for the table."""

    target: Into
    load: str
    columns: Sequence[Column]

    @property
    def names(self) -> list[str]:
        """The columns' names."""
        return [column.name for column in self.columns]

    @property
    def table(self) -> str:
        """The table, as SQL."""
        return f"{identifier(self.target.table.schema)}.{identifier(self.target.table.name)}"

    def counted(self) -> str:
        """How many rows of the file are in each state."""
        counts = ", ".join(f"count(*) FILTER (WHERE state = '{state}') AS {state}" for state in STATES)
        return f"SELECT {counts} FROM ({self._judged()}) judged"  # noqa: S608  names are quoted

    def shown(self) -> str:
        """The first $2 rows in state $1: their numbers, and as JSON of texts by the names $3 the record as it is and as it would be."""
        return f"""
            SELECT "row", json_object($3::text[], before)::text AS before, json_object($3::text[], after)::text AS after
            FROM ({self._judged()}) judged WHERE state = $1 ORDER BY "row" LIMIT $2
        """  # noqa: S608  names are quoted

    def conflicts(self) -> str:
        """How many rows an upsert cannot tell the record of, and the numbers of the first few."""
        return f"""
            SELECT count(*), string_agg({_row}::text, ', ' ORDER BY {_row}) FILTER (WHERE n <= {_SHOWN})
            FROM (SELECT {_row}, row_number() OVER (ORDER BY {_row}) n FROM {self._alike()} l WHERE {self._is_lost()}) x
        """  # noqa: S608  names are quoted

    def written(self) -> str:
        """Do it: how many records are new, and how many have changed."""
        names = ", ".join(map(identifier, self.names))
        rows = f"SELECT {names} FROM {self.load} ORDER BY {_row}"  # noqa: S608  names are quoted
        insert = f"INSERT INTO {self.table} AS t ({names}) {rows}"
        if not self.target.key:
            return f"WITH written AS ({insert} RETURNING 1) SELECT count(*) AS new, 0::bigint AS changed FROM written"  # noqa: S608
        # A record that ON CONFLICT updated bears this transaction as its xmax; a new one bears none.
        return f"""
            WITH written AS ({insert} {self._on_conflict()} RETURNING t.xmax = 0 AS new)
            SELECT count(*) FILTER (WHERE new) AS new, count(*) FILTER (WHERE NOT new) AS changed FROM written
        """  # noqa: S608  names are quoted

    def _on_conflict(self) -> str:
        key, set_ = ", ".join(map(identifier, self.target.key)), [identifier(column.name) for column in self._kept()]
        if not set_:
            return f"ON CONFLICT ({key}) DO NOTHING"
        values = ", ".join(f"{name} = excluded.{name}" for name in set_)
        return f"ON CONFLICT ({key}) DO UPDATE SET {values} WHERE {self._differs('excluded')}"

    def _judged(self) -> str:
        """Each row of the file: its state, its number, its values as text and those of the record that it is for."""
        return self._judged_by_key() if self.target.key else self._judged_as_new()

    def _judged_by_key(self) -> str:
        return f"""
            SELECT CASE WHEN {self._is_lost()} THEN 'conflict' WHEN t.ctid IS NULL THEN 'new'
                WHEN {self._differs("l")} THEN 'changed' ELSE 'unchanged' END AS state,
                l.{_row} AS "row", CASE WHEN t.ctid IS NOT NULL THEN {self._texts("t")} END AS before, {self._texts("l")} AS after
            FROM {self._alike()} l LEFT JOIN {self.table} t ON {_same(self.target.key, "t", "l")}
        """  # noqa: S608  names are quoted

    def _judged_as_new(self) -> str:
        keys = unique(self.target.table, self.names)
        seen = "".join(
            f", row_number() OVER (PARTITION BY {', '.join(map(identifier, key))} ORDER BY {_row}) AS __rh_seen_{n}"
            for n, key in enumerate(keys)
        )
        taken = (
            f"EXISTS (SELECT FROM {self.table} t WHERE {_same(key, 't', 'l')}) "
            f"OR __rh_seen_{n} > 1 AND NOT ({_lacks(key, 'l')})"
            for n, key in enumerate(keys)
        )
        return f"""
            SELECT CASE WHEN {" OR ".join(taken) or "false"} THEN 'conflict' ELSE 'new' END AS state,
                l.{_row} AS "row", NULL::text[] AS before, {self._texts("l")} AS after
            FROM (SELECT *{seen} FROM {self.load}) l
        """  # noqa: S608  names are quoted

    def _alike(self) -> str:
        """The load, with the number of rows that have the same key."""
        key = ", ".join(map(identifier, self.target.key))
        return f"(SELECT *, count(*) OVER (PARTITION BY {key}) AS __rh_alike FROM {self.load})"  # noqa: S608  names are quoted

    def _is_lost(self) -> str:
        return f"(l.__rh_alike > 1 OR {_lacks(self.target.key, 'l')})"

    def _differs(self, new: str) -> str:
        """Whether the row says something else than the record. Types without equality are compared by their text."""
        pairs = ((identifier(column.name), "" if column.sortable else "::text") for column in self._kept())
        return " OR ".join(f"t.{name}{as_} IS DISTINCT FROM {new}.{name}{as_}" for name, as_ in pairs) or "false"

    def _kept(self) -> list[Column]:
        return [column for column in self.columns if column.name not in self.target.key]

    def _texts(self, row: str) -> str:
        return f"ARRAY[{', '.join(f'{row}.{identifier(name)}::text' for name in self.names)}]"


def unique(table: Table, given: Sequence[str]) -> list[tuple[str, ...]]:
    """The keys of the table whose every column is given."""
    return [columns for index in table.indexes if (columns := _columns(index)) and set(columns) <= set(given)]


def _columns(index: Index) -> tuple[str, ...]:
    plain = tuple(column for column in index.columns if column is not None)
    return plain if index.unique and index.valid and not index.partial and len(plain) == len(index.columns) else ()


def _same(key: Iterable[str], one: str, other: str) -> str:
    return " AND ".join(f"{one}.{name} = {other}.{name}" for name in map(identifier, key))


def _lacks(key: Iterable[str], row: str) -> str:
    return " OR ".join(f"{row}.{identifier(name)} IS NULL" for name in key)
