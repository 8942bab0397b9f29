"""Who a credential is, and what it may do in a tenant: the call behind every request, so one query and a signature now and then."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.auth import rights, sessions, tenants, tokens
from services.auth.digests import digest
from services.auth.errors import SessionInvalid, TenantNotFound, TokenInvalid
from services.auth.models import User
from services.auth.store import accounts, identities
from services.auth.store import tokens as token_store
from services.kit.clock import Clock
from services.kit.db.control import Database
from services.kit.rpc.identity import Caller
from services.kit.rpc.tokens import Signer

LIFE = 60
REUSED_FOR = timedelta(seconds=30)
_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Identity:
    """A caller, its user and tenant, and the internal token that says so to the services."""

    caller: Caller
    user: User
    tenant: tenants.Described | None
    token: str = field(repr=False)
    expires_in: int


class Minted:
    """Internal tokens: one for the same caller is given again while it has at least half of its life before it."""

    def __init__(self, signer: Signer, clock: Clock) -> None:
        self._signer = signer
        self._clock = clock
        self._tokens: dict[Caller, tuple[datetime, str]] = {}

    def token(self, caller: Caller) -> tuple[str, int]:
        """A token for `caller`, and the seconds that it lives."""
        now = self._clock.now()
        minted, text = self._tokens.get(caller, (now - 2 * REUSED_FOR, ""))
        if now - minted >= REUSED_FOR:
            if len(self._tokens) >= _KEPT:
                self._tokens.clear()
            minted, text = now, self._signer.sign(caller, LIFE)
            self._tokens[caller] = (minted, text)
        return text, LIFE - int((now - minted).total_seconds())


class Identities:
    """Answers who a credential is."""

    def __init__(self, db: Database, minted: Minted, clock: Clock) -> None:
        self._db = db
        self._minted = minted
        self._clock = clock

    async def identify(self, kind: str, secret: str, tenant: str) -> Identity:
        """The identity behind a credential of a kind (`session` or `api_token`), in a tenant where one is named.

        Fails with SESSION_INVALID, TOKEN_INVALID, TENANT_NOT_FOUND.
        """
        return await (self._by_token if kind == "api_token" else self._by_session)(secret, tenant)

    async def _by_session(self, secret: str, tenant: str) -> Identity:
        now, hashed = self._clock.now(), digest(secret)
        async with self._db.read() as session:
            found = await identities.by_session(session, hashed, tenant)
        if found is None or not sessions.is_alive(found.session, now):
            raise SessionInvalid
        if sessions.needs_touch(found.session, now):
            async with self._db.begin() as session:
                await accounts.touch_session(session, hashed, now)
        return self._identity(found, tenant, rights.SCOPES, "session")

    async def _by_token(self, text: str, tenant: str) -> Identity:
        if not tokens.is_well_formed(text):
            raise TokenInvalid
        now = self._clock.now()
        async with self._db.read() as session:
            found = await identities.by_token(session, digest(text), tenant)
        if found is None or now >= found.token.expires_at:
            raise TokenInvalid
        bound = found.token.tenant_id
        if bound is not None and (found.tenant is None or found.tenant.id != bound):
            raise TenantNotFound
        if found.token.used_at is None or now >= found.token.used_at + sessions.TOUCH:
            async with self._db.begin() as session:
                await token_store.touch(session, found.token.id, now)
        return self._identity(found, tenant or bound or "", frozenset(found.token.scopes), "token")

    def _identity(
        self, found: identities.BySession | identities.ByToken, asked: str, scopes: frozenset[str], via: str
    ) -> Identity:
        if asked and (found.tenant is None or found.role is None):
            raise TenantNotFound
        caller = Caller(
            subject=found.user.id,
            name=found.user.name,
            tenant=found.tenant.id if found.tenant else "",
            role=found.role or "",
            scopes=scopes & rights.SCOPES_OF[found.role] if found.role else scopes,
            via=via,
        )
        token, expires_in = self._minted.token(caller)
        described = tenants.describe(found.tenant, found.binding) if found.tenant else None
        return Identity(caller, found.user, described, token, expires_in)
