"""The Imports service: a file into a table."""

from collections.abc import AsyncIterator

import orjson
from rowhouse.records.v1 import records_pb2, records_pb2_grpc

from services.kit.errors import AppError
from services.kit.rpc.identity import caller
from services.kit.rpc.typing import Context
from services.records import convert
from services.records.imports.errors import FileIncomplete, StreamInvalid
from services.records.imports.repeats import Repeats
from services.records.imports.run import Importer


class ImportsServicer(records_pb2_grpc.ImportsServicer):
    """Unpacks, asks the domain, packs. What an import refuses is in its reply: gRPC loses a status in the middle of an upload."""

    def __init__(self, importer: Importer, repeats: Repeats) -> None:
        self._importer = importer
        self._repeats = repeats

    async def Import(
        self, request_iterator: AsyncIterator[records_pb2.ImportRequest], context: Context
    ) -> records_pb2.ImportReply:
        try:
            opened = await _opened(request_iterator)
            upload = _Upload(request_iterator)
            report = await self._repeats.run(caller(), convert.asked_from(opened), upload)
        except AppError as error:
            return records_pb2.ImportReply(refusal=_refusal(error))
        return records_pb2.ImportReply(report=records_pb2.Page(body=orjson.dumps(report)))

    async def Preview(self, request: records_pb2.PreviewRequest, context: Context) -> records_pb2.Page:
        found = await self._importer.preview(
            caller(), request.head, request.options, request.content_type, whole=request.whole
        )
        return records_pb2.Page(body=orjson.dumps(found))

    async def GetImport(self, request: records_pb2.ImportRef, context: Context) -> records_pb2.Page:
        return records_pb2.Page(body=orjson.dumps(await self._importer.get(caller(), request.id)))

    async def ListImports(self, request: records_pb2.ListImportsRequest, context: Context) -> records_pb2.Page:
        return records_pb2.Page(body=orjson.dumps(await self._importer.list(caller(), request.limit, request.cursor)))

    async def CancelImport(self, request: records_pb2.ImportRef, context: Context) -> records_pb2.Page:
        return records_pb2.Page(body=orjson.dumps(await self._importer.cancel(caller(), request.id)))

    async def ListRejects(self, request: records_pb2.ListRejectsRequest, context: Context) -> records_pb2.Page:
        found = await self._importer.rejects(caller(), request.id, request.limit, request.cursor)
        return records_pb2.Page(body=orjson.dumps(found))


async def _opened(messages: AsyncIterator[records_pb2.ImportRequest]) -> records_pb2.ImportOpen:
    async for message in messages:
        if message.WhichOneof("message") == "open":
            return message.open
        break
    raise StreamInvalid


class _Upload:
    """The file's bytes. A stream that ends before it says `finish` has been cut off: iterating raises FileIncomplete."""

    def __init__(self, messages: AsyncIterator[records_pb2.ImportRequest]) -> None:
        self._messages = messages
        self.token = ""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        received = 0
        async for message in self._messages:
            match message.WhichOneof("message"):
                case "chunk":
                    received += len(message.chunk)
                    yield message.chunk
                case "finish" if message.finish.bytes == received:
                    self.token = message.finish.token
                    return
                case "finish":
                    raise FileIncomplete(message.finish.bytes, received)
                case _:
                    raise StreamInvalid
        raise FileIncomplete(None, received)


def _refusal(error: AppError) -> records_pb2.Refusal:
    return records_pb2.Refusal(kind=error.kind, reason=error.reason, message=error.message, metadata=error.metadata)
