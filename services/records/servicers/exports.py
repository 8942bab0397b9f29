"""The Exports service: a table as a file."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from rowhouse.records.v1 import records_pb2, records_pb2_grpc

from services.kit.rpc.identity import caller
from services.kit.rpc.typing import Context
from services.records import convert
from services.records import request as requests
from services.records.exports.request import export
from services.records.exports.stream import Exporter


class ExportsServicer(records_pb2_grpc.ExportsServicer):
    """Unpacks, asks the domain, packs."""

    def __init__(self, exporter: Exporter) -> None:
        self._exporter = exporter

    async def Export(
        self, request: records_pb2.ExportRequest, context: Context
    ) -> AsyncIterator[records_pb2.ExportChunk]:
        selection = requests.selection(
            convert.table_from(request.table),
            fields=request.fields,
            sort=request.sort,
            filter=request.filter,
            search=request.search,
        )
        asked = export(selection, format=request.format, formula_safe=request.formula_safe)
        async with aclosing(self._exporter.run(caller(), asked)) as pieces:
            async for data in pieces:
                yield records_pb2.ExportChunk(data=data)
