"""JSON and JSON lines: Postgres writes the records, each value as a list of records shows it, but whole."""

from services.records.exports.copying import VERBATIM
from services.records.exports.writers import Writer
from services.records.plans import Selection
from services.records.statement import exports


def lines(found: Selection) -> Writer:
    """One object on each line."""
    return Writer(exports.objects(found.rows), VERBATIM)


class Array(Writer):
    """One array of all objects."""

    def __init__(self, found: Selection) -> None:
        super().__init__(exports.objects(found.rows), VERBATIM, b"[")
        self._separator = b"\n"

    async def write(self, lines: bytes) -> bytes:
        """No object holds a line end, so that each of them ends one."""
        separator, self._separator = self._separator, b",\n"
        return separator + lines[:-1].replace(b"\n", b",\n") if lines else b""

    async def finish(self) -> bytes:
        """The end of the array."""
        return b"\n]\n"
