"""Who makes a call: the caller that the internal token names, as a context variable of the call."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from services.kit import errors


class RoleTooLow(errors.Forbidden):
    """A caller without the right that a call needs."""

    reason = "ROLE_TOO_LOW"

    def __init__(self, scope: str, role: str) -> None:
        super().__init__(
            f"This needs the right '{scope}', which {f'the role {role!r}' if role else 'this caller'} or its token does not have; "
            "ask an admin of the workspace for it.",
            scope=scope,
            role=role,
        )


@dataclass(frozen=True, slots=True)
class Caller:
    """A verified principal.

    `subject` is a user's id or `service:<name>`; `tenant` is a tenant's id or empty; `scopes` are what it may do there,
    already the lesser of its token's and its role's; `via` is session, token or service.
    """

    subject: str
    name: str = ""
    tenant: str = ""
    role: str = ""
    scopes: frozenset[str] = frozenset()
    via: str = "session"

    def require(self, scope: str) -> None:
        """Refuse with ROLE_TOO_LOW a caller who lacks `scope`."""
        if scope not in self.scopes:
            raise RoleTooLow(scope, self.role)


_caller: ContextVar[Caller] = ContextVar("caller")
_token: ContextVar[str] = ContextVar("token", default="")


def caller() -> Caller:
    """The caller of the RPC being served; a LookupError outside one that needs a token."""
    return _caller.get()


def token() -> str:
    """The internal token that outgoing calls carry; empty for none."""
    return _token.get()


@contextmanager
def as_caller(who: Caller, bearer: str) -> Iterator[None]:
    """Serve as `who`; outgoing calls forward `bearer`."""
    served, forwarded = _caller.set(who), _token.set(bearer)
    try:
        yield
    finally:
        _caller.reset(served)
        _token.reset(forwarded)


@contextmanager
def identity(bearer: str) -> Iterator[None]:
    """Let outgoing calls carry `bearer`."""
    forwarded = _token.set(bearer)
    try:
        yield
    finally:
        _token.reset(forwarded)
