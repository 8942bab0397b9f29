"""Serves Tokens."""

from google.protobuf.empty_pb2 import Empty
from rowhouse.auth.v1 import auth_pb2 as pb
from rowhouse.auth.v1 import auth_pb2_grpc as grpc

from services.auth import convert, tokens
from services.kit.clock import Clock
from services.kit.db.control import Database
from services.kit.rpc.identity import caller
from services.kit.rpc.typing import Context


class TokensServicer(grpc.TokensServicer):
    """API tokens of the caller."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def CreateToken(self, request: pb.CreateTokenRequest, context: Context) -> pb.ApiToken:
        async with self._db.begin() as session:
            token, text = await tokens.create(
                session,
                caller(),
                self._clock.now(),
                name=request.name,
                tenant=request.tenant,
                scopes=request.scopes,
                expires_at=convert.time_from(request.expires_at, request.HasField("expires_at")),
            )
        return convert.api_token_to(token, text)

    async def ListTokens(self, request: pb.ListRequest, context: Context) -> pb.ListTokensReply:
        async with self._db.read() as session:
            page = await tokens.list_of(session, caller(), request.limit, request.cursor)
        return pb.ListTokensReply(tokens=map(convert.api_token_to, page.items), next=page.next)

    async def DeleteToken(self, request: pb.IdRequest, context: Context) -> Empty:
        async with self._db.begin() as session:
            await tokens.delete(session, caller(), request.id, self._clock.now())
        return Empty()
