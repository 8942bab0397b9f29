"""Rows on their way from the file to COPY: what is spelled as its column's format says passes as it is, at the speed of one regular
expression; every other row is cut cell by cell, judged and written anew.

So each byte that reaches Postgres has matched a pattern that its column's format vouches for.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from services.kinds import Format
from services.records.imports import limits
from services.records.imports.dialect import Dialect, Row
from services.records.imports.errors import QuoteUnterminated, RowTooLong
from services.records.imports.infer import Column


class Rows:
    """Holds what is left of the last piece until the rest of its row comes, and the number of the line where that row begins."""

    def __init__(self, dialect: Dialect, columns: Sequence[Column], nulls: Sequence[str], line: int = 1) -> None:
        self._dialect = dialect
        self._columns = columns
        self._nulls = frozenset(nulls)
        self._line = line
        self._rest = b""
        self._patterns = Patterns(dialect, nulls)
        self._copied = [column.copied for column in columns]
        self._patience = 1
        """Rows that are cut before the expressions are written anew. It doubles, so that no file has them written for each row."""
        self._compile()
        self.blank_lines = 0
        """Empty lines that were passed over."""

    def push(self, data: bytes, *, last: bool = False) -> Iterator[bytes | None]:
        """Take the next bytes of the file (UTF-8, a megabyte at most) and give what COPY is to get.

        None comes before rows that change how a column is loaded. Raises RowRagged, RowTooLong, QuoteMisplaced, QuoteUnterminated.
        """
        buffer = self._patterns.without_nulls(self._ended(self._rest + data, last))
        self._rest = b""
        position = 0
        while position < len(buffer):
            end = self._as_it_is(buffer, position)
            if end > position:
                yield self._slimmed(buffer[position:end])
            elif (end := self._past_empty(buffer, position)) == position:
                row = self._dialect.row_of(len(self._columns), buffer, position, self._line)
                if row is None:
                    self._keep(buffer[position:], last)
                    return
                if row.end - position > limits.ROW_BYTES:
                    raise RowTooLong(self._line, limits.ROW_BYTES)
                yield from self._rewritten(row)
                end = row.end
            self._line += buffer.count(self._newline[-1:], position, end)
            position = end

    @property
    def _newline(self) -> bytes:
        return self._dialect.newline.encode()

    def _ended(self, buffer: bytes, last: bool) -> bytes:
        missing = last and buffer and not buffer.endswith(self._newline[-1:])
        return buffer + self._newline if missing else buffer

    def _as_it_is(self, buffer: bytes, position: int) -> int:
        """Where the rows end that need no look. The first row of a long buffer is cut instead: it may be too long."""
        if position == 0 and len(buffer) > limits.ROW_BYTES:
            return 0
        match = self._fast.match(buffer, position)
        return match.end() if match else position

    def _past_empty(self, buffer: bytes, position: int) -> int:
        """Where the empty lines end, which are no rows but in a file of one column."""
        if len(self._columns) == 1:
            return position
        end = self._dialect.past_empty(buffer, position)
        self.blank_lines += buffer.count(self._newline[-1:], position, end)
        return end

    def _slimmed(self, rows: bytes) -> bytes:
        """The rows without the columns that are skipped."""
        return self._slim.sub(self._slim_template, rows) if self._slim else rows

    def _keep(self, rest: bytes, last: bool) -> None:
        if len(rest) > limits.ROW_BYTES:
            raise RowTooLong(self._line, limits.ROW_BYTES)
        if last:
            raise QuoteUnterminated(self._line)
        self._rest = rest

    def _rewritten(self, row: Row) -> Iterator[bytes | None]:
        values = [None if cell in self._nulls else cell for cell in row.cells]
        if self._learn(row, values):
            yield None
        yield self._written(values)

    def _learn(self, row: Row, values: list[str | None]) -> bool:
        """Let the columns see the row; says whether one of them is loaded as another type from here on."""
        changed = [column.see(value) for column, value in zip(self._columns, values, strict=True) if value is not None]
        for position in row.quoted:
            changed.append(not self._columns[position].quoted)
            self._columns[position].quoted = True
        self._stale |= any(changed)
        self._cut += 1
        if self._stale and self._cut >= self._patience:
            self._patience *= 2
            self._compile()
        if not any(changed):
            return False
        before, self._copied = self._copied, [column.copied for column in self._columns]
        return before != self._copied

    def _written(self, values: list[str | None]) -> bytes:
        kept = [value for value, column in zip(values, self._columns, strict=True) if not column.skip]
        return self._dialect.delimiter.join(map(self._cell, kept)).encode() + self._newline

    def _cell(self, value: str | None) -> str:
        if value is None:
            return ""
        plain = value and value != r"\." and not any(c in value for c in (self._dialect.delimiter, '"', "\r", "\n"))
        return value if plain else f'"{value.replace(chr(34), chr(34) * 2)}"'

    def _compile(self) -> None:
        """Write the expressions anew. Old ones stay right when a column learns: what fits all its old formats fits the fewer new ones."""
        self._fast = self._patterns.rows(self._columns)
        self._slim, self._slim_template = self._patterns.slim(self._columns)
        self._stale, self._cut = False, 0


class Patterns:
    """Writes the regular expressions for whole rows of a dialect."""

    def __init__(self, dialect: Dialect, nulls: Sequence[str]) -> None:
        self._delimiter = re.escape(dialect.delimiter).encode()
        self._newline = dialect.newline.encode()
        self._plain = rb'[^"\r\n' + self._delimiter + rb"]*+"
        self._stop = rb"(?=[\r\n" + self._delimiter + rb"])"
        self._dialect = dialect
        self._guard = b""
        self._null_cell: re.Pattern[bytes] | None = None
        if nulls:
            self._guard, self._null_cell = self._nulls(nulls)

    def rows(self, columns: Sequence[Column]) -> re.Pattern[bytes]:
        """As many rows as there are whose every cell is spelled as its column's formats say."""
        row = self._delimiter.join(self._cell(column, alone=len(columns) == 1) for column in columns)
        return re.compile(b"(?:" + row + self._newline + b")*+")

    def slim(self, columns: Sequence[Column]) -> tuple[re.Pattern[bytes] | None, bytes]:
        """One row that `rows` has matched, with a group for each cell that is kept, and the template of the row without the rest."""
        if not any(column.skip for column in columns):
            return None, b""
        cell = b"(?:" + self._plain + rb'|"(?:[^"]++|"")*+")'
        row = self._delimiter.join(cell if column.skip else b"(" + cell + b")" for column in columns)
        kept = sum(not column.skip for column in columns)
        template = self._dialect.delimiter.encode().join(rb"\g<%d>" % (number + 1) for number in range(kept))
        return re.compile(row + self._newline), template + self._newline

    def without_nulls(self, buffer: bytes) -> bytes:
        """Empty the cells that hold a word for NULL, where no quote makes it uncertain what a cell is; the guards catch the others."""
        return self._null_cell.sub(b"", buffer) if self._null_cell and b'"' not in buffer else buffer

    def _nulls(self, nulls: Sequence[str]) -> tuple[bytes, re.Pattern[bytes]]:
        """What no cell that passes as it is may begin with, and a pattern for cells that hold a word for NULL and no quotes."""
        bare = _any_of(word for word in nulls if self._dialect.delimiter not in word)
        quoted = _any_of(word.replace('"', '""') for word in nulls)
        ends = self._newline[-1:]
        begin = rb"(?:(?<=[" + ends + self._delimiter + rb"])|\A)"
        end = rb"(?=" + self._delimiter + (rb"|\r?\n)" if ends == b"\n" else rb"|\r)")
        return b"(?!" + bare + self._stop + b'|"' + quoted + b'"' + self._stop + b")", re.compile(begin + bare + end)

    def _cell(self, column: Column, *, alone: bool) -> bytes:
        guard = self._guard + (rb"(?!\\\.[\r\n])" if alone else b"")
        if not column.formats:
            quoted = rb'|"(?:[^"]++|"")*+"' if column.quoted else b""
            return guard + b"(?:" + self._plain + quoted + b")"
        if not column.seen:
            return guard
        spelled = _all_of(column.narrowest, self._stop, self._dialect.delimiter)
        quoted = b'|"' + _all_of(column.narrowest, b'(?=")') + b'"' if column.quoted else b""
        return guard + b"(?:" + spelled + quoted + b")?"


def _any_of(words: Iterable[str]) -> bytes:
    """A pattern for one of the words; for nothing at all where there are none."""
    return b"(?:" + (b"|".join(re.escape(word.encode()) for word in words) or b"(?!)") + b")"


def _all_of(formats: Sequence[Format], stop: bytes, delimiter: str | None = None) -> bytes:
    """A pattern for texts that all of the formats accept, up to `stop`; never one that holds the delimiter."""
    if delimiter is not None and any(delimiter in format_.punctuation for format_ in formats):
        return b"(?!)"
    *also, one = [b"(?:" + format_.pattern.encode() + b")" for format_ in formats]
    return b"".join(b"(?=" + pattern + stop + b")" for pattern in also) + one
