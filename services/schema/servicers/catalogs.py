"""The Catalogs service: what a tenant's database looks like."""

from rowhouse.schema.v1 import schema_pb2, schema_pb2_grpc

from services.kit.rpc.identity import caller
from services.kit.rpc.typing import Context
from services.schema.listings import Listings


class CatalogsServicer(schema_pb2_grpc.CatalogsServicer):
    """Unpacks, asks the listings, packs."""

    def __init__(self, listings: Listings) -> None:
        self._listings = listings

    async def ListSchemas(self, request: schema_pb2.ListRequest, context: Context) -> schema_pb2.Json:
        return schema_pb2.Json(body=await self._listings.schemas(caller(), request.limit, request.cursor))

    async def ListTables(self, request: schema_pb2.ListRequest, context: Context) -> schema_pb2.Json:
        body = await self._listings.tables(caller(), request.schema, request.limit, request.cursor)
        return schema_pb2.Json(body=body)

    async def GetTable(self, request: schema_pb2.TableRef, context: Context) -> schema_pb2.Json:
        return schema_pb2.Json(body=await self._listings.table(caller(), request.schema, request.table))
