"""Roles and scopes: what each role may do, and what a token leaves of it."""

from collections.abc import Iterable

from services.auth.errors import RoleUnknown, ScopeUnknown

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
