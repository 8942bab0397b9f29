"""Files of every format on their way in. Each leaves here as delimited text in UTF-8, so that one pipeline serves them all."""

import asyncio
import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType

from services.records.imports import limits
from services.records.imports.errors import FileTooLarge, WorkbookNotWhole
from services.records.imports.options import Options
from services.records.imports.pieces import Pieces
from services.records.imports.sources import formats, reading
from services.records.imports.sources.delimited import Delimited
from services.records.imports.sources.formats import Format
from services.records.imports.sources.reading import Reading
from services.records.imports.sources.source import Hint, Source

__all__ = ["Hint", "Source", "opened"]


@asynccontextmanager
async def opened(
    pieces: Pieces,
    options: Options,
    content_type: str = "",
    *,
    whole: bool = True,
    types: Mapping[str, str] = MappingProxyType({}),
) -> AsyncIterator[Source]:
    """Read the beginning of a file, whatever its format: its bytes decide, `content_type` where they leave it open.

    `types` are those that columns of these names are to have, where that is known. `whole` says that the pieces are all of the file;
    a preview has its beginning only. What the source holds (a temporary file, a child process) goes with the context. Raises what is
    wrong with the file so far.
    """
    head, ended = await pieces.head()
    if formats.of_bytes(head) is Format.WORKBOOK:
        if not whole:
            raise WorkbookNotWhole(limits.PREVIEW_BYTES)
        async with _read("workbook", head, pieces, limits.WORKBOOK_BYTES, options, whole=whole, types=types) as source:
            yield source
        return
    text = await asyncio.to_thread(Delimited, head, pieces, options, content_type, whole=ended and whole)
    if formats.of_text(text.head, content_type, options) is Format.DELIMITED:
        yield text
        return
    async with _read("JSON file", text.head, text, limits.DOCUMENT_BYTES, options, whole=whole, types=types) as source:
        source.told["encoding"] = text.told["encoding"]
        yield source


@asynccontextmanager
async def _read(
    what: str,
    head: bytes,
    rest: AsyncIterable[bytes],
    limit: int,
    options: Options,
    *,
    whole: bool,
    types: Mapping[str, str] = MappingProxyType({}),
) -> AsyncIterator[Reading]:
    """The upload, gathered in a file without a name and read from there by a process of its own. Raises FileTooLarge."""
    asked = {
        "format": what,
        "sheet": options.sheet,
        "header": options.header,
        "whole": whole,
        "types": dict(types) | {str(wish.source): wish.type for wish in options.columns if wish.type},
    }
    with tempfile.TemporaryFile() as file:
        size = await asyncio.to_thread(file.write, head)
        async for piece in rest:
            size += await asyncio.to_thread(file.write, piece)
            if size > limit:
                raise FileTooLarge(what, limit)
        file.seek(0)
        async with reading.read(file, asked) as source:
            yield source
