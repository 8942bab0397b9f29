"""How often somebody may try: after some free turns the delay grows. Nobody is locked out for good, and least of all by others."""

import hashlib
import ipaddress
from collections.abc import Sequence
from datetime import datetime, timedelta

from services.auth.errors import TooManyAttempts
from services.auth.store import limits as store
from services.auth.store.limits import Bucket
from services.kit.db.control import Database, Session

_SECOND, _MINUTE, _HOUR, _DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FORGOTTEN_AFTER = _DAY
# A network from which an account has signed in within this time is its owner's.
REMEMBERED = timedelta(days=90)


def network(address: str) -> str:
    """The network of a client, which is what is limited: its IPv4 /24 or IPv6 /64."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    prefix = 24 if parsed.version == 4 else 64
    return str(ipaddress.ip_network((parsed.packed, prefix), strict=False))


def sign_in(email_key: str, where: str, *, known_there: bool) -> list[Bucket]:
    """The turns that a sign-in takes. Where the account has signed in lately, others' guesses from elsewhere do not count."""
    account = _hashed(email_key)
    buckets = [
        Bucket(f"sign-in/{account}/{where}", free=5, base=_SECOND, cap=15 * _MINUTE, forget=_DAY),
        Bucket(f"sign-in/{where}", free=50, base=_SECOND, cap=5 * _MINUTE, forget=_HOUR),
    ]
    if not known_there:
        buckets.append(Bucket(f"sign-in/{account}", free=50, base=_SECOND, cap=_MINUTE, forget=_DAY))
    return buckets


def sign_up(where: str, per_hour: int) -> list[Bucket]:
    """The turn that a sign-up takes."""
    return [Bucket(f"sign-up/{where}", free=per_hour, base=_MINUTE, cap=_HOUR, forget=_HOUR)]


def password(user_id: str) -> list[Bucket]:
    """The turn that naming one's current password takes."""
    return [Bucket(f"password/{user_id}", free=5, base=_SECOND, cap=15 * _MINUTE, forget=_HOUR)]


def lookup(user_id: str) -> list[Bucket]:
    """The turn that asking for another's account takes."""
    return [Bucket(f"lookup/{user_id}", free=100, base=_SECOND, cap=_MINUTE, forget=_HOUR)]


def tenant(user_id: str, per_hour: int) -> list[Bucket]:
    """The turn that making one more tenant takes."""
    return [Bucket(f"tenant/{user_id}", free=per_hour, base=_MINUTE, cap=_HOUR, forget=_HOUR)]


async def take(db: Database, buckets: Sequence[Bucket], now: datetime) -> None:
    """Take a turn in every bucket, before what it is for: so many at once are counted too. Fails with TOO_MANY_ATTEMPTS."""
    async with db.begin() as session:
        # In one order, so that two attempts never wait for each other.
        for bucket in sorted(buckets, key=lambda bucket: bucket.name):
            if not await store.take(session, bucket, now):
                until = await store.blocked_until(session, bucket) or now
                raise TooManyAttempts((until - now).total_seconds())


async def succeeded(session: Session, buckets: Sequence[Bucket]) -> None:
    """Give the turns back: the first bucket, which is the caller's alone, begins anew."""
    mine, *shared = buckets
    await store.forget(session, mine)
    for bucket in sorted(shared, key=lambda bucket: bucket.name):
        await store.give_back(session, bucket)


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
