"""Parquet: Arrow reads what COPY writes, a row group at a time, and writes it in columns. Loaded by the first export that needs it."""

import asyncio

import pyarrow as pa
from pyarrow import csv
from pyarrow.parquet import ParquetWriter

from services.records.exports import arrow, writers
from services.records.exports.arrow import Kept
from services.records.exports.copying import Dialect
from services.records.exports.writers import Sink, Survey, Writer
from services.records.plans import Selection
from services.records.statement import exports
from services.tenancy.catalog import Column

_GROUP = 16 << 20
"""Bytes of CSV that make a row group: what is held in memory, some three times over."""

_PARSE = csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False)


async def opened(found: Selection, survey: Survey) -> "Parquet":
    """The writer of a file whose types are known to hold every value."""
    columns = writers.columns(found)
    plans = [arrow.plan(column) for column in columns]
    casts = tuple(plan.cast for plan in plans)
    asked = tuple(plan.fits.replace("{}", f"c{at}") for at, plan in enumerate(plans) if plan.fits)
    facts = iter(await survey(casts, asked) if asked else ())
    answers = (next(facts) if plan.fits else None for plan in plans)
    kept = [arrow.kept(column, answer) for column, answer in zip(columns, answers, strict=True)]
    return Parquet(found, casts, columns, kept)


class Parquet(Writer):
    """The file as it grows, a row group at a time."""

    def __init__(self, found: Selection, casts: tuple[str, ...], columns: tuple[Column, ...], kept: list[Kept]) -> None:
        values = tuple(each.sql.replace("{}", f"c{at}") for at, each in enumerate(kept))
        super().__init__(exports.lines(found.rows, casts, values), Dialect(","))
        self._kept = kept
        self._schema = pa.schema([_field(column, each) for column, each in zip(columns, kept, strict=True)])
        self._convert = csv.ConvertOptions(
            column_types={f"c{at}": each.read for at, each in enumerate(kept)},
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            timestamp_parsers=[csv.ISO8601],
        )
        self._sink = Sink()
        self._file = ParquetWriter(self._sink, self._schema, compression="zstd")
        self._lines = _first_line()

    async def write(self, lines: bytes) -> bytes:
        """A row group, when there are lines enough for one."""
        self._lines += lines
        return await asyncio.to_thread(self._group) if len(self._lines) > _GROUP else b""

    async def finish(self) -> bytes:
        """The last row group, and what the file says of all."""
        return await asyncio.to_thread(self._end)

    def _group(self) -> bytes:
        lines, self._lines = self._lines, _first_line()
        read = csv.ReadOptions(
            use_threads=False,
            block_size=len(lines),
            skip_rows=1,
            column_names=[f"c{at}" for at in range(len(self._kept))],
        )
        found = csv.read_csv(pa.BufferReader(lines), read, _PARSE, self._convert)
        arrays = [
            each.made(column.to_pylist()) if each.made else column
            for each, column in zip(self._kept, found.columns, strict=True)
        ]
        self._file.write_table(pa.table(arrays, self._schema), row_group_size=len(found))
        return self._sink.take()

    def _end(self) -> bytes:
        last = self._group() if len(self._schema) and len(self._lines) > len(_first_line()) else b""
        self._file.close()
        return last + self._sink.take()


def _first_line() -> bytearray:
    # Passed over: Arrow takes a byte order mark at the very start for no part of the first cell.
    return bytearray(b"\n")


def _field(column: Column, kept: Kept) -> pa.Field:
    return pa.field(column.name, kept.type, metadata={"rowhouse.kind": column.kind, "postgres.type": column.type})
