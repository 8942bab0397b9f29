"""Serves Identities."""

from rowhouse.auth.v1 import auth_pb2 as pb
from rowhouse.auth.v1 import auth_pb2_grpc as grpc

from services.auth import convert
from services.auth.identities import Identities
from services.kit.rpc.typing import Context


class IdentitiesServicer(grpc.IdentitiesServicer):
    """Who somebody is."""

    def __init__(self, identities: Identities) -> None:
        self._identities = identities

    async def Identify(self, request: pb.IdentifyRequest, context: Context) -> pb.Identity:
        kind, secret = convert.credential_from(request.credential)
        return convert.identity_to(await self._identities.identify(kind, secret, request.tenant))
