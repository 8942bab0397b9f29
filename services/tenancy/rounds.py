"""Background work in every tenant, one after the other, as the service itself rather than as a person."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import structlog

from services.kit.rpc import identity
from services.kit.rpc.identity import Caller
from services.kit.rpc.tokens import Verifier
from services.tenancy.bindings import Bindings

AsService = Callable[[str], AbstractAsyncContextManager[Caller]]
"""Makes what is inside the service's own work in a tenant."""

_log = structlog.get_logger()


class Rounds:
    """Goes round the tenants that are ready. What goes wrong in one is logged and does not keep the others waiting."""

    def __init__(self, bindings: Bindings, verifier: Verifier) -> None:
        self._bindings = bindings
        self._verifier = verifier

    async def each(self, work: Callable[[Caller], Awaitable[None]]) -> None:
        """Do `work` in every tenant, with the service as its caller."""
        async for tenant in self._ready():
            with structlog.contextvars.bound_contextvars(tenant=tenant):
                try:
                    async with self.within(tenant) as caller:
                        await work(caller)
                except Exception:
                    _log.exception("background work failed in one tenant")

    @asynccontextmanager
    async def within(self, tenant: str) -> AsyncIterator[Caller]:
        """Be the service in one tenant. Raises what auth refuses."""
        token = await self._bindings.service_token(tenant)
        with identity.as_caller(self._verifier.verify(token), token):
            yield identity.caller()

    async def _ready(self) -> AsyncIterator[str]:
        following = ""
        while True:
            with identity.identity(await self._bindings.service_token("")):
                page, following = await self._bindings.ready_tenants(following)
            for tenant in page:
                yield tenant
            if not following:
                return
