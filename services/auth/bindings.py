"""Bindings: a tenant's database, the passwords of its logins, who gets them, and their rotation."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from services.auth.errors import LoginUnknown, NotReady, Rotating, ServiceNotAllowed, Suspended, TenantNotFound
from services.auth.models import Binding, Credential
from services.auth.sealing import Seal
from services.auth.store import bindings as store
from services.kit import ids
from services.kit.db.control import Session
from services.kit.rpc.identity import Caller
from services.provisioning import scram
from services.provisioning.wanted import SERVICES, Access, SqlLogin, State, Wanted

LOGINS_OF = {"schema": frozenset({"ddl", "ro"}), "records": frozenset({"ro", "rw", "load"})}
NEEDS: dict[str, tuple[frozenset[str], ...]] = {
    "ro": (frozenset({"records:read"}), frozenset({"schema:read"})),
    "rw": (frozenset({"records:write"}),),
    "load": (frozenset({"records:write"}),),  # what it makes is seen once schema adopts it, or rw merges it
    "ddl": (frozenset({"schema:write"}),),
}
"""The scopes that a login needs: any one of these sets."""
# Services remember a credential for minutes at most, and ask again when it fails.
RETIRE_AFTER = timedelta(minutes=15)
_HELD_DATA = {"ready", "suspended", "deleted"}


@dataclass(frozen=True, slots=True)
class Credentials:
    """How to reach a tenant's database as one of its logins."""

    binding_id: str
    database: str
    user: str
    password: str = field(repr=False)


def new_credentials(binding_id: str, slots: Sequence[tuple[str, str]], seal: Seal, now: datetime) -> list[Credential]:
    """Fresh passwords for these logins and slots."""
    return [_credential(binding_id, login, slot, seal, now) for login, slot in slots]


def _credential(binding_id: str, login: str, slot: str, seal: Seal, now: datetime) -> Credential:
    password = ids.new_secret()
    return Credential(
        binding_id=binding_id,
        login=login,
        slot=slot,
        sealed=seal.close(password, binding_id, login, slot),
        verifier=scram.verifier(password, iterations=scram.ITERATIONS_FOR_RANDOM),
        current=False,
        created_at=now,
    )


async def add(session: Session, seal: Seal, now: datetime, tenant_id: str | None, wanted: State) -> Binding:
    """Keep a new binding with its first credentials; `reconcile` makes it real."""
    binding = Binding(
        id=ids.new_id(),
        name=ids.opaque_name("t_"),
        tenant_id=tenant_id,
        wanted=wanted,
        try_at=now,
        created_at=now,
    )
    credentials = new_credentials(binding.id, [(login, "a") for login in SERVICES], seal, now)
    for credential in credentials:
        credential.current = True
    await store.add(session, binding, credentials)
    return binding


async def give(session: Session, seal: Seal, now: datetime, tenant_id: str) -> Binding:
    """Give a tenant its database: a prepared one, or a new one where none is left."""
    return await store.claim(session, tenant_id, now) or await add(session, seal, now, tenant_id, "ready")


async def wanted(session: Session, binding: Binding, now: datetime) -> Wanted:
    """All that the provisioner needs to know to make a binding what it shall be."""
    credentials = await store.credentials(session, binding.id)
    logins = await store.sql_logins(session, binding.id, now)
    return Wanted(
        name=binding.name,
        state=cast(State, binding.wanted),
        verifiers={f"{credential.login}_{credential.slot}": credential.verifier for credential in credentials},
        sql_logins=tuple(
            SqlLogin(login.name, cast(Access, login.access), login.verifier, login.expires_at) for login in logins
        ),
        existing=binding.observed in _HELD_DATA,
    )


async def credentials_for(session: Session, seal: Seal, caller: Caller, service: str, login: str) -> Credentials:
    """The credentials of one login of the caller's tenant, for a service that has proved itself.

    Fails with LOGIN_UNKNOWN, SERVICE_NOT_ALLOWED, ROLE_TOO_LOW, SUSPENDED, NOT_READY, TENANT_NOT_FOUND.
    """
    _authorise(caller, service, login)
    found = await store.current(session, caller.tenant, login)
    if found is None:
        raise TenantNotFound
    binding, credential = found
    _check_open(binding)
    return Credentials(
        binding_id=binding.id,
        database=binding.name,
        user=f"{binding.name}_{login}_{credential.slot}",
        password=seal.open(credential.sealed, binding.id, login, credential.slot),
    )


def _authorise(caller: Caller, service: str, login: str) -> None:
    if login not in NEEDS:
        raise LoginUnknown(login)
    if login not in LOGINS_OF.get(service, ()):
        raise ServiceNotAllowed(service)
    if not caller.tenant:
        raise TenantNotFound
    if not any(needed <= caller.scopes for needed in NEEDS[login]):
        for scope in sorted(NEEDS[login][0]):
            caller.require(scope)


def _check_open(binding: Binding) -> None:
    if binding.wanted != "ready":
        raise Suspended(deleted=binding.wanted != "suspended")
    if binding.observed != "ready":
        raise NotReady


async def begin_rotation(session: Session, seal: Seal, binding_id: str, now: datetime) -> None:
    """Make new passwords in the slots that are not in use; once the server knows them, `finish_rotation`.

    Fails with ROTATING while the passwords of an earlier rotation are still accepted.
    """
    await store.lock(session, binding_id)
    present = await store.credentials(session, binding_id)
    if any(credential.retire_at for credential in present):
        raise Rotating
    spare = [(c.login, "b" if c.slot == "a" else "a") for c in present if c.current]
    await store.replace_spare(session, new_credentials(binding_id, spare, seal, now))
    await store.want(session, binding_id, now)


async def finish_rotation(session: Session, binding_id: str, now: datetime) -> None:
    """Hand out the new passwords from now on; the old ones work until everybody has asked again."""
    await store.lock(session, binding_id)
    await store.switch(session, binding_id, now + RETIRE_AFTER)
