"""SQL that counts attempts, also of many who try at the same time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, text, update

from services.auth.models import Attempt
from services.kit.db.control import Session


@dataclass(frozen=True, slots=True)
class Bucket:
    """What is counted, and how: `free` turns, then a delay that doubles from `base` to `cap`; forgotten after a while without one."""

    name: str
    free: int
    base: timedelta
    cap: timedelta
    forget: timedelta


_TAKE = text("""
INSERT INTO auth.attempts AS a (bucket, count, last_at, blocked_until) VALUES (:bucket, 1, :now, :now)
ON CONFLICT (bucket) DO UPDATE SET
    count = CASE WHEN a.last_at < :forgotten THEN 1 ELSE a.count + 1 END,
    last_at = :now,
    blocked_until = CASE
        WHEN a.last_at < :forgotten OR a.count < :free THEN :now
        ELSE :now + least(CAST(:cap AS interval), CAST(:base AS interval) * power(2, least(a.count - :free, 20)))
    END
WHERE a.blocked_until <= :now
RETURNING count
""")


async def take(session: Session, bucket: Bucket, now: datetime) -> bool:
    """Count one attempt, unless it comes too soon; whether it may be made. Holds the bucket until the transaction ends."""
    values = {"bucket": bucket.name, "now": now, "forgotten": now - bucket.forget}
    limits = {"free": bucket.free, "base": bucket.base, "cap": bucket.cap}
    return await session.scalar(_TAKE, {**values, **limits}) is not None


async def blocked_until(session: Session, bucket: Bucket) -> datetime | None:
    """When the next attempt may be made."""
    found: datetime | None = await session.scalar(select(Attempt.blocked_until).where(Attempt.bucket == bucket.name))
    return found


async def forget(session: Session, bucket: Bucket) -> None:
    """Begin anew."""
    await session.execute(delete(Attempt).where(Attempt.bucket == bucket.name))


async def give_back(session: Session, bucket: Bucket) -> None:
    """Uncount one attempt; a delay that others have earned stays."""
    which = update(Attempt).where(Attempt.bucket == bucket.name, Attempt.count > 0)
    await session.execute(which.values(count=Attempt.count - 1))


async def sweep(session: Session, before: datetime) -> None:
    """Remove what nobody has tried since then."""
    await session.execute(delete(Attempt).where(Attempt.last_at < before))
