"""Members and their roles. There is always an owner, and only owners touch owners."""

from services.auth import audit, connections, invitations, limits, rights, texts
from services.auth.errors import LastOwner, MemberNotFound, OwnersOnly, TenantNotFound, UserNotFound
from services.auth.models import Invitation, Member, User
from services.auth.reconcile import Reconciler
from services.auth.store import accounts as account_store
from services.auth.store import members as store
from services.auth.store import pages
from services.auth.store import tenants as tenant_store
from services.kit.clock import Clock
from services.kit.db.control import Database, Session
from services.kit.rpc.identity import Caller


class Members:
    """What admins and owners do with the members of their tenant."""

    def __init__(self, db: Database, reconciler: Reconciler, clock: Clock) -> None:
        self._db = db
        self._reconciler = reconciler
        self._clock = clock

    async def list_of(self, caller: Caller, limit: int, cursor: str) -> pages.Page[tuple[Member, User]]:
        """A page of the tenant's members; every member may see them."""
        tenant_id = rights.tenant_of(caller, "schema:read")
        async with self._db.read() as session:
            return await store.of_tenant(session, tenant_id, limit, cursor)

    async def add(self, caller: Caller, email: str, role: str) -> tuple[Member, User]:
        """Make somebody with an account a member. Fails with USER_NOT_FOUND, MEMBER_EXISTS, ROLE_TOO_LOW, ROLE_UNKNOWN."""
        rights.tenant_of(caller, "members")
        rights.checked_role(role)
        now = self._clock.now()
        await limits.take(self._db, limits.lookup(rights.user_of(caller)), now)
        async with self._db.begin() as session:
            await _entitled(session, caller, role)
            user = await account_store.user_by_email(session, texts.email_key(email))
            if user is None:
                raise UserNotFound(email)
            member = Member(tenant_id=caller.tenant, user_id=user.id, role=role, joined_at=now)
            await store.add(session, member, user.email)
            await audit.record(session, now, "member.added", caller, subject=user.id, role=role)
        return member, user

    async def update(self, caller: Caller, user_id: str, role: str) -> tuple[Member, User]:
        """Give a member another role. Fails with MEMBER_NOT_FOUND, LAST_OWNER, ROLE_TOO_LOW, ROLE_UNKNOWN."""
        rights.tenant_of(caller, "members")
        rights.checked_role(role)
        now = self._clock.now()
        async with self._db.begin() as session:
            await _entitled(session, caller, role)
            member, user = await _member(session, caller.tenant, user_id)
            await _entitled(session, caller, member.role)
            await _keep_an_owner(session, member, role)
            await audit.record(session, now, "member.changed", caller, subject=user_id, role=role, before=member.role)
            member.role = role
            changed = await connections.narrow(session, caller.tenant, user_id, rights.SCOPES_OF[role], now)
        await self._settle(changed)
        return member, user

    async def remove(self, caller: Caller, user_id: str) -> None:
        """Remove a member, or leave. Fails with MEMBER_NOT_FOUND, LAST_OWNER, ROLE_TOO_LOW."""
        leaving = rights.user_of(caller) == user_id
        rights.tenant_of(caller, "schema:read" if leaving and caller.via == "session" else "members")
        now = self._clock.now()
        async with self._db.begin() as session:
            acting = await _acting(session, caller)
            member, _ = await _member(session, caller.tenant, user_id)
            if not leaving:
                _check(acting, caller, member.role)
            await _keep_an_owner(session, member, None)
            await store.remove(session, member)
            changed = await connections.narrow(session, caller.tenant, user_id, frozenset(), now)
            await audit.record(session, now, "member.removed", caller, subject=user_id, before=member.role)
        await self._settle(changed)

    async def invite(self, caller: Caller, email: str, role: str) -> tuple[Invitation, str]:
        """Invite an address, with the link's secret. Fails with ROLE_TOO_LOW, ROLE_UNKNOWN, EMAIL_INVALID."""
        rights.tenant_of(caller, "members")
        rights.checked_role(role)
        async with self._db.begin() as session:
            await _entitled(session, caller, role)
            return await invitations.create(session, caller, email, role, self._clock.now())

    async def _settle(self, binding_ids: list[str]) -> None:
        for binding_id in binding_ids:
            await self._reconciler.must(binding_id)


async def _acting(session: Session, caller: Caller) -> frozenset[str]:
    """The scopes that the caller has at this moment; nobody else changes the tenant's members meanwhile.

    The internal token may be a minute old: the role in it is not proof enough to hand out roles.
    """
    if await tenant_store.find(session, caller.tenant, lock=True) is None:
        raise TenantNotFound
    role = await store.role(session, caller.tenant, rights.user_of(caller))
    if role is None:
        raise TenantNotFound
    return rights.SCOPES_OF[role] & caller.scopes


async def _entitled(session: Session, caller: Caller, role: str) -> None:
    _check(await _acting(session, caller), caller, role)


def _check(acting: frozenset[str], caller: Caller, role: str) -> None:
    if not rights.may_give(acting, role):
        if "members" in acting:
            raise OwnersOnly
        Caller(caller.subject, role=caller.role, scopes=acting).require("members")


async def _member(session: Session, tenant_id: str, user_id: str) -> tuple[Member, User]:
    found = await store.find(session, tenant_id, user_id) if tenant_store.is_id(user_id) else None
    if found is None:
        raise MemberNotFound
    return found


async def _keep_an_owner(session: Session, member: Member, role: str | None) -> None:
    if member.role == "owner" and role != "owner" and await store.owners(session, member.tenant_id) == 1:
        raise LastOwner
