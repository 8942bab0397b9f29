"""SQL for members and invitations."""

from datetime import datetime
from typing import cast

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from services.auth.errors import MemberExists
from services.auth.models import Invitation, Member, User
from services.auth.store import pages
from services.kit.db.control import Session, violated


async def add(session: Session, member: Member, email: str) -> None:
    """Keep a new member. Fails with MEMBER_EXISTS."""
    session.add(member)
    try:
        await session.flush()
    except IntegrityError as error:
        if violated(error) == "members_pkey":
            raise MemberExists(email) from error
        raise


async def find(session: Session, tenant_id: str, user_id: str) -> tuple[Member, User] | None:
    """A member with its user."""
    statement = select(Member, User).join(User, User.id == Member.user_id)
    statement = statement.where(Member.tenant_id == tenant_id, Member.user_id == user_id)
    row = (await session.execute(statement)).one_or_none()
    return (row[0], row[1]) if row else None


async def role(session: Session, tenant_id: str, user_id: str) -> str | None:
    """The role of a user in a tenant; None for no member."""
    statement = select(Member.role).where(Member.tenant_id == tenant_id, Member.user_id == user_id)
    return cast(str | None, await session.scalar(statement))


async def owners(session: Session, tenant_id: str) -> int:
    """How many owners a tenant has."""
    statement = select(func.count()).where(Member.tenant_id == tenant_id, Member.role == "owner")
    return int(await session.scalar(statement) or 0)


async def of_tenant(session: Session, tenant_id: str, limit: int, cursor: str) -> pages.Page[tuple[Member, User]]:
    """A page of a tenant's members."""
    statement = select(Member, User).join(User, User.id == Member.user_id).where(Member.tenant_id == tenant_id)
    return await pages.read(session, statement, Member.joined_at, Member.user_id, limit, cursor)


async def remove(session: Session, member: Member) -> None:
    """Remove a member."""
    await session.delete(member)
    await session.flush()


async def remove_all(session: Session, tenant_id: str) -> None:
    """Remove all members and invitations of a tenant."""
    await session.execute(delete(Member).where(Member.tenant_id == tenant_id))
    await session.execute(delete(Invitation).where(Invitation.tenant_id == tenant_id))


async def invite(session: Session, invitation: Invitation) -> None:
    """Keep a new invitation in place of any earlier one for the same address."""
    earlier = (Invitation.tenant_id == invitation.tenant_id, Invitation.email_key == invitation.email_key)
    await session.execute(delete(Invitation).where(*earlier))
    session.add(invitation)
    await session.flush()


async def invitations(
    session: Session, tenant_id: str, now: datetime, limit: int, cursor: str
) -> pages.Page[Invitation]:
    """A page of a tenant's open invitations."""
    statement = select(Invitation).where(Invitation.tenant_id == tenant_id, Invitation.expires_at > now)
    page = await pages.read(session, statement, Invitation.created_at, Invitation.id, limit, cursor)
    return pages.Page([invitation for (invitation,) in page.items], page.next)


async def find_invitation(session: Session, digest: bytes, now: datetime) -> Invitation | None:
    """An open invitation by its secret's hash."""
    statement = select(Invitation).where(Invitation.hash == digest, Invitation.expires_at > now)
    return cast(Invitation | None, await session.scalar(statement))


async def use_invitation(session: Session, digest: bytes, now: datetime) -> Invitation | None:
    """Take an open invitation away, so that nobody uses it again; what it was."""
    which = delete(Invitation).where(Invitation.hash == digest, Invitation.expires_at > now)
    return cast(Invitation | None, await session.scalar(which.returning(Invitation)))


async def withdraw(session: Session, tenant_id: str, invitation_id: str) -> Invitation | None:
    """Delete one invitation of a tenant; what it was."""
    which = delete(Invitation).where(Invitation.id == invitation_id, Invitation.tenant_id == tenant_id)
    return cast(Invitation | None, await session.scalar(which.returning(Invitation)))


async def sweep_invitations(session: Session, now: datetime) -> None:
    """Remove invitations that have expired."""
    await session.execute(delete(Invitation).where(Invitation.expires_at <= now))
