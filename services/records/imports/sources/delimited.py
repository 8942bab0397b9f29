"""CSV, TSV and what spreadsheets put on the clipboard: text already, whose bytes need no more than their way to UTF-8."""

from collections.abc import AsyncIterable, AsyncIterator, Sequence
from typing import Any

from services.records.imports import charsets, dialect
from services.records.imports.dialect import Dialect
from services.records.imports.encoding import Decoder
from services.records.imports.options import Options
from services.records.imports.sources.source import Hint

_TSV = "text/tab-separated-values"
"""What it says of itself when it comes from a clipboard; then commas are text."""


class Delimited:
    """A file of delimited text. Raises FileBinary, EncodingInvalid, NulByte."""

    header: bool | None = None
    hints: Sequence[Hint] = ()

    def __init__(
        self, head: bytes, rest: AsyncIterable[bytes], options: Options, content_type: str = "", *, whole: bool
    ) -> None:
        self._decoder = Decoder(head, options.encoding)
        self._rest = rest
        self.head = self._decoder.decode(head, last=whole)
        self.whole = whole
        is_tsv = options.delimiter is None and content_type.lower().startswith(_TSV)
        self.dialect: Dialect | None = dialect.detect(self.head, "\t") if is_tsv else None

    @property
    def told(self) -> dict[str, Any]:
        """The encoding may yet change while the file is ASCII."""
        return {"format": "csv", "encoding": charsets.name(self._decoder.encoding)}

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._rest:
            yield self._decoder.decode(piece)
        yield self._decoder.decode(b"", last=True)
