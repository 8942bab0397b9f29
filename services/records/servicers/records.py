"""The Records service: pages, figures, single records, writes."""

from rowhouse.records.v1 import records_pb2, records_pb2_grpc

from services.kit.rpc.identity import caller
from services.kit.rpc.typing import Context
from services.records import convert
from services.records.reads.reading import Reader
from services.records.writes.writing import Writer


class RecordsServicer(records_pb2_grpc.RecordsServicer):
    """Unpacks, asks the reader or the writer, packs."""

    def __init__(self, reader: Reader, writer: Writer) -> None:
        self._reader = reader
        self._writer = writer

    async def ListRecords(self, request: records_pb2.ListRecordsRequest, context: Context) -> records_pb2.Page:
        return records_pb2.Page(body=await self._reader.page(caller(), convert.page_from(request)))

    async def AggregateRecords(self, request: records_pb2.AggregateRequest, context: Context) -> records_pb2.Page:
        return records_pb2.Page(body=await self._reader.aggregates(caller(), convert.aggregate_from(request)))

    async def GetRecord(self, request: records_pb2.GetRecordRequest, context: Context) -> records_pb2.Record:
        return convert.record_to(await self._reader.record(caller(), convert.get_from(request)))

    async def CreateRecords(self, request: records_pb2.WriteRequest, context: Context) -> records_pb2.Written:
        once = convert.once_from("create", request)
        return convert.written_to(await self._writer.create(caller(), convert.create_from(request), once))

    async def UpdateRecords(self, request: records_pb2.WriteRequest, context: Context) -> records_pb2.Written:
        once = convert.once_from("update", request)
        return convert.written_to(await self._writer.update(caller(), convert.update_from(request), once))

    async def DeleteRecords(self, request: records_pb2.WriteRequest, context: Context) -> records_pb2.Written:
        once = convert.once_from("delete", request)
        return convert.written_to(await self._writer.delete(caller(), convert.delete_from(request), once))

    async def UpdateRecord(self, request: records_pb2.UpdateRecordRequest, context: Context) -> records_pb2.Record:
        once = convert.update_once_from(request)
        return convert.record_to(await self._writer.update(caller(), convert.update_one_from(request), once))

    async def DeleteRecord(self, request: records_pb2.DeleteRecordRequest, context: Context) -> records_pb2.Written:
        once = convert.delete_once_from(request)
        return convert.written_to(await self._writer.delete(caller(), convert.delete_one_from(request), once))
