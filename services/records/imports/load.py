"""The table that a file is loaded into: made in schema `rowhouse_load`, filled by COPY, each batch committed, typed when all is in."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from typing import Any

import asyncpg

from services.kinds import Format
from services.records.imports import leftovers, misfits
from services.records.imports.dialect import Dialect
from services.records.imports.infer import TEXT, Column
from services.records.imports.misfits import Misfits
from services.records.imports.sql import LOADS, identifier, load_table

_BATCH = 16 << 20
"""Bytes between two commits."""
_REWRITES = 8
"""How often a table is rewritten because a column turned out wider, before all that is left waits for the end as text."""
_CACHED = 1000
"""Numbers that a sequence hands out at once: COPY into an identity column is 15 % faster."""


class Load:
    """One load table on one connection of login `load`. Only its import knows its name.

    One that is `passing` goes when its rows are in another table, and needs not outlive a crash of the server.
    """

    def __init__(
        self,
        connection: asyncpg.Connection,
        columns: Sequence[Column],
        row_id: str | None,
        *,
        passing: bool = False,
    ) -> None:
        self.connection = connection
        self.name = leftovers.name(connection)
        self.table = load_table(self.name)
        self.columns = [column for column in columns if not column.skip]
        self.row_id = row_id
        """The column that numbers the rows, if the file has no id of its own."""
        self.rows = 0
        self.rejects = 0
        """Cells that were set aside."""
        self.rejected_rows = 0
        """Rows that were left out for them."""
        self._passing = passing
        self._copied: dict[str, Format | None] = {column.header.name: column.copied for column in self.columns}
        self._rewrites = 0
        self._ended = False

    async def create(self) -> None:
        """Make the table, its columns typed as the head of the file suggests."""
        types = {name: format_.type if format_ else TEXT for name, format_ in self._copied.items()}
        await self.connection.execute(definition(self.table, types, self.row_id, unlogged=self._passing))

    async def copy(self, pieces: AsyncIterator[bytes | None], dialect: Dialect) -> None:
        """Load the file's rows; None among them says that the columns have learnt something that changes how they are loaded."""
        while not self._ended:
            async with self.connection.transaction():
                status = await self._unless_lost(
                    self.connection.copy_to_table(
                        self.name,
                        schema_name=LOADS,
                        columns=list(self._copied),
                        source=self._batch(pieces),
                        format="csv",
                        delimiter=dialect.delimiter,
                        null="",
                        encoding="utf8",
                    )
                )
            self.rows += int(status.split()[-1])
            await self._widen()

    async def finish(self, importing: int, *, rejects_rows: bool = False) -> None:
        """Give every column its own type. What does not fit is rejected under the import's id where the caller allows it: the cell,
        which becomes NULL, or with `rejects_rows`, and where a column must have a value, the row. Raises ValueMisfit.
        """
        await self._hear_words()
        wanted = [(column, self._text(column)) for column in self.columns if column.wanted and self._is_judged(column)]
        rejected = await self._reject(await misfits.judge(self.connection, self.table, wanted), importing)
        changes = []
        for column in self.columns:
            name, value = identifier(column.header.name), misfits.value(column, self._text(column))
            if self._type(column) != column.type or name in rejected:
                if name in rejected:
                    value = f"CASE WHEN {rejected[name]} THEN NULL ELSE {value} END"
                changes.append(f"{name} TYPE {column.type} USING {value}")
        await self._alter(changes)
        whole = [c.header.name for c in self.columns if c.on_misfit == "reject" and (rejects_rows or c.required)]
        if self.rejects and whole:
            await self._drop_rows(importing, whole)

    async def _reject(self, found: Sequence[Misfits], importing: int) -> dict[str, str]:
        """Do with misfits what the caller wishes; give, by quoted column, the SQL that knows those that were set aside."""
        number = identifier(self.row_id) if self.row_id else "row_number() OVER (ORDER BY ctid)"
        rejected = {}
        for misfit in found:
            match misfit.column.on_misfit:
                case "reject":
                    await misfits.set_aside(self.connection, self.table, misfit, number, importing)
                    rejected[identifier(misfit.column.header.name)] = misfit.condition
                    self.rejects += misfit.count
                case "text":
                    await misfits.give_up(self.connection, self.table, misfit)
                case _:
                    await misfits.refuse(self.connection, self.table, misfit)
        return rejected

    async def _drop_rows(self, importing: int, columns: Sequence[str]) -> None:
        query = f"""
            DELETE FROM {self.table} WHERE {identifier(self.row_id or "")} IN
                (SELECT r."row" FROM rowhouse.import_reject r WHERE r.import = $1 AND r."column" = ANY ($2::text[]))
        """  # noqa: S608  names are quoted
        status = await self.connection.execute(query, importing, list(columns))
        self.rejected_rows = int(status.split()[-1])

    def _is_judged(self, column: Column) -> bool:
        """Whether the wanted type may be none for values that COPY has taken, or its kind or table asks more of them."""
        missing = column.required and column.on_misfit == "reject"
        return self._type(column) != column.type or column.wanted_kind is not None or missing

    def _type(self, column: Column) -> str:
        format_ = self._copied[column.header.name]
        return format_.type if format_ else TEXT

    def _text(self, column: Column) -> str:
        """SQL for the text that the file has in this column."""
        format_ = self._copied[column.header.name]
        name = identifier(column.header.name)
        return format_.written.replace("{}", name) if format_ and format_.written else name

    async def _unless_lost(self, copy: Coroutine[Any, Any, str]) -> str:
        """Run COPY. asyncpg would wait forever for a connection that is lost in the middle of one."""
        task = asyncio.create_task(copy)

        def end(_: object) -> None:
            task.cancel()

        self.connection.add_termination_listener(end)
        try:
            return await task
        except asyncio.CancelledError as error:
            if self.connection.is_closed():
                raise asyncpg.ConnectionDoesNotExistError("the connection was lost in the middle of COPY") from error
            raise
        finally:
            self.connection.remove_termination_listener(end)

    async def _batch(self, pieces: AsyncIterator[bytes | None]) -> AsyncIterator[bytes]:
        """What one COPY gets: up to a batch, or up to a row that does not fit the table as it stands."""
        size = 0
        async for piece in pieces:
            if piece is None:
                if self._narrow():
                    return
                continue
            yield piece
            size += len(piece)
            if size >= _BATCH:
                return
        self._ended = True

    def _narrow(self) -> list[Column]:
        """The columns whose type in the table does not hold what is to come. One that is text holds all."""
        return [column for column in self.columns if self._copied[column.header.name] not in (None, column.copied)]

    async def _widen(self) -> None:
        narrow = self._narrow()
        if not narrow:
            return
        self._rewrites += 1
        if self._rewrites > _REWRITES:
            narrow = [column for column in self.columns if self._copied[column.header.name] is not None]
        changes = []
        for column in narrow:
            text, wider = self._text(column), column.copied if self._rewrites <= _REWRITES else None
            using = wider.value.replace("{}", text) if wider else text
            changes.append(f"{identifier(column.header.name)} TYPE {wider.type if wider else TEXT} USING {using}")
            self._copied[column.header.name] = wider
        await self._alter(changes)

    async def _hear_words(self) -> None:
        """Find out which words of a pair such as yes and no there are, where the head had but one of them."""
        for column in self.columns:
            if column.formats and column.formats[0].words and column.format is None:
                query = f"SELECT DISTINCT {identifier(column.header.name)} FROM {self.table}"  # noqa: S608  quoted
                column.words.update(row[0] for row in await self.connection.fetch(query))

    async def _alter(self, changes: list[str]) -> None:
        if changes:
            await self.connection.execute(
                f"ALTER TABLE {self.table} {', '.join(f'ALTER COLUMN {change}' for change in changes)}"
            )


def definition(table: str, types: dict[str, str], row_id: str | None, *, unlogged: bool = False) -> str:
    """CREATE TABLE with these columns, the one that numbers the rows, and is their key, before them.

    Its index grows with the rows: made at the end it would cost as much, and space for a sort besides.
    """
    columns = [f"{identifier(name)} {type_}" for name, type_ in types.items()]
    if row_id is not None:
        columns.insert(0, f"{identifier(row_id)} bigint GENERATED BY DEFAULT AS IDENTITY (CACHE {_CACHED}) PRIMARY KEY")
    return f"CREATE {'UNLOGGED ' if unlogged else ''}TABLE {table} ({', '.join(columns)})"
