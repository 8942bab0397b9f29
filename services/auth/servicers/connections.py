"""Serves Connections."""

from google.protobuf.empty_pb2 import Empty
from rowhouse.auth.v1 import auth_pb2 as pb
from rowhouse.auth.v1 import auth_pb2_grpc as grpc

from services.auth import convert
from services.auth.connections import Connections, Place
from services.kit.rpc.identity import caller
from services.kit.rpc.typing import Context


class ConnectionsServicer(grpc.ConnectionsServicer):
    """SQL logins of a tenant's members."""

    def __init__(self, connections: Connections, place: Place) -> None:
        self._connections = connections
        self._place = place

    async def CreateConnection(self, request: pb.CreateConnectionRequest, context: Context) -> pb.Connection:
        expires_at = convert.time_from(request.expires_at, request.HasField("expires_at"))
        made = await self._connections.create(caller(), request.access, expires_at)
        return convert.connection_to(self._place, *made)

    async def ListConnections(self, request: pb.ListRequest, context: Context) -> pb.ListConnectionsReply:
        page = await self._connections.list_of(caller(), request.limit, request.cursor)
        connections = [convert.connection_to(self._place, *row) for row in page.items]
        return pb.ListConnectionsReply(connections=connections, next=page.next)

    async def DeleteConnection(self, request: pb.IdRequest, context: Context) -> Empty:
        await self._connections.delete(caller(), request.id)
        return Empty()
