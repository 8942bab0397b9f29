"""Files of every format on their way in. Each leaves here as delimited text in UTF-8, so that one pipeline serves them all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.records.imports.options import Options
from services.records.imports.pieces import Pieces
from services.records.imports.sources.delimited import Delimited
from services.records.imports.sources.source import Hint, Source

__all__ = ["Hint", "Source", "opened"]


@asynccontextmanager
async def opened(
    pieces: Pieces, options: Options, content_type: str = "", *, whole: bool = True
) -> AsyncIterator[Source]:
    """Read the beginning of a file, whatever its format: its bytes decide, `content_type` where they leave it open.

    `whole` says that the pieces are all of the file; a preview has its beginning only. What the source holds (a temporary file, a
    child process) goes with the context. Raises what is wrong with the file so far.
    """
    head, ended = await pieces.head()
    yield await asyncio.to_thread(Delimited, head, pieces, options, whole=ended and whole)
