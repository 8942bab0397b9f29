"""SQL that answers who a credential is: one statement, with the tenant and the role where a tenant is asked for."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select

from services.auth.models import ApiToken, Binding, Member, Tenant, User, UserSession
from services.auth.store.tenants import named
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
    statement = _joined(select(UserSession, User, Tenant, Member.role, Binding), UserSession, named(tenant))
    row = (await session.execute(statement.where(UserSession.hash == digest))).one_or_none()
    return BySession(*row) if row else None


async def by_token(session: Session, digest: bytes, tenant: str) -> ByToken | None:
    """What is known of the API token with this hash."""
    which = named(tenant) if tenant else Tenant.id == ApiToken.tenant_id
    statement = _joined(select(ApiToken, User, Tenant, Member.role, Binding), ApiToken, which)
    row = (await session.execute(statement.where(ApiToken.hash == digest))).one_or_none()
    return ByToken(*row) if row else None


def _joined(
    statement: Select[*tuple[Any, ...]], credential: type[UserSession] | type[ApiToken], tenant: ColumnElement[bool]
) -> Select[*tuple[Any, ...]]:
    return (
        statement.select_from(credential)
        .join(User, User.id == credential.user_id)
        .outerjoin(Tenant, and_(tenant, Tenant.purged_at.is_(None)))
        .outerjoin(Member, and_(Member.tenant_id == Tenant.id, Member.user_id == User.id))
        .outerjoin(Binding, Binding.tenant_id == Tenant.id)
    )
