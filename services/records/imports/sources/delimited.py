"""CSV, TSV and what spreadsheets put on the clipboard: text already, whose bytes need no more than their way to UTF-8."""

from collections.abc import AsyncIterable, AsyncIterator, Sequence
from typing import Any

from services.records.imports import charsets
from services.records.imports.dialect import Dialect
from services.records.imports.encoding import Decoder
from services.records.imports.options import Options
from services.records.imports.sources.source import Hint


class Delimited:
    """A file of delimited text. Raises FileBinary, EncodingInvalid, NulByte."""

    dialect: Dialect | None = None
    header: bool | None = None
    hints: Sequence[Hint] = ()

    def __init__(self, head: bytes, rest: AsyncIterable[bytes], options: Options, *, whole: bool) -> None:
        self._decoder = Decoder(head, options.encoding)
        self._rest = rest
        self.head = self._decoder.decode(head, last=whole)
        self.whole = whole

    @property
    def told(self) -> dict[str, Any]:
        """The encoding may yet change while the file is ASCII."""
        return {"format": "csv", "encoding": charsets.name(self._decoder.encoding)}

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._rest:
            yield self._decoder.decode(piece)
        yield self._decoder.decode(b"", last=True)
