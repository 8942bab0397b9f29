"""API tokens: `rh_<prefix>_<secret><checksum>`. The prefix is for people, the checksum for scanners and typing mistakes."""

import re
import secrets
import string
import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from services.auth import audit, rights, texts
from services.auth.digests import digest
from services.auth.errors import ExpiryInvalid, TenantNotFound, TokenNotFound, TokenTooNarrow
from services.auth.models import ApiToken
from services.auth.store import pages
from services.auth.store import tenants as tenant_store
from services.auth.store import tokens as store
from services.kit import ids
from services.kit.db.control import Session
from services.kit.rpc.identity import Caller

DEFAULT_LIFE = timedelta(days=90)
FORMAT = re.compile(r"rh_[0-9A-Za-z]{8}_[0-9A-Za-z]{49}")
"""For secret scanners: what a token looks like."""
_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_SECRET = 43  # of 62 characters each: 256 bits
_CHECKSUM = 6


def new_text() -> str:
    """A fresh token."""
    body = f"rh_{_random(8)}_{_random(_SECRET)}"
    return body + _checksum(body)


def is_well_formed(text: str) -> bool:
    """Whether a text can be one of our tokens; what cannot is refused without asking the database."""
    return FORMAT.fullmatch(text) is not None and _checksum(text[:-_CHECKSUM]) == text[-_CHECKSUM:]


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _checksum(body: str) -> str:
    number, out = zlib.crc32(body.encode()), ""
    for _ in range(_CHECKSUM):
        number, digit = divmod(number, len(_ALPHABET))
        out = _ALPHABET[digit] + out
    return out


async def create(
    session: Session,
    caller: Caller,
    now: datetime,
    *,
    name: str,
    tenant: str,
    scopes: Sequence[str],
    expires_at: datetime | None,
) -> tuple[ApiToken, str]:
    """Make a token, with its text, which nobody can read again. One made with a token is no wider than that.

    Fails with SCOPE_UNKNOWN, NAME_INVALID, EXPIRY_INVALID, TENANT_NOT_FOUND, TOKEN_TOO_NARROW.
    """
    user = rights.user_of(caller)
    wanted = _scopes(caller, scopes)
    text = new_text()
    token = ApiToken(
        id=ids.new_id(),
        hash=digest(text),
        prefix=text[: len("rh_") + 8],
        name=texts.name("The token's name", name),
        user_id=user,
        tenant_id=await _tenant(session, caller, user, tenant),
        scopes=sorted(wanted),
        created_at=now,
        expires_at=checked_expiry(expires_at, now) or now + DEFAULT_LIFE,
    )
    await store.add(session, token)
    where = {"tenant": token.tenant_id or "", "subject": token.id}
    await audit.record(session, now, "token.created", caller, **where, name=token.name, scopes=token.scopes)
    return token, text


def _scopes(caller: Caller, scopes: Sequence[str]) -> frozenset[str]:
    if caller.via != "token":
        return rights.checked_scopes(scopes) or rights.SCOPES
    caller.require("admin")
    wanted = rights.checked_scopes(scopes) or caller.scopes
    if wanted - caller.scopes:
        raise TokenTooNarrow
    return wanted


async def _tenant(session: Session, caller: Caller, user: str, tenant: str) -> str | None:
    if not tenant:
        if caller.tenant:
            raise TokenTooNarrow
        return None
    found = await tenant_store.find_of_member(session, user, tenant)
    if found is None:
        raise TenantNotFound
    if caller.tenant not in ("", found[0].id):
        raise TokenTooNarrow
    return found[0].id


def checked_expiry(expires_at: datetime | None, now: datetime) -> datetime | None:
    """A time in the future, if one is given. Fails with EXPIRY_INVALID."""
    if expires_at is not None and not now < expires_at < datetime.max.replace(tzinfo=now.tzinfo) - timedelta(days=365):
        raise ExpiryInvalid(now)
    return expires_at


async def list_of(session: Session, caller: Caller, limit: int, cursor: str) -> pages.Page[ApiToken]:
    """A page of the caller's tokens."""
    return await store.of_user(session, rights.account_of(caller), limit, cursor)


async def delete(session: Session, caller: Caller, token_id: str, now: datetime) -> None:
    """Delete a token of the caller's; it stops to work at once. Fails with TOKEN_NOT_FOUND."""
    user = rights.account_of(caller)
    gone = await store.remove(session, user, token_id) if tenant_store.is_id(token_id) else None
    if gone is None:
        raise TokenNotFound
    await audit.record(
        session, now, "token.deleted", caller, tenant=gone.tenant_id or "", subject=token_id, name=gone.name
    )
