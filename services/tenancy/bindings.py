"""The client of auth: which database the caller's tenant has, and the credentials of a login there, remembered for minutes."""

import time
from collections import OrderedDict
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import grpc
from rowhouse.auth.v1 import auth_pb2, auth_pb2_grpc

from services.kit.rpc import identity, status
from services.tenancy.errors import AuthUnavailable

Login = Literal["ro", "rw", "load", "ddl"]

REMEMBERED_SECONDS = 300.0
"""Less than auth waits before it shuts the old slot of a rotated login: by then nobody uses it any more."""

_REMEMBERED = 10_000
_Key = tuple[str, str, frozenset[str], Login]


@dataclass(frozen=True, slots=True)
class Credentials:
    """How to reach one database as one login."""

    binding_id: str
    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)


class Source(Protocol):
    """Where credentials come from: auth, for the caller of the request that is being served."""

    async def credentials(self, tenant: str, login: Login) -> Credentials:
        """The credentials of `login` in the caller's tenant; raises what auth refuses: ROLE_TOO_LOW, SUSPENDED, NOT_READY."""
        ...

    def forget(self, tenant: str, login: Login) -> None:
        """Ask again next time: these credentials have failed."""
        ...


class Bindings:
    """Credentials from auth, remembered per tenant, login and scopes: what auth refuses one caller it does not get from another's."""

    def __init__(self, channel: grpc.aio.Channel, service: str, secret: str) -> None:
        self._stub = auth_pb2_grpc.BindingsStub(channel)
        self._service = service
        self._secret = secret
        self._known: OrderedDict[_Key, tuple[float, Credentials]] = OrderedDict()

    async def credentials(self, tenant: str, login: Login) -> Credentials:
        """The credentials of `login` in the caller's tenant; asked of auth again after `REMEMBERED_SECONDS`."""
        key, now = _key(tenant, login), time.monotonic()
        known = self._known.get(key)
        if known is not None and now - known[0] < REMEMBERED_SECONDS:
            self._known.move_to_end(key)
            return known[1]
        found = await self._ask(login)
        self._known[key] = (now, found)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return found

    def forget(self, tenant: str, login: Login) -> None:
        """Ask auth again next time."""
        self._known.pop(_key(tenant, login), None)

    async def service_token(self, tenant: str) -> str:
        """An internal token for the service's own work in a tenant, or in none ('')."""
        request = auth_pb2.IssueServiceTokenRequest(
            service=self._service, service_secret=self._secret, tenant_id=tenant
        )
        token: str = (await _answer(self._stub.IssueServiceToken(request))).token
        return token

    async def ready_tenants(self, cursor: str) -> tuple[list[str], str]:
        """A page of the tenants that are ready, and the cursor of the next one or ''. The caller must be a service."""
        page = await _answer(self._stub.ListReadyTenants(auth_pb2.ListRequest(cursor=cursor)))
        return list(page.tenant_ids), page.next

    async def _ask(self, login: Login) -> Credentials:
        request = auth_pb2.GetCredentialsRequest(login=login, service=self._service, service_secret=self._secret)
        reply = await _answer(self._stub.GetCredentials(request))
        return Credentials(reply.binding_id, reply.host, reply.port, reply.database, reply.user, reply.password)


async def _answer(call: Awaitable[Any]) -> Any:  # noqa: ANN401  whatever the method replies
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        raise status.error_of(error) or AuthUnavailable() from error


def _key(tenant: str, login: Login) -> _Key:
    caller = identity.caller()
    if caller.tenant != tenant:
        raise RuntimeError("a request reaches for another tenant than its caller's")
    return caller.tenant, caller.via, caller.scopes, login
