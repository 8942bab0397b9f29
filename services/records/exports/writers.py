"""What a format is: a COPY, and what is made of the lines that it gives."""

from collections.abc import Awaitable, Callable, Sequence

from services.records.exports.copying import Dialect
from services.records.plans import Selection
from services.records.statement import Statement
from services.tenancy.catalog import Column

Survey = Callable[[tuple[str, ...], tuple[str, ...]], Awaitable[Sequence[str | None]]]
"""Asks for aggregates over all rows that are exported, as `statement.exports.survey` has them. COPY will see the same rows."""


def columns(found: Selection) -> tuple[Column, ...]:
    """The columns that are exported, as the catalog knows them."""
    by_name = {column.name: column for column in found.table.columns}
    return tuple(by_name[field.name] for field in found.rows.fields)


class Writer:
    """Writes a file of what COPY gives, piece by piece; each piece is whole lines, and what is written is given back at once.

    As it stands it adds nothing. What takes long runs in a thread.
    """

    def __init__(self, copied: Statement, dialect: Dialect, head: bytes = b"") -> None:
        self.copied = copied
        self.dialect = dialect
        self._head = head

    def start(self) -> bytes:
        """What stands before the first line."""
        return self._head

    async def write(self, lines: bytes) -> bytes:
        """The part of the file that these lines make; empty when more are awaited."""
        return lines

    async def finish(self) -> bytes:
        """The rest of the file."""
        return b""

    def close(self) -> None:
        """Let go of a file, also of half a one."""


class Sink:
    """A file that is only written, and keeps no more than what has not been taken yet."""

    closed = False

    def __init__(self) -> None:
        self._held = bytearray()

    def write(self, data: bytes) -> int:
        """Keep `data` until it is taken."""
        self._held += data
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is open."""

    def take(self) -> bytes:
        """What was written since the last time."""
        taken = bytes(self._held)
        self._held.clear()
        return taken
