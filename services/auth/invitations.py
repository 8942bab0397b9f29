"""Invitations: a link for one address, good for seven days and for one use, and never for more than its maker may give."""

from datetime import datetime, timedelta

from services.auth import audit, rights, texts
from services.auth.digests import digest
from services.auth.errors import InvitationNotFound
from services.auth.models import Invitation, Member
from services.auth.store import members as store
from services.auth.store import pages
from services.auth.store import tenants as tenant_store
from services.kit import ids
from services.kit.db.control import Session
from services.kit.rpc.identity import Caller

LIFE = timedelta(days=7)


async def create(session: Session, caller: Caller, email: str, role: str, now: datetime) -> tuple[Invitation, str]:
    """Invite an address, with the link's secret, which nobody can read again. The caller's right to give `role` is checked."""
    secret = ids.new_secret()
    invitation = Invitation(
        id=ids.new_id(),
        tenant_id=caller.tenant,
        email=texts.email(email),
        email_key=texts.email_key(email),
        role=role,
        hash=digest(secret),
        invited_by=rights.user_of(caller),
        created_at=now,
        expires_at=now + LIFE,
    )
    await store.invite(session, invitation)
    await audit.record(session, now, "member.invited", caller, subject=invitation.email, role=role)
    return invitation, secret


async def list_of(session: Session, caller: Caller, now: datetime, limit: int, cursor: str) -> pages.Page[Invitation]:
    """A page of the tenant's open invitations."""
    return await store.invitations(session, rights.tenant_of(caller, "members"), now, limit, cursor)


async def withdraw(session: Session, caller: Caller, invitation_id: str, now: datetime) -> None:
    """Take an invitation back. Fails with INVITATION_NOT_FOUND."""
    tenant_id = rights.tenant_of(caller, "members")
    known = tenant_store.is_id(invitation_id)
    gone = await store.withdraw(session, tenant_id, invitation_id) if known else None
    if gone is None:
        raise InvitationNotFound
    await audit.record(session, now, "invitation.withdrawn", caller, subject=gone.email)


async def find(session: Session, secret: str, now: datetime) -> Invitation:
    """An open invitation by its link's secret. Fails with INVITATION_NOT_FOUND."""
    found = await store.find_invitation(session, digest(secret), now)
    if found is None:
        raise InvitationNotFound
    return found


async def accept(session: Session, secret: str, user_id: str, email_key: str, now: datetime) -> Invitation:
    """Make the owner of the invited address a member, once. Fails with INVITATION_NOT_FOUND, MEMBER_EXISTS."""
    used = await store.use_invitation(session, digest(secret), now)
    if used is None or used.email_key != email_key or not await _still_stands(session, used):
        raise InvitationNotFound
    member = Member(tenant_id=used.tenant_id, user_id=user_id, role=used.role, joined_at=now)
    await store.add(session, member, used.email)
    await audit.record(
        session, now, "invitation.accepted", Caller(user_id), tenant=used.tenant_id, subject=used.email, role=used.role
    )
    return used


async def _still_stands(session: Session, invitation: Invitation) -> bool:
    """Whether the tenant is there and the inviter may still give that role: an invitation goes when its maker goes."""
    found = await tenant_store.find(session, invitation.tenant_id, lock=True)
    if found is None or found[0].deleted_at is not None:
        return False
    inviter = await store.role(session, invitation.tenant_id, invitation.invited_by)
    return inviter is not None and rights.may_give(rights.SCOPES_OF[inviter], invitation.role)
