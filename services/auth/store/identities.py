"""SQL that answers who a credential is: one statement, with the tenant and the role where a tenant is asked for."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from sqlalchemy import Row, Select, and_, bindparam, false, select

from services.auth.models import ApiToken, Binding, Member, Tenant, User, UserSession
from services.auth.store.tenants import is_id
from services.kit.db.control import Session


@dataclass(frozen=True, slots=True)
class BySession:
    """A session's user, and the tenant if it is there and the user is a member of it."""

    session: UserSession
    user: User
    tenant: Tenant | None
    role: str | None
    binding: Binding | None


@dataclass(frozen=True, slots=True)
class ByToken:
    """The same for an API token; without a tenant asked for, the tenant is the one that the token is bound to."""

    token: ApiToken
    user: User
    tenant: Tenant | None
    role: str | None
    binding: Binding | None


async def by_session(session: Session, digest: bytes, tenant: str) -> BySession | None:
    """What is known of the session with this hash."""
    row = await _find(session, UserSession, digest, tenant, named=_how(tenant, unnamed="nothing"))
    return BySession(*row) if row else None


async def by_token(session: Session, digest: bytes, tenant: str) -> ByToken | None:
    """What is known of the API token with this hash."""
    row = await _find(session, ApiToken, digest, tenant, named=_how(tenant, unnamed="binding"))
    return ByToken(*row) if row else None


_Credential = type[UserSession] | type[ApiToken]
_Named = Literal["id", "slug", "binding", "nothing"]


def _how(tenant: str, *, unnamed: _Named) -> _Named:
    if not tenant:
        return unnamed
    if "\0" in tenant:
        return "nothing"
    return "id" if is_id(tenant) else "slug"


async def _find(
    session: Session, credential: _Credential, digest: bytes, tenant: str, *, named: _Named
) -> Row[*tuple[Any, ...]] | None:
    values = {"digest": digest, "tenant": tenant} if named in ("id", "slug") else {"digest": digest}
    return (await session.execute(_statement(credential, named), values)).one_or_none()


@cache
def _statement(credential: _Credential, named: _Named) -> Select[*tuple[Any, ...]]:
    # Built once: building costs as much as running.
    tenant = {
        "id": Tenant.id == bindparam("tenant", type_=Tenant.id.type),
        "slug": Tenant.slug == bindparam("tenant"),
        "binding": Tenant.id == ApiToken.tenant_id,
        "nothing": false(),
    }[named]
    return (
        select(credential, User, Tenant, Member.role, Binding)
        .join(User, User.id == credential.user_id)
        .outerjoin(Tenant, and_(tenant, Tenant.purged_at.is_(None)))
        .outerjoin(Member, and_(Member.tenant_id == Tenant.id, Member.user_id == User.id))
        .outerjoin(Binding, Binding.tenant_id == Tenant.id)
        .where(credential.hash == bindparam("digest"))
    )
