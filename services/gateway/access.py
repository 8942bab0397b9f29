"""The doors: what a route asks of its caller before its handler runs. A router takes one, so no route is open by omission."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, cast

from fastapi import Request, Response
from fastapi.routing import APIRoute
from rowhouse.auth.v1 import auth_pb2 as pb

from services.gateway import errors
from services.gateway.bodies import paths
from services.gateway.clients import Services
from services.gateway.identity import Credential, Identities, credential_of
from services.gateway.settings import Settings
from services.kit.rpc.identity import identity

_READY = "ready"
_SUSPENDED = "suspended"
_WHO = "rowhouse.identity"


@dataclass(frozen=True, slots=True)
class Gateway:
    """What handlers use; `app.state.gateway`."""

    settings: Settings
    services: Services
    identities: Identities

    def credential(self, request: Request) -> Credential:
        """The request's credential. Fails with UNAUTHENTICATED, TOKEN_IN_URL."""
        return credential_of(request, self.settings.secure)


def gateway(request: Request) -> Gateway:
    """The gateway that serves `request`."""
    return cast(Gateway, request.app.state.gateway)


def services(request: Request) -> Services:
    """The services behind it."""
    return gateway(request).services


def who(request: Request) -> pb.Identity:
    """The caller of a route that has one."""
    return cast(pb.Identity, request.scope[_WHO])


async def renewed(request: Request) -> str:
    """An internal token for the caller of a route that has one, as it may be now. Fails as coming in does."""
    known = await _identify(request)
    _require_ready(known.tenant.state)
    return known.token


Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class SignedIn(APIRoute):
    """A route for whoever signed in; with `{tenant}` in its path, for that tenant's members, in whatever state the tenant is."""

    def get_route_handler(self) -> Handler:
        """Identify, then do the rest: who may not come in learns nothing about what a route takes."""
        return _identified(super().get_route_handler())


class PassThrough(APIRoute):
    """A route of a tenant's data, whose tenant must be ready.

    Its handler takes the request alone and reads it itself: FastAPI's dependency machinery would cost 150 us per request, three
    times as much as all else here, to parse what the services parse anyway.
    """

    def get_route_handler(self) -> Handler:
        """Identify, see that the tenant is ready, and call the endpoint as it is."""
        endpoint = cast(Callable[[Request], Awaitable[Response]], self.endpoint)

        async def handle(request: Request) -> Response:
            _require_ready(who(request).tenant.state)
            return await endpoint(request)

        return _identified(handle)


def _identified(handle: Handler) -> Handler:
    async def run(request: Request) -> Response:
        known = await _identify(request)
        request.scope[_WHO] = known
        with identity(known.token):
            return await handle(request)

    return run


async def _identify(request: Request) -> pb.Identity:
    doors = gateway(request)
    tenant = request.path_params.get("tenant")
    return await doors.identities.identify(doors.credential(request), paths.decoded(tenant) if tenant else "")


def _require_ready(state: str) -> None:
    if state == _READY:
        return
    raise errors.Suspended if state == _SUSPENDED else errors.NotReady(state)
