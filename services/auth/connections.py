"""Connections: members' own SQL logins. We make the password, show it once, and keep only what the server needs to check it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import quote

from services.auth import audit, rights, tokens
from services.auth.errors import AccessUnknown, ConnectionNotFound, NotReady, SqlLoginsOff, Suspended, TenantNotFound
from services.auth.models import Binding, SqlLogin
from services.auth.reconcile import Reconciler
from services.auth.store import bindings as binding_store
from services.auth.store import connections as store
from services.auth.store import members as member_store
from services.auth.store import pages
from services.auth.store import tenants as tenant_store
from services.kit import ids
from services.kit.clock import Clock
from services.kit.db.control import Database, Session
from services.kit.rpc.identity import Caller
from services.provisioning import scram

ACCESSES = tuple(rights.ACCESS_NEEDS)
Allowed = Literal["none", "read", "write", "ddl"]
_RANK = {access: rank for rank, access in enumerate(("none", *ACCESSES))}


@dataclass(frozen=True, slots=True)
class Place:
    """Where people's SQL clients find the server, and what it allows them at most."""

    host: str
    port: int
    allowed: Allowed

    def url(self, login: str, password: str, database: str) -> str:
        """A connection string for psql and its like."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"postgresql://{login}:{quote(password, safe='')}@{host}:{self.port}/{database}"


class Connections:
    """What members do with SQL logins."""

    def __init__(self, db: Database, reconciler: Reconciler, place: Place, clock: Clock) -> None:
        self._db = db
        self._reconciler = reconciler
        self._place = place
        self._clock = clock

    async def create(self, caller: Caller, access: str, expires_at: datetime | None) -> tuple[SqlLogin, Binding, str]:
        """Make a login that works at once, with its password.

        Fails with ACCESS_UNKNOWN, SQL_LOGINS_OFF, ROLE_TOO_LOW, EXPIRY_INVALID, SUSPENDED, NOT_READY.
        """
        now, password = self._clock.now(), ids.new_secret()
        self._check(caller, access)
        expiry = tokens.checked_expiry(expires_at, now)
        async with self._db.begin() as session:
            binding = await _open_binding(session, caller, access)
            login = SqlLogin(
                id=ids.new_id(),
                binding_id=binding.id,
                tenant_id=caller.tenant,
                user_id=caller.subject,
                name=ids.opaque_name(f"{binding.name}_u", 8),
                access=access,
                verifier=scram.verifier(password),
                created_at=now,
                expires_at=expiry,
            )
            await store.add(session, login)
            await binding_store.want(session, binding.id, now)
            await audit.record(session, now, "connection.created", caller, subject=login.name, access=access)
        await self._reconciler.must(binding.id)
        return login, binding, password

    def _check(self, caller: Caller, access: str) -> None:
        if access not in ACCESSES:
            raise AccessUnknown(access, ACCESSES)
        rights.user_of(caller)
        rights.tenant_of(caller, rights.ACCESS_NEEDS[access])
        if _RANK[access] > _RANK[self._place.allowed]:
            raise SqlLoginsOff(access, self._place.allowed)

    async def list_of(self, caller: Caller, limit: int, cursor: str) -> pages.Page[tuple[SqlLogin, Binding]]:
        """A page of the caller's logins; who manages members sees everybody's."""
        tenant_id = rights.tenant_of(caller, "schema:read")
        async with self._db.read() as session:
            return await store.of_tenant(session, tenant_id, _whose(caller), limit, cursor)

    async def delete(self, caller: Caller, login_id: str) -> None:
        """Delete a login and end its sessions. Fails with CONNECTION_NOT_FOUND."""
        tenant_id, now = rights.tenant_of(caller, "schema:read"), self._clock.now()
        async with self._db.begin() as session:
            known = tenant_store.is_id(login_id)
            gone = await store.remove(session, tenant_id, login_id, _whose(caller)) if known else None
            if gone is None:
                raise ConnectionNotFound
            await binding_store.want(session, gone.binding_id, now)
            await audit.record(session, now, "connection.deleted", caller, subject=gone.name)
        await self._reconciler.must(gone.binding_id)


def _whose(caller: Caller) -> str | None:
    user = rights.user_of(caller)
    return None if "members" in caller.scopes else user


async def _open_binding(session: Session, caller: Caller, access: str) -> Binding:
    """The tenant's binding, while nobody changes the caller's role."""
    found = await tenant_store.find(session, caller.tenant, lock=True)
    role = await member_store.role(session, caller.tenant, caller.subject)
    if found is None or found[1] is None or role is None:
        raise TenantNotFound
    Caller(caller.subject, role=role, scopes=rights.SCOPES_OF[role]).require(rights.ACCESS_NEEDS[access])
    if found[1].wanted != "ready":
        raise Suspended(deleted=found[1].wanted != "suspended")
    if found[1].observed != "ready":
        raise NotReady
    return found[1]


async def narrow(session: Session, tenant_id: str, user_id: str, scopes: frozenset[str], now: datetime) -> list[str]:
    """Take away the logins of a member that these scopes do not carry; the ids of the bindings to reconcile."""
    allowed = [access for access, needed in rights.ACCESS_NEEDS.items() if needed in scopes]
    return await _wanted(session, await store.remove_beyond(session, tenant_id, user_id, allowed), now)


async def end_all(session: Session, user_id: str, now: datetime) -> list[str]:
    """Take away every login of a user; the ids of the bindings to reconcile."""
    return await _wanted(session, await store.remove_of_user(session, user_id), now)


async def expire(session: Session, now: datetime) -> list[str]:
    """Take away the logins that have expired; the ids of the bindings to reconcile."""
    return await _wanted(session, await store.sweep(session, now), now)


async def _wanted(session: Session, binding_ids: list[str], now: datetime) -> list[str]:
    for binding_id in binding_ids:
        await binding_store.want(session, binding_id, now)
    return binding_ids
