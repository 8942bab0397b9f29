"""How a file's text is cut into rows and cells: the delimiter and the ends of lines."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from services.records.imports import limits
from services.records.imports.errors import QuoteMisplaced, RowRagged, TooManyColumns

_CANDIDATES = (",", ";", "\t", "|")
_LOOKED_AT = 200
"""Rows by which a delimiter is judged."""
_ANNOUNCED = re.compile(rb'"?sep=([,;\t|])"?\r?\n')
_QUOTED = re.compile(rb'"((?:[^"]++|"")*+)"')


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the file. A cell is None where it is empty and not quoted; `quoted` are the positions of quoted cells."""

    cells: tuple[str | None, ...]
    quoted: frozenset[int]
    line: int
    end: int
    """Where the next row begins in the buffer."""

    @property
    def blank(self) -> bool:
        """Whether the line is empty: a row only where the file has one column."""
        return self.cells == (None,)


@dataclass(frozen=True, slots=True)
class Dialect:
    """A delimiter and a newline, and the rules of RFC 4180: a cell that begins with a quote ends with one, doubled quotes within.

    More lenient than it in one point: a quote within a cell that is not quoted is a character like any other (5" pipe).
    """

    delimiter: str
    newline: str
    """The file's usual one. A single "\\r" ends a row only where this says so."""
    _plain: re.Pattern[bytes] = field(init=False, repr=False, compare=False)
    _empty: re.Pattern[bytes] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        stop = "\r" if self.newline == "\r" else "\n"
        object.__setattr__(self, "_empty", re.compile(rb"\r*+" if stop == "\r" else rb"(?:\r?\n)*+"))
        object.__setattr__(self, "_plain", re.compile(f"[^{re.escape(self.delimiter)}{stop}]*+".encode()))

    def past_empty(self, buffer: bytes, start: int) -> int:
        """Where the empty lines end that begin at `start`."""
        match = self._empty.match(buffer, start)
        return match.end() if match else start

    def row(self, buffer: bytes, start: int, line: int, limit: int | None = None) -> Row | None:
        """Cut the row that begins at `start`; None if its end is not in the buffer.

        Raises QuoteMisplaced at `line`, and TooManyColumns beyond `limit` cells.
        """
        cells: list[str | None] = []
        quoted: set[int] = set()
        position, delimiter = start, self.delimiter.encode()
        while True:
            if is_quoted := buffer.startswith(b'"', position):
                quoted.add(len(cells))
            match = (_QUOTED if is_quoted else self._plain).match(buffer, position)
            if match is None or match.end() >= len(buffer):
                return None
            position = match.end()
            cells.append(
                match[1].replace(b'""', b'"').decode() if is_quoted else self._text(match[0], buffer, position)
            )
            if not buffer.startswith(delimiter, position):
                break
            position += 1
            if limit is not None and len(cells) >= limit:
                raise TooManyColumns(len(cells) + 1, limit)
        end = self._next_row(buffer, position, line)
        return Row(tuple(cells), frozenset(quoted), line, end) if end else None

    def row_of(self, width: int, buffer: bytes, start: int, line: int) -> Row | None:
        """Cut the row that begins at `start`, as `row` does. Raises RowRagged if it is not blank and not `width` cells wide."""
        try:
            row = self.row(buffer, start, line, limit=width)
        except TooManyColumns as error:
            raise RowRagged(line, width, width + 1) from error
        if row is not None and len(row.cells) < width and not row.blank:
            raise RowRagged(line, width, len(row.cells))
        return row

    def rows(self, buffer: bytes, line: int = 1, limit: int | None = None) -> Iterator[Row]:
        """Cut all rows whose ends are in the buffer, which begins at `line`."""
        start = 0
        while start < len(buffer) and (row := self.row(buffer, start, line, limit)) is not None:
            yield row
            line += buffer.count(b"\n", start, row.end)
            start = row.end

    def _text(self, raw: bytes, buffer: bytes, end: int) -> str | None:
        if self.newline != "\r" and raw.endswith(b"\r") and buffer.startswith(b"\n", end):
            raw = raw[:-1]
        return raw.decode() or None

    def _next_row(self, buffer: bytes, position: int, line: int) -> int | None:
        """Where the row after the one whose last cell ends here begins; None if that is not in the buffer."""
        if self.newline == "\r":
            ends = buffer.startswith(b"\r", position)
            length = 1
        else:
            length = 2 if buffer.startswith(b"\r", position) else 1
            if position + length > len(buffer):
                return None
            ends = buffer.startswith(b"\n", position + length - 1)
        if not ends:
            raise QuoteMisplaced(line)
        return position + length


def announced(text: bytes) -> tuple[str | None, int]:
    """The delimiter that a first line `sep=;` names, as Excel writes and reads it, and where the rest begins."""
    match = _ANNOUNCED.match(text)
    return (match[1].decode(), match.end()) if match else (None, 0)


def detect(text: bytes, delimiter: str | None = None) -> Dialect:
    """Tell the dialect from the head of a file; `delimiter` is the caller's word."""
    newline = _newline(text)
    candidates = [Dialect(candidate, newline) for candidate in ([delimiter] if delimiter else _CANDIDATES)]
    return max(candidates, key=lambda dialect: _fit(dialect, text))


def _newline(text: bytes) -> str:
    feeds, pairs = text.count(b"\n"), text.count(b"\r\n")
    if not feeds:
        return "\r" if b"\r" in text else "\n"
    return "\r\n" if pairs * 2 > feeds else "\n"


def _fit(dialect: Dialect, text: bytes) -> tuple[bool, float, int]:
    """How well a dialect explains the head: more than one column, rows of equal length, many columns."""
    widths = list(_widths(dialect, text)) or [1]
    return widths[0] > 1, widths.count(widths[0]) / len(widths), widths[0]


def _widths(dialect: Dialect, text: bytes) -> Iterator[int]:
    try:
        for row in islice(dialect.rows(text, limit=limits.COLUMNS), _LOOKED_AT):
            if not row.blank:
                yield len(row.cells)
    except TooManyColumns:
        yield limits.COLUMNS + 1
    except QuoteMisplaced:
        yield 0
