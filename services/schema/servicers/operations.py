"""The Operations service: plans, changes of shape, the timeline."""

from rowhouse.schema.v1 import schema_pb2, schema_pb2_grpc

from services.kit.rpc.identity import caller
from services.kit.rpc.typing import Context
from services.schema import convert
from services.schema.changes import Changes
from services.schema.listings import Listings
from services.schema.undo import Undo


class OperationsServicer(schema_pb2_grpc.OperationsServicer):
    """Unpacks, asks the domain, packs."""

    def __init__(self, changes: Changes, undo: Undo, listings: Listings) -> None:
        self._changes = changes
        self._undo = undo
        self._listings = listings

    async def Plan(self, request: schema_pb2.PlanRequest, context: Context) -> schema_pb2.Json:
        return schema_pb2.Json(body=await self._changes.plan(caller(), request.operation))

    async def Apply(self, request: schema_pb2.ApplyRequest, context: Context) -> schema_pb2.Applied:
        if request.WhichOneof("what") == "plan":
            return convert.applied_to(await self._changes.apply_plan(caller(), request.plan, request.idempotency_key))
        return convert.applied_to(await self._changes.apply(caller(), request.operation, request.idempotency_key))

    async def ListOperations(self, request: schema_pb2.ListOperationsRequest, context: Context) -> schema_pb2.Json:
        table = convert.table_from(request.table)
        return schema_pb2.Json(body=await self._listings.operations(caller(), table, request.limit, request.cursor))

    async def GetOperation(self, request: schema_pb2.OperationRef, context: Context) -> schema_pb2.Json:
        return schema_pb2.Json(body=await self._listings.operation(caller(), request.id))

    async def Undo(self, request: schema_pb2.OperationRef, context: Context) -> schema_pb2.Applied:
        return convert.applied_to(await self._undo.undo(caller(), request.id))

    async def Redo(self, request: schema_pb2.OperationRef, context: Context) -> schema_pb2.Applied:
        return convert.applied_to(await self._undo.redo(caller(), request.id))
