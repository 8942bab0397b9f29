"""The roles of one binding: which there are, what they are members of, what is set on them. Pure; `act` makes them.

Rights lie on NOLOGIN groups, and logins are siblings under them, never members of one another: a member of a login could
read what that login's sessions run, and end them.
"""

import hashlib
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.provisioning.wanted import SLOTS, Access, Limits, SqlLogin, Wanted

META = "rh_meta"
"""Owns schema rowhouse and its SECURITY DEFINER functions, on the whole server; nobody logs in as it."""

PINS = {"search_path": "pg_catalog, pg_temp"}
"""What every session of ours starts with: a name that a tenant made is never found by accident."""


@dataclass(frozen=True, slots=True, order=True)
class Membership:
    """One role's membership in another: it has its rights at once (`inherit`), or may only switch to it (`set`)."""

    group: str
    inherit: bool = True
    set: bool = False


@dataclass(frozen=True, slots=True)
class Role:
    """One role as it should be. A login's `verifier` None means that nobody may use it now."""

    name: str
    memberships: frozenset[Membership] = frozenset()
    is_login: bool = False
    verifier: str | None = field(default=None, repr=False)
    connections: int = -1
    valid_until: datetime | None = None
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def shape(self) -> str:
        """A digest of all but the verifier. It is kept in the role's comment, to be compared without rights on passwords."""
        parts = (sorted(self.memberships), self.connections, self.valid_until, sorted(self.settings.items()))
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]

    @property
    def secret(self) -> str:
        """A digest of the verifier, or `shut`."""
        return hashlib.sha256(self.verifier.encode()).hexdigest()[:16] if self.verifier else "shut"


def groups(name: str) -> tuple[Role, ...]:
    """The NOLOGIN roles, in an order in which they can be made."""
    return (
        Role(f"{name}_con"),  # may connect: suspending is one REVOKE from it
        Role(f"{name}_svc"),  # the services' reading and writing logins: what SQL logins may not see
        Role(f"{name}_r"),
        Role(f"{name}_w", frozenset({Membership(f"{name}_r")})),
        Role(f"{name}_load"),
        Role(f"{name}_own", frozenset({Membership(f"{name}_load")})),  # takes over what was loaded
    )


def logins(wanted: Wanted, now: datetime, existing: Container[str] = ()) -> tuple[Role, ...]:
    """Every login that should exist: slot `a` always, slot `b` once it was asked for, SQL logins until they expire."""
    name = wanted.name
    slots = (slot for slot in SLOTS if slot.endswith("_a") or slot in wanted.verifiers or f"{name}_{slot}" in existing)
    living = (login for login in wanted.sql_logins if login.expires_at is None or login.expires_at > now)
    return (*(_service(wanted, slot) for slot in slots), *(_personal(wanted, login) for login in living))


def _service(wanted: Wanted, slot: str) -> Role:
    name, limits = wanted.name, wanted.limits
    service = slot.removesuffix("_a").removesuffix("_b")
    settings = PINS | _timeouts(limits)
    if service in ("ddl", "load"):
        # COPY and the rewrite of a big table take their time; who waits for a lock stalls others.
        settings |= {"role": f"{name}_own" if service == "ddl" else f"{name}_load", "statement_timeout": "0"}
    return Role(
        f"{name}_{slot}",
        _memberships(name, service),
        is_login=True,
        verifier=wanted.verifiers.get(slot),
        connections=limits.ddl_connections if service == "ddl" else limits.service_connections,
        settings=settings,
    )


_AS_SERVICE: dict[Access, str] = {"read": "r", "write": "w", "ddl": "ddl"}


def _personal(wanted: Wanted, login: SqlLogin) -> Role:
    name = wanted.name
    role = {"role": f"{name}_own"} if login.access == "ddl" else {}
    return Role(
        login.name,
        _memberships(name, _AS_SERVICE[login.access]),
        is_login=True,
        verifier=login.verifier,
        connections=wanted.limits.sql_connections,
        valid_until=login.expires_at,
        settings=_timeouts(wanted.limits) | role,
    )


def _memberships(name: str, kind: str) -> frozenset[Membership]:
    switch = {"ddl": "own", "load": "load"}
    inherited = {"rw": ("w", "svc"), "ro": ("r", "svc"), "r": ("r",), "w": ("w",)}
    rights = {Membership(f"{name}_{group}") for group in ("con", *inherited.get(kind, ()))}
    if kind in switch:
        rights.add(Membership(f"{name}_{switch[kind]}", inherit=False, set=True))
    return frozenset(rights)


def _timeouts(limits: Limits) -> dict[str, str]:
    return {
        "statement_timeout": str(limits.statement_timeout),
        "lock_timeout": str(limits.lock_timeout),
        "idle_in_transaction_session_timeout": str(limits.idle_in_transaction_timeout),
        "temp_file_limit": f"{limits.temp_file_mb}MB",
    }
