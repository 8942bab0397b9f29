"""Accounts: signing up, in and out, joining by an invitation, and one's own name and password."""

from dataclasses import dataclass, field
from datetime import datetime

from services.auth import audit, invitations, limits, rights, sessions, slugs, tenants, texts
from services.auth import passwords as rules
from services.auth.digests import digest
from services.auth.errors import (
    InvitationNotFound,
    InvitationRequired,
    PasswordWrong,
    SessionInvalid,
    SignInFailed,
    SignupClosed,
)
from services.auth.models import User
from services.auth.passwords import Passwords
from services.auth.reconcile import Reconciler
from services.auth.sealing import Seal
from services.auth.store import accounts as store
from services.auth.store import identities
from services.kit import ids
from services.kit.clock import Clock
from services.kit.db.control import Database, Session
from services.kit.rpc.identity import Caller


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that was opened: the cookie's secret, whose it is, and the tenant that came with it."""

    secret: str = field(repr=False)
    user: User
    tenant_id: str = ""


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What somebody signs up with."""

    email: str
    password: str = field(repr=False)
    name: str
    slug: str
    tenant_name: str
    invitation: str = field(repr=False)
    address: str


@dataclass(frozen=True, slots=True)
class Joining:
    """What somebody accepts an invitation with: a session, or a password for a new account."""

    invitation: str = field(repr=False)
    session: str = field(repr=False)
    password: str = field(repr=False)
    name: str
    address: str


class Accounts:
    """Everything about one's own account."""

    def __init__(
        self,
        db: Database,
        passwords: Passwords,
        seal: Seal,
        reconciler: Reconciler,
        clock: Clock,
        signup: str,
        sign_ups_per_hour: int,
    ) -> None:
        self._db = db
        self._passwords = passwords
        self._seal = seal
        self._reconciler = reconciler
        self._clock = clock
        self._signup = signup
        self._sign_ups_per_hour = sign_ups_per_hour

    async def sign_up(self, new: NewAccount) -> SignedIn:
        """Make a user and a tenant of its own, and open a session. See the proto for what is refused."""
        self._admit(new.invitation)
        now, where = self._clock.now(), limits.network(new.address)
        email, slug = texts.email(new.email), slugs.checked(new.slug)
        tenant_name = texts.name("The workspace's name", new.tenant_name or slug)
        user = await self._new_user(email, new.password, new.name, (slug, tenant_name), where)
        async with self._db.begin() as session:
            await store.add_user(session, user)
            if new.invitation:
                await self._join(session, new.invitation, user, now)
            tenant, binding = await tenants.add(session, self._seal, now, user.id, slug, tenant_name)
            secret = await sessions.open_session(session, user.id, where, now)
            await audit.record(
                session, now, "account.created", Caller(user.id), tenant=tenant.id, address=new.address, slug=slug
            )
        await self._reconciler.reconcile(binding.id)
        return SignedIn(secret, user, tenant.id)

    def _admit(self, invitation: str) -> None:
        if self._signup == "closed":
            raise SignupClosed
        if self._signup == "invite" and not invitation:
            raise InvitationRequired

    async def _join(self, session: Session, invitation: str, user: User, now: datetime) -> None:
        try:
            await invitations.accept(session, invitation, user.id, user.email_key, now)
        except InvitationNotFound:
            if self._signup == "invite":
                raise InvitationRequired from None
            raise

    async def _new_user(self, email: str, password: str, name: str, context: tuple[str, ...], where: str) -> User:
        named = texts.name("Your name", name) if name.strip() else email.partition("@")[0]
        rules.check(password, (email, named, *context))
        now = self._clock.now()
        await limits.take(self._db, limits.sign_up(where, self._sign_ups_per_hour), now)
        return User(
            id=ids.new_id(),
            email=email,
            email_key=texts.email_key(email),
            name=named,
            password_hash=await self._passwords.hash(password),
            created_at=now,
        )

    async def sign_in(self, email: str, password: str, address: str) -> SignedIn:
        """Open a session; known and unknown addresses cost the same work. Fails with SIGN_IN_FAILED, TOO_MANY_ATTEMPTS."""
        now, where, key = self._clock.now(), limits.network(address), texts.email_key(email)
        async with self._db.read() as session:
            user = await store.user_by_email(session, key)
            known_there = await store.was_here(session, key, where, now - limits.REMEMBERED)
        turns = limits.sign_in(key, where, known_there=known_there)
        await limits.take(self._db, turns, now)
        right = await self._passwords.verify(user.password_hash if user else None, password)
        if user is None or not right:
            async with self._db.begin() as session:
                await audit.record(session, now, "session.refused", subject=user.id if user else "", address=address)
            raise SignInFailed
        async with self._db.begin() as session:
            await self._still(session, user)
            await limits.succeeded(session, turns)
            secret = await sessions.open_session(session, user.id, where, now)
            await audit.record(session, now, "session.opened", Caller(user.id), address=address)
        await self._renew_hash(user, password)
        return SignedIn(secret, user)

    async def _still(self, session: Session, user: User) -> None:
        """Refuse a sign-in whose password was changed after it was found to be right."""
        now = await store.user(session, user.id, lock=True)
        if now is None or now.password_hash != user.password_hash:
            raise SignInFailed

    async def _renew_hash(self, user: User, password: str) -> None:
        if self._passwords.is_outdated(user.password_hash):
            renewed = await self._passwords.hash(password)
            async with self._db.begin() as session:
                await store.replace_hash(session, user.id, user.password_hash, renewed)

    async def sign_out(self, caller: Caller, secret: str) -> None:
        """End a session of the caller's; one that has ended already is well too."""
        now = self._clock.now()
        async with self._db.begin() as session:
            if await store.end_session(session, digest(secret), rights.user_of(caller)):
                await audit.record(session, now, "session.closed", caller)

    async def user(self, caller: Caller) -> User:
        """The caller's own account. Fails with SESSION_INVALID when it is gone."""
        async with self._db.read() as session:
            return await _present(session, rights.user_of(caller))

    async def update(
        self, caller: Caller, name: str | None, current_password: str, new_password: str, secret: str
    ) -> User:
        """Change one's name or password; a new password ends all other sessions. Fails with PASSWORD_WRONG, PASSWORD_WEAK."""
        user_id = rights.account_of(caller)
        named = None if name is None else texts.name("Your name", name)
        replaced = await self._replaced(user_id, current_password, new_password) if new_password else None
        now = self._clock.now()
        async with self._db.begin() as session:
            user = await _present(session, user_id, lock=True)
            if named is not None:
                user.name = named
                await audit.record(session, now, "account.renamed", caller)
            if replaced is not None:
                before, user.password_hash = user.password_hash, replaced.after
                if before != replaced.before:
                    raise PasswordWrong
                ended = await store.end_sessions(session, user_id, besides=digest(secret))
                await audit.record(session, now, "password.changed", caller, sessions_ended=ended)
        return user

    async def _replaced(self, user_id: str, current: str, new: str) -> "_Replaced":
        turns = limits.password(user_id)
        await limits.take(self._db, turns, self._clock.now())
        async with self._db.read() as session:
            user = await _present(session, user_id)
        if not await self._passwords.verify(user.password_hash, current):
            raise PasswordWrong
        rules.check(new, (user.email, user.name))
        async with self._db.begin() as session:
            await limits.succeeded(session, turns)
        return _Replaced(user.password_hash, await self._passwords.hash(new))

    async def accept(self, joining: Joining) -> SignedIn:
        """Join a tenant: as the signed-in caller, or as a new user of the invited address. Fails with INVITATION_NOT_FOUND."""
        if joining.session:
            return await self._accept_signed_in(joining)
        if self._signup == "closed":
            raise SignupClosed
        now, where = self._clock.now(), limits.network(joining.address)
        async with self._db.read() as session:
            email = (await invitations.find(session, joining.invitation, now)).email
        user = await self._new_user(email, joining.password, joining.name, (), where)
        async with self._db.begin() as session:
            await store.add_user(session, user)
            used = await invitations.accept(session, joining.invitation, user.id, user.email_key, now)
            secret = await sessions.open_session(session, user.id, where, now)
            await audit.record(
                session, now, "account.created", Caller(user.id), tenant=used.tenant_id, address=joining.address
            )
        return SignedIn(secret, user, used.tenant_id)

    async def _accept_signed_in(self, joining: Joining) -> SignedIn:
        now = self._clock.now()
        async with self._db.begin() as session:
            found = await identities.by_session(session, digest(joining.session), "")
            if found is None or not sessions.is_alive(found.session, now):
                raise SessionInvalid
            user = found.user
            used = await invitations.accept(session, joining.invitation, user.id, user.email_key, now)
        return SignedIn(joining.session, user, used.tenant_id)


@dataclass(frozen=True, slots=True)
class _Replaced:
    """The hash that the current password was found right by, and the new one."""

    before: str
    after: str


async def _present(session: Session, user_id: str, *, lock: bool = False) -> User:
    user = await store.user(session, user_id, lock=lock)
    if user is None:
        raise SessionInvalid
    return user
