"""Background work in every tenant, one after the other, as the service itself rather than as a person."""

from collections.abc import AsyncIterator, Awaitable, Callable

import grpc
import structlog
from rowhouse.auth.v1 import auth_pb2, auth_pb2_grpc

from services.kit.rpc import identity, status
from services.kit.rpc.identity import Caller
from services.kit.rpc.tokens import Verifier
from services.tenancy.errors import AuthUnavailable

_log = structlog.get_logger()


class Rounds:
    """Goes round the tenants that are ready. What goes wrong in one is logged and does not keep the others waiting."""

    def __init__(self, channel: grpc.aio.Channel, service: str, secret: str, verifier: Verifier) -> None:
        self._stub = auth_pb2_grpc.BindingsStub(channel)
        self._service = service
        self._secret = secret
        self._verifier = verifier

    async def each(self, work: Callable[[Caller], Awaitable[None]]) -> None:
        """Do `work` in every tenant, with the service as its caller."""
        async for tenant in self._ready():
            with structlog.contextvars.bound_contextvars(tenant=tenant):
                try:
                    token = await self._token(tenant)
                    with identity.as_caller(self._verifier.verify(token), token):
                        await work(identity.caller())
                except Exception:
                    _log.exception("background work failed in one tenant")

    async def _ready(self) -> AsyncIterator[str]:
        cursor = ""
        while True:
            with identity.identity(await self._token("")):
                try:
                    page = await self._stub.ListReadyTenants(auth_pb2.ListRequest(cursor=cursor))
                except grpc.aio.AioRpcError as error:
                    raise status.error_of(error) or AuthUnavailable() from error
            for tenant in page.tenant_ids:
                yield tenant
            if not (cursor := page.next):
                return

    async def _token(self, tenant: str) -> str:
        request = auth_pb2.IssueServiceTokenRequest(
            service=self._service, service_secret=self._secret, tenant_id=tenant
        )
        try:
            token: str = (await self._stub.IssueServiceToken(request)).token
        except grpc.aio.AioRpcError as error:
            raise status.error_of(error) or AuthUnavailable() from error
        return token
