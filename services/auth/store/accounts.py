"""SQL for users and their browser sessions."""

from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from services.auth.errors import EmailExists
from services.auth.models import User, UserNetwork, UserSession
from services.kit.db.control import Session, violated


async def add_user(session: Session, user: User) -> None:
    """Keep a new user. Fails with EMAIL_EXISTS."""
    session.add(user)
    try:
        await session.flush()
    except IntegrityError as error:
        if violated(error) == "users_email_key_key":
            raise EmailExists(user.email) from error
        raise


async def user(session: Session, user_id: str, *, lock: bool = False) -> User | None:
    """A user; locked, nobody else can change the password meanwhile."""
    statement = select(User).where(User.id == user_id)
    found: User | None = await session.scalar(statement.with_for_update() if lock else statement)
    return found


async def user_by_email(session: Session, email_key: str) -> User | None:
    """The user of an address, in the form that addresses are compared by."""
    found: User | None = await session.scalar(select(User).where(User.email_key == email_key))
    return found


async def was_here(session: Session, email_key: str, network: str, since: datetime) -> bool:
    """Whether the user of this address has signed in from `network` since then."""
    theirs = select(User.id).where(User.email_key == email_key).scalar_subquery()
    lately = (UserNetwork.user_id == theirs, UserNetwork.network == network, UserNetwork.seen_at > since)
    return bool(await session.scalar(select(exists().where(*lately))))


async def remember_network(session: Session, user_id: str, network: str, now: datetime) -> None:
    """Note that a user has signed in from `network`."""
    seen = insert(UserNetwork).values(user_id=user_id, network=network, seen_at=now)
    await session.execute(seen.on_conflict_do_update(index_elements=["user_id", "network"], set_={"seen_at": now}))


async def forget_networks(session: Session, before: datetime) -> None:
    """Forget networks that nobody has signed in from since then."""
    await session.execute(delete(UserNetwork).where(UserNetwork.seen_at < before))


async def replace_hash(session: Session, user_id: str, before: str, after: str) -> None:
    """Keep a better hash of the same password, unless that has been changed meanwhile."""
    which = update(User).where(User.id == user_id, User.password_hash == before)
    await session.execute(which.values(password_hash=after))


async def add_session(session: Session, opened: UserSession) -> None:
    """Keep a new session."""
    session.add(opened)
    await session.flush()


async def touch_session(session: Session, digest: bytes, now: datetime) -> None:
    """Note that a session is in use."""
    await session.execute(update(UserSession).where(UserSession.hash == digest).values(seen_at=now))


async def end_session(session: Session, digest: bytes, user_id: str) -> bool:
    """End one session of a user; whether there was one."""
    return await _delete(session, UserSession.hash == digest, UserSession.user_id == user_id) > 0


async def end_sessions(session: Session, user_id: str, besides: bytes = b"") -> int:
    """End all sessions of a user but one; how many there were."""
    return await _delete(session, UserSession.user_id == user_id, UserSession.hash != besides)


async def sweep_sessions(session: Session, now: datetime, idle_since: datetime) -> int:
    """Remove sessions that have ended by themselves; how many there were."""
    return await _delete(session, or_(UserSession.expires_at <= now, UserSession.seen_at <= idle_since))


async def _delete(session: Session, *which: ColumnElement[bool]) -> int:
    gone = await session.scalars(delete(UserSession).where(*which).returning(UserSession.hash))
    return len(gone.all())
