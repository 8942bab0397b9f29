"""The head of a file: what it tells of the encoding, the dialect, the columns' names and first formats."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from services.kinds import Format
from services.records.imports import dialect, headers, infer, limits
from services.records.imports.dialect import Dialect, Row
from services.records.imports.errors import FileEmpty, OptionInvalid, QuoteUnterminated, RowTooLong
from services.records.imports.headers import Header
from services.records.imports.infer import Column
from services.records.imports.options import ColumnOption, Options
from services.records.imports.sources.source import Hint, Source
from services.tenancy import names
from services.tenancy.errors import hint

_ROWS = 5000
"""Rows of the head by which the columns' first formats are told; the others are judged as they pass."""
_VALUES = 500
"""Values of a text column by which the format is told that it would have but for a few."""
_SHOWN = 50


@dataclass(slots=True)
class Head:
    """What is known once the head has been read. The columns go on learning."""

    source: Source
    dialect: Dialect
    has_header: bool
    columns: list[Column]
    nearest: list[Format | None]
    """Per column, the format that most of its values here are in."""
    shown: list[list[str | None]]
    """The first rows' values."""
    body: bytes
    """The text after the header, in UTF-8."""
    line: int
    """The line where the body begins."""


def read(source: Source, options: Options, types: Mapping[str, str]) -> Head:
    """Read the head of a file. `types` are wished for columns of these names.

    Raises what is wrong with the file so far, and OptionInvalid for an option that does not fit it.
    """
    text = _ended(source.head, source.whole)
    announced, start = dialect.announced(text)
    style = source.dialect or dialect.detect(text, options.delimiter or announced)
    start, line, first = _first_row(style, text, start, source.whole)
    told = source.header if options.header is None else options.header
    has_header = headers.is_header(first.cells) if told is None else told
    if has_header:
        line += text.count(b"\n", start, first.end)
        start = first.end
    named = headers.name(first.cells) if has_header else headers.unnamed(len(first.cells))
    columns = _columns(named, options, types, source.hints)
    rows = [_values(row, options) for row in islice(_body_rows(style, text[start:], line, len(columns)), _ROWS)]
    for row in rows:
        for column, value in zip(columns, row, strict=True):
            if value is not None:
                column.see(value)
    return Head(source, style, has_header, columns, _nearest(columns, rows), rows[:_SHOWN], text[start:], line)


def _ended(text: bytes, whole: bool) -> bytes:
    """The text with its last line ended."""
    if not whole or text.endswith((b"\n", b"\r")):
        return text
    return text + (b"\r" if b"\r" in text and b"\n" not in text else b"\n")


def _first_row(style: Dialect, text: bytes, start: int, whole: bool) -> tuple[int, int, Row]:
    """The first row from `start` on that is not blank, with its place and line."""
    start = style.past_empty(text, start)
    line = 1 + text.count(style.newline[-1:].encode(), 0, start)
    if start < len(text) and (row := style.row(text, start, line, limit=limits.COLUMNS)) is not None:
        return start, line, row
    if not text[start:].strip():
        raise FileEmpty
    raise QuoteUnterminated(line) if whole else RowTooLong(line, limits.ROW_BYTES)


def _body_rows(style: Dialect, body: bytes, line: int, width: int) -> Iterator[Row]:
    """The rows that count, all as wide as the header."""
    end = 0
    while True:
        start = end if width == 1 else style.past_empty(body, end)
        line += body.count(b"\n", end, start)
        if start == len(body) or (row := style.row_of(width, body, start, line)) is None:
            return
        yield row
        end = row.end
        line += body.count(b"\n", start, end)


def _values(row: Row, options: Options) -> list[str | None]:
    return [None if cell in options.null_values else cell for cell in row.cells]


def _nearest(columns: list[Column], rows: list[list[str | None]]) -> list[Format | None]:
    samples = ((row[n] for row in rows[:_VALUES]) for n in range(len(columns)))
    return [
        column.format or (None if column.wanted else infer.nearest(filter(None, sample)))
        for column, sample in zip(columns, samples, strict=True)
    ]


def _columns(named: list[Header], options: Options, types: Mapping[str, str], hints: Sequence[Hint]) -> list[Column]:
    wishes = {_position(wish, named): wish for wish in options.columns}
    columns = []
    for position, header in enumerate(named):
        wish = wishes.get(position, ColumnOption(source=header.source))
        hint_ = hints[position] if position < len(hints) else Hint()
        if wish.name is not None:
            header = replace(header, name=names.column(wish.name), label=None, why=None)
        wanted = wish.type or types.get(header.name)
        column = infer.column(header, wanted, hint_, skip=wish.skip, date_order=options.date_order)
        column.on_misfit = wish.on_misfit or options.on_misfit
        column.wanted_kind, column.settings = wish.kind, wish.display
        columns.append(column)
    _check_names([column.header.name for column in columns if not column.skip])
    return columns


def _position(wish: ColumnOption, named: list[Header]) -> int:
    if isinstance(wish.source, int):
        if not 1 <= wish.source <= len(named):
            raise OptionInvalid("columns", f"there is no column {wish.source}; the file has {len(named)}.")
        return wish.source - 1
    for position, header in enumerate(named):
        if wish.source.strip() in (header.source.strip(), header.name):
            return position
    raise OptionInvalid(
        "columns", f"the file has no column '{wish.source}'{hint(wish.source, [h.name for h in named])}"
    )


def _check_names(given: list[str]) -> None:
    if not given:
        raise OptionInvalid("columns", "every column is skipped; nothing is left to import.")
    for name in given:
        if given.count(name) > 1:
            raise OptionInvalid("columns", f"two columns would be named '{name}'.")
