"""Serves Bindings, to the other services only."""

from rowhouse.auth.v1 import auth_pb2 as pb
from rowhouse.auth.v1 import auth_pb2_grpc as grpc

from services.auth import bindings, convert
from services.auth.connections import Place
from services.auth.peers import Peers
from services.auth.sealing import Seal
from services.auth.store import tenants
from services.kit.db.control import Database
from services.kit.rpc.identity import caller
from services.kit.rpc.typing import Context


class BindingsServicer(grpc.BindingsServicer):
    """How to reach a tenant's database."""

    def __init__(self, db: Database, seal: Seal, peers: Peers, place: Place) -> None:
        self._db = db
        self._seal = seal
        self._peers = peers
        self._place = place

    async def GetCredentials(self, request: pb.GetCredentialsRequest, context: Context) -> pb.Credentials:
        self._peers.check(request.service, request.service_secret)
        async with self._db.read() as session:
            found = await bindings.credentials_for(session, self._seal, caller(), request.service, request.login)
        return convert.credentials_to(self._place, found)

    async def IssueServiceToken(self, request: pb.IssueServiceTokenRequest, context: Context) -> pb.ServiceToken:
        self._peers.check(request.service, request.service_secret)
        async with self._db.read() as session:
            token, expires_in = await self._peers.token(session, request.service, request.tenant_id)
        return pb.ServiceToken(token=token, expires_in_seconds=expires_in)

    async def ListReadyTenants(self, request: pb.ListRequest, context: Context) -> pb.ListReadyTenantsReply:
        self._peers.require(caller())
        async with self._db.read() as session:
            page = await tenants.ready(session, request.limit, request.cursor)
        return pb.ListReadyTenantsReply(tenant_ids=page.items, next=page.next)
