"""The other services: how they prove themselves, and the internal tokens of their own background work."""

from collections.abc import Mapping

from services.auth.digests import same
from services.auth.errors import ServiceNotAllowed, ServiceSecretInvalid, TenantNotFound
from services.auth.identities import Minted
from services.auth.store import tenants as store
from services.kit.db.control import Session
from services.kit.rpc.identity import Caller

SCOPES_OF = {
    "schema": frozenset({"records:read", "schema:read", "schema:write"}),
    "records": frozenset({"records:read", "records:write", "schema:read", "schema:write"}),
}
"""What a service may do in any tenant, without a person who asks for it."""


class Peers:
    """The services that share a secret with auth."""

    def __init__(self, secrets: Mapping[str, str], minted: Minted) -> None:
        self._secrets = secrets
        self._minted = minted

    def check(self, service: str, secret: str) -> None:
        """Fails with SERVICE_SECRET_INVALID, for a wrong secret as for an unknown service."""
        if not same(self._secrets.get(service, ""), secret) or not secret:
            raise ServiceSecretInvalid

    async def token(self, session: Session, service: str, tenant_id: str) -> tuple[str, int]:
        """An internal token for a service that has proved itself, in one tenant or in none. Fails with TENANT_NOT_FOUND."""
        if tenant_id and (not store.is_id(tenant_id) or await store.find(session, tenant_id) is None):
            raise TenantNotFound
        caller = Caller(
            subject=f"service:{service}",
            name=service,
            tenant=tenant_id,
            scopes=SCOPES_OF.get(service, frozenset()),
            via="service",
        )
        return self._minted.token(caller)

    @staticmethod
    def require(caller: Caller) -> None:
        """Fails with SERVICE_NOT_ALLOWED for everybody who is not a service."""
        if caller.via != "service":
            raise ServiceNotAllowed(caller.name)
