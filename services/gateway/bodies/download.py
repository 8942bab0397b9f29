"""A file on its way from an Export stream to a client, at the client's pace."""

import re
from collections.abc import AsyncIterator, Mapping
from typing import Protocol
from urllib.parse import quote

from rowhouse.records.v1 import records_pb2 as pb
from starlette.responses import Response
from starlette.types import Receive, Scope, Send


def attachment(filename: str) -> Mapping[str, str]:
    """The header that has a browser save the answer under `filename`, whatever that holds, and others under what is ASCII of it."""
    plain = re.sub(r"[^ !#-$&-.0-\[\]-~]", "_", filename)
    return {"content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"}


class _Call(Protocol):
    """What this module uses of a grpc.aio call that answers a stream."""

    def cancel(self) -> bool: ...
    def __aiter__(self) -> AsyncIterator[pb.ExportChunk]: ...


class Download(Response):
    """Streams what `call` answers; a client that leaves ends the call, and a fault in the middle ends the connection unfinished."""

    @classmethod
    async def of(cls, call: _Call, media_type: str, headers: Mapping[str, str]) -> "Download":
        """Wait for the first chunk, so that a refusal is still an answer of its own."""
        chunks = aiter(call)
        try:
            first = await anext(chunks, pb.ExportChunk())
        except BaseException:
            call.cancel()
            raise
        return cls(call, chunks, first.data, media_type, headers)

    def __init__(
        self,
        call: _Call,
        chunks: AsyncIterator[pb.ExportChunk],
        first: bytes,
        media_type: str,
        headers: Mapping[str, str],
    ) -> None:
        self._call = call
        self._chunks = chunks
        self._first = first
        self.status_code = 200
        self.background = None
        self.init_headers({"content-type": media_type, **headers})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the chunks as they come."""
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            await send({"type": "http.response.body", "body": self._first, "more_body": True})
            async for chunk in self._chunks:
                await send({"type": "http.response.body", "body": chunk.data, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            self._call.cancel()
