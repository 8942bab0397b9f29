"""SQL for API tokens."""

from datetime import datetime
from typing import cast

from sqlalchemy import delete, select, update

from services.auth.models import ApiToken
from services.auth.store import pages
from services.kit.db.control import Session


async def add(session: Session, token: ApiToken) -> None:
    """Keep a new token."""
    session.add(token)
    await session.flush()


async def of_user(session: Session, user_id: str, limit: int, cursor: str) -> pages.Page[ApiToken]:
    """A page of a user's tokens."""
    statement = select(ApiToken).where(ApiToken.user_id == user_id)
    page = await pages.read(session, statement, ApiToken.created_at, ApiToken.id, limit, cursor)
    return pages.Page([token for (token,) in page.items], page.next)


async def touch(session: Session, token_id: str, now: datetime) -> None:
    """Note that a token is in use."""
    await session.execute(update(ApiToken).where(ApiToken.id == token_id).values(used_at=now))


async def remove(session: Session, user_id: str, token_id: str) -> ApiToken | None:
    """Delete one token of a user; what it was."""
    which = delete(ApiToken).where(ApiToken.id == token_id, ApiToken.user_id == user_id)
    return cast(ApiToken | None, await session.scalar(which.returning(ApiToken)))


async def remove_of_user(session: Session, user_id: str) -> int:
    """Delete all tokens of a user; how many there were."""
    return len(
        (await session.scalars(delete(ApiToken).where(ApiToken.user_id == user_id).returning(ApiToken.id))).all()
    )


async def remove_of_tenant(session: Session, tenant_id: str) -> None:
    """Delete all tokens that are bound to a tenant."""
    await session.execute(delete(ApiToken).where(ApiToken.tenant_id == tenant_id))


async def sweep(session: Session, expired_before: datetime) -> None:
    """Remove tokens that expired before then."""
    await session.execute(delete(ApiToken).where(ApiToken.expires_at < expired_before))
