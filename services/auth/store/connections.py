"""SQL for members' SQL logins."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.sql.dml import ReturningDelete

from services.auth.models import Binding, SqlLogin
from services.auth.store import pages
from services.kit.db.control import Session


async def add(session: Session, login: SqlLogin) -> None:
    """Keep a new login."""
    session.add(login)
    await session.flush()


async def of_tenant(
    session: Session, tenant_id: str, user_id: str | None, limit: int, cursor: str
) -> pages.Page[tuple[SqlLogin, Binding]]:
    """A page of a tenant's logins: those of one member, or all."""
    statement = select(SqlLogin, Binding).join(Binding, Binding.id == SqlLogin.binding_id)
    statement = statement.where(SqlLogin.tenant_id == tenant_id)
    if user_id is not None:
        statement = statement.where(SqlLogin.user_id == user_id)
    return await pages.read(session, statement, SqlLogin.created_at, SqlLogin.id, limit, cursor)


async def remove(session: Session, tenant_id: str, login_id: str, user_id: str | None) -> SqlLogin | None:
    """Delete one login of a tenant, of one member or of anybody; what it was."""
    which = delete(SqlLogin).where(SqlLogin.tenant_id == tenant_id, SqlLogin.id == login_id)
    if user_id is not None:
        which = which.where(SqlLogin.user_id == user_id)
    found: SqlLogin | None = await session.scalar(which.returning(SqlLogin))
    return found


async def remove_beyond(session: Session, tenant_id: str, user_id: str, allowed: Iterable[str]) -> list[str]:
    """Delete a member's logins but those with an allowed access; the ids of their bindings."""
    which = delete(SqlLogin).where(SqlLogin.tenant_id == tenant_id, SqlLogin.user_id == user_id)
    return await _gone(session, which.where(SqlLogin.access.not_in(list(allowed))).returning(SqlLogin.binding_id))


async def remove_of_user(session: Session, user_id: str) -> list[str]:
    """Delete all logins of a user; the ids of their bindings."""
    return await _gone(session, delete(SqlLogin).where(SqlLogin.user_id == user_id).returning(SqlLogin.binding_id))


async def sweep(session: Session, now: datetime) -> list[str]:
    """Delete logins that have expired; the ids of their bindings."""
    return await _gone(session, delete(SqlLogin).where(SqlLogin.expires_at <= now).returning(SqlLogin.binding_id))


async def _gone(session: Session, statement: ReturningDelete[tuple[str]]) -> list[str]:
    return sorted(set(await session.scalars(statement)))
