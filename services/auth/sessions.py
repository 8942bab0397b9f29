"""Browser sessions: an opaque secret in a cookie, of which we keep the hash. Revoking one takes effect at once."""

from datetime import datetime, timedelta

from services.auth.digests import digest
from services.auth.models import UserSession
from services.auth.store import accounts as store
from services.kit import ids
from services.kit.db.control import Session

IDLE = timedelta(hours=12)
ABSOLUTE = timedelta(days=30)
TOUCH = timedelta(minutes=1)


async def open_session(session: Session, user_id: str, network: str, now: datetime) -> str:
    """Open a session and answer the cookie's secret, which nobody can read again."""
    secret = ids.new_secret()
    opened = UserSession(hash=digest(secret), user_id=user_id, created_at=now, seen_at=now, expires_at=now + ABSOLUTE)
    await store.add_session(session, opened)
    await store.remember_network(session, user_id, network, now)
    return secret


def is_alive(opened: UserSession, now: datetime) -> bool:
    """Whether a session has not ended by itself."""
    return now < opened.expires_at and now < opened.seen_at + IDLE


def needs_touch(opened: UserSession, now: datetime) -> bool:
    """Whether its use has not been noted lately: once a minute will do."""
    return now >= opened.seen_at + TOUCH
