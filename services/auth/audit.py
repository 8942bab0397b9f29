"""The audit: who did what, written in the transaction that did it."""

import ipaddress
from datetime import datetime
from typing import Any

from services.auth.models import AuditEntry
from services.auth.store import audit as store
from services.kit.db.control import Session
from services.kit.rpc.identity import Caller

NOBODY = Caller(subject="", via="")


async def record(
    session: Session,
    now: datetime,
    action: str,
    caller: Caller = NOBODY,
    *,
    tenant: str = "",
    subject: str = "",
    address: str = "",
    **detail: Any,  # noqa: ANN401  whatever tells the story, as JSON
) -> None:
    """Add one entry; `tenant` is the caller's unless another is named."""
    entry = AuditEntry(
        at=now,
        actor=caller.subject,
        via=caller.via,
        action=action,
        tenant_id=tenant or caller.tenant or None,
        subject=subject,
        address=address if _is_address(address) else "",
        detail=detail,
    )
    await store.add(session, entry)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
