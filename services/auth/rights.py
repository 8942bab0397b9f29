"""Roles and scopes: what each role may do, and who a caller is to us."""

from collections.abc import Iterable

from services.auth.errors import RoleUnknown, ScopeUnknown, ServiceNotAllowed, TenantNotFound, TokenTooNarrow
from services.kit.rpc.identity import Caller

_VIEWER = frozenset({"records:read", "schema:read"})
_EDITOR = _VIEWER | {"records:write"}
_ADMIN = _EDITOR | {"schema:write", "members"}
_OWNER = _ADMIN | {"admin"}

SCOPES_OF: dict[str, frozenset[str]] = {"viewer": _VIEWER, "editor": _EDITOR, "admin": _ADMIN, "owner": _OWNER}
ROLES = tuple(SCOPES_OF)
SCOPES = _OWNER

ACCESS_NEEDS = {"read": "records:read", "write": "records:write", "ddl": "schema:write"}
"""What somebody needs to have a SQL login of each kind."""


def checked_role(role: str) -> str:
    """`role`, if it is one. Fails with ROLE_UNKNOWN."""
    if role not in SCOPES_OF:
        raise RoleUnknown(role, ROLES)
    return role


def checked_scopes(scopes: Iterable[str]) -> frozenset[str]:
    """`scopes`, if they all are ones. Fails with SCOPE_UNKNOWN."""
    wanted = frozenset(scopes)
    for scope in sorted(wanted - SCOPES):
        raise ScopeUnknown(scope, sorted(SCOPES))
    return wanted


def user_of(caller: Caller) -> str:
    """The id of the user who calls. Fails with SERVICE_NOT_ALLOWED for a service."""
    if caller.via == "service":
        raise ServiceNotAllowed(caller.name)
    return caller.subject


def account_of(caller: Caller) -> str:
    """The id of a user who may manage the account itself: by a session, or a token that is good for everything.

    Fails with ROLE_TOO_LOW, TOKEN_TOO_NARROW.
    """
    user = user_of(caller)
    if caller.via == "token":
        caller.require("admin")
        if caller.tenant:
            raise TokenTooNarrow
    return user


def tenant_of(caller: Caller, scope: str) -> str:
    """The id of the tenant in which the caller has the right `scope`. Fails with TENANT_NOT_FOUND, ROLE_TOO_LOW."""
    if not caller.tenant:
        raise TenantNotFound
    caller.require(scope)
    return caller.tenant


def may_give(scopes: frozenset[str], role: str) -> bool:
    """Whether somebody with these scopes may make others this role, or change those who have it: owners are for owners."""
    return "members" in scopes and (role != "owner" or "admin" in scopes)
