"""SQL for the audit: adding to it."""

from services.auth.models import AuditEntry
from services.kit.db.control import Session


async def add(session: Session, entry: AuditEntry) -> None:
    """Add an entry."""
    session.add(entry)
    await session.flush()
