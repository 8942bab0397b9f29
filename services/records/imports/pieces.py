"""The file's bytes as they arrive: counted, and gathered into pieces of a size that suits what follows."""

from collections.abc import AsyncIterable, AsyncIterator
from typing import Protocol

from services.records.imports import limits
from services.records.imports.errors import FileEmpty

_PIECE = 256 << 10
"""Bytes that are cut into rows at once: about 2 ms of the loop's time."""


class Upload(Protocol):
    """A file on its way. Iterating raises if it does not arrive whole."""

    @property
    def token(self) -> str:
        """An internal token of the caller's; empty until the bytes are through, and where there is none."""
        ...

    def __aiter__(self) -> AsyncIterator[bytes]: ...


class Given:
    """A file that is here already, or its beginning."""

    token = ""

    def __init__(self, data: bytes) -> None:
        self._data = data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._data


class Pieces:
    """An upload in pieces. The head is taken first, then the rest is iterated."""

    def __init__(self, upload: Upload) -> None:
        self.size = 0
        """Bytes so far."""
        self._pieces = self._gathered(upload)

    async def head(self) -> tuple[bytes, bool]:
        """The beginning of the file, and whether that is all of it. Raises FileEmpty."""
        held = bytearray()
        async for piece in self._pieces:
            held += piece
            if len(held) >= limits.HEAD_BYTES:
                return bytes(held), False
        if not held:
            raise FileEmpty
        return bytes(held), True

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._pieces

    async def _gathered(self, chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        held = bytearray()
        async for chunk in chunks:
            self.size += len(chunk)
            held += chunk
            while len(held) >= _PIECE:
                yield bytes(held[:_PIECE])
                del held[:_PIECE]
        if held:
            yield bytes(held)
