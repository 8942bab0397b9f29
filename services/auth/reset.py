"""`rowhouse reset-password`: what the operator of an installation does for somebody who has lost a password, or control of an account."""

import secrets

from services.auth import audit, connections, texts
from services.auth.errors import UserNotFound
from services.auth.passwords import Passwords
from services.auth.settings import Settings
from services.auth.store import accounts, tokens
from services.kit.clock import SystemClock
from services.kit.db.control import Database


async def reset_password(settings: Settings, email: str) -> str:
    """Give an account a new random password, and end its sessions, API tokens and SQL logins. Fails with USER_NOT_FOUND.

    Sessions and tokens end at once; SQL logins as soon as the running service looks, within seconds.
    """
    password, now = secrets.token_urlsafe(15), SystemClock().now()
    passwords = Passwords()
    try:
        hashed = await passwords.hash(password)
    finally:
        passwords.close()
    async with Database(settings.control_dsn, size=1) as db, db.begin() as session:
        found = await accounts.user_by_email(session, texts.email_key(email))
        user = await accounts.user(session, found.id, lock=True) if found else None
        if user is None:
            raise UserNotFound(email)
        user.password_hash = hashed
        ended = await accounts.end_sessions(session, user.id)
        deleted = await tokens.remove_of_user(session, user.id)
        await connections.end_all(session, user.id, now)
        await audit.record(
            session, now, "password.reset", subject=user.id, sessions_ended=ended, tokens_deleted=deleted
        )
    return password
