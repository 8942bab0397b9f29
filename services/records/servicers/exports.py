"""The Exports service: a table as a file."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from rowhouse.records.v1 import records_pb2, records_pb2_grpc

from services.kit.rpc.identity import caller
from services.kit.rpc.typing import Context
from services.records import request as requests
from services.records.exports.stream import Exporter


class ExportsServicer(records_pb2_grpc.ExportsServicer):
    """Unpacks, asks the domain, packs."""

    def __init__(self, exporter: Exporter) -> None:
        self._exporter = exporter

    async def Export(
        self, request: records_pb2.ExportRequest, context: Context
    ) -> AsyncIterator[records_pb2.ExportChunk]:
        table = requests.TableName(request.table.schema, request.table.table)
        asked = requests.selection(table, fields=request.fields, sort=request.sort, filter=request.filter)
        async with aclosing(self._exporter.run(caller(), asked, request.format)) as pieces:
            async for data in pieces:
                yield records_pb2.ExportChunk(data=data)
