"""Tenants: made, named, suspended, deleted for a while, and had back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.auth import audit, bindings, limits, rights, slugs, texts
from services.auth.errors import Deleting, NotReady, ServerUnavailable, SlugInvalid, TenantNotFound
from services.auth.models import Binding, Member, Tenant
from services.auth.provisioner import Provisioner
from services.auth.reconcile import Reconciler
from services.auth.sealing import Seal
from services.auth.store import bindings as binding_store
from services.auth.store import members as member_store
from services.auth.store import pages
from services.auth.store import tenants as store
from services.auth.store import tokens as token_store
from services.kit import ids
from services.kit.clock import Clock
from services.kit.db.control import Database, Session
from services.kit.errors import AppError
from services.kit.rpc.identity import Caller
from services.provisioning.wanted import State

# A server that is busy or restarts is no failure yet: after 1, 2 and 4 seconds it is.
_PATIENCE = 3
_STATES = {"suspended": "suspended", "deleted": "deleting", "purged": "deleting"}


@dataclass(frozen=True, slots=True)
class Described:
    """A tenant and the state that people see: provisioning, ready, suspended, failed or deleting."""

    tenant: Tenant
    state: str
    message: str = ""
    role: str = ""


def describe(tenant: Tenant, binding: Binding | None, role: str = "") -> Described:
    """What people see of a tenant with this binding."""
    wanted = _wanted(tenant)
    if wanted != "ready":
        return Described(tenant, _STATES[wanted], role=role)
    if binding is not None and binding.observed == "ready":
        return Described(tenant, "ready", role=role)
    if binding is not None and binding.failures >= _PATIENCE:
        return Described(tenant, "failed", binding.failure, role)
    return Described(tenant, "provisioning", role=role)


def _wanted(tenant: Tenant) -> State:
    if tenant.purged_at is not None:
        return "purged"
    if tenant.deleted_at is not None:
        return "deleted"
    return "ready" if tenant.suspended_at is None else "suspended"


async def add(session: Session, seal: Seal, now: datetime, owner: str, slug: str, name: str) -> tuple[Tenant, Binding]:
    """Keep a new tenant with its owner, and give it a database. Fails with SLUG_EXISTS."""
    tenant = Tenant(id=ids.new_id(), slug=slug, name=name, created_at=now)
    await store.add(session, tenant)
    await member_store.add(session, Member(tenant_id=tenant.id, user_id=owner, role="owner", joined_at=now), "")
    return tenant, await bindings.give(session, seal, now, tenant.id)


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether a slug can be had; if not, why, and one that likely can."""

    slug: str
    why: str = ""
    suggestion: str = ""


async def check_slug(session: Session, slug: str) -> Availability:
    """Say whether a slug can be had."""
    try:
        slugs.checked(slug)
    except SlugInvalid as error:
        return Availability(slug, error.message, slugs.suggestion(slug))
    if await store.taken(session, slug):
        return Availability(slug, f"The slug '{slug}' is taken.", slugs.suggestion(slug))
    return Availability(slug)


class Tenants:
    """What members do with their tenants. A change of state is kept first, then made real at once or, failing that, later."""

    def __init__(
        self,
        db: Database,
        seal: Seal,
        reconciler: Reconciler,
        provisioner: Provisioner,
        clock: Clock,
        retention: timedelta,
        per_hour: int,
    ) -> None:
        self._db = db
        self._seal = seal
        self._reconciler = reconciler
        self._provisioner = provisioner
        self._clock = clock
        self._retention = retention
        self._per_hour = per_hour

    async def create(self, caller: Caller, slug: str, name: str) -> Described:
        """Make a tenant that the caller owns. Fails with SLUG_INVALID, SLUG_EXISTS, NAME_INVALID, TOO_MANY_ATTEMPTS."""
        now, user = self._clock.now(), rights.account_of(caller)
        slugs.checked(slug)
        named = texts.name("The workspace's name", name or slug)
        await limits.take(self._db, limits.tenant(user, self._per_hour), now)
        async with self._db.begin() as session:
            tenant, binding = await add(session, self._seal, now, user, slug, named)
            await audit.record(session, now, "tenant.created", caller, tenant=tenant.id, slug=slug)
        await self._reconciler.reconcile(binding.id)
        return await self.described(tenant.id, "owner")

    async def described(self, tenant_id: str, role: str = "") -> Described:
        """What people see of a tenant now. Fails with TENANT_NOT_FOUND."""
        async with self._db.read() as session:
            return describe(*await _found(session, tenant_id), role)

    async def list_of(self, caller: Caller, limit: int, cursor: str) -> pages.Page[Described]:
        """A page of the caller's tenants; a token that is bound to one sees that one."""
        async with self._db.read() as session:
            page = await store.of_user(session, rights.user_of(caller), caller.tenant, limit, cursor)
        return pages.Page([describe(*row) for row in page.items], page.next)

    async def get(self, caller: Caller) -> Described:
        """The caller's tenant."""
        return await self.described(rights.tenant_of(caller, "schema:read"), caller.role)

    async def rename(self, caller: Caller, name: str | None) -> Described:
        """Give the tenant another name for people; the slug stays. Fails with ROLE_TOO_LOW, NAME_INVALID."""
        tenant_id, now = rights.tenant_of(caller, "admin"), self._clock.now()
        if name is not None:
            named = texts.name("The workspace's name", name)
            async with self._db.begin() as session:
                tenant, _ = await _found(session, tenant_id, lock=True)
                tenant.name = named
                await audit.record(session, now, "tenant.renamed", caller, name=named)
        return await self.described(tenant_id, caller.role)

    async def suspend(self, caller: Caller) -> Described:
        """Close the tenant's database to everybody, at once."""

        def change(tenant: Tenant, now: datetime) -> None:
            _refuse_deleted(tenant)
            tenant.suspended_at = tenant.suspended_at or now

        return await self._change(caller, "tenant.suspended", change)

    async def resume(self, caller: Caller) -> Described:
        """Open a suspended tenant's database again."""

        def change(tenant: Tenant, _: datetime) -> None:
            _refuse_deleted(tenant)
            tenant.suspended_at = None

        return await self._change(caller, "tenant.resumed", change)

    async def delete(self, caller: Caller) -> Described:
        """Close the tenant's database and keep its data for the retention period."""

        def change(tenant: Tenant, now: datetime) -> None:
            if tenant.deleted_at is None:
                tenant.deleted_at, tenant.purge_at = now, now + self._retention

        return await self._change(caller, "tenant.deleted", change)

    async def undelete(self, caller: Caller) -> Described:
        """Have a deleted tenant back, as it was."""

        def change(tenant: Tenant, _: datetime) -> None:
            tenant.deleted_at = tenant.purge_at = None

        return await self._change(caller, "tenant.undeleted", change)

    async def usage(self, caller: Caller) -> tuple[int, int]:
        """The bytes of the tenant's database and the connections to it. Fails with NOT_READY, SERVER_UNAVAILABLE."""
        tenant_id = rights.tenant_of(caller, "schema:read")
        async with self._db.read() as session:
            tenant, binding = await _found(session, tenant_id)
        if binding is None or describe(tenant, binding).state in ("provisioning", "failed"):
            raise NotReady
        try:
            return await self._provisioner.usage(binding.name)
        except AppError as error:
            raise ServerUnavailable from error

    async def _change(self, caller: Caller, action: str, change: Callable[[Tenant, datetime], None]) -> Described:
        tenant_id, now = rights.tenant_of(caller, "admin"), self._clock.now()
        async with self._db.begin() as session:
            tenant, binding = await _found(session, tenant_id, lock=True)
            change(tenant, now)
            if binding is not None:
                await binding_store.want(session, binding.id, now, _wanted(tenant))
            await audit.record(session, now, action, caller)
        if binding is not None:
            await self._reconciler.must(binding.id)
        return await self.described(tenant_id, caller.role)


def _refuse_deleted(tenant: Tenant) -> None:
    if tenant.deleted_at is not None:
        raise Deleting(tenant.slug)


async def _found(session: Session, tenant_id: str, *, lock: bool = False) -> store.Row:
    found = await store.find(session, tenant_id, lock=lock)
    if found is None:
        raise TenantNotFound
    return found


async def purge(session: Session, tenant_id: str, now: datetime) -> str | None:
    """Give up a tenant whose retention has ended; the id of the binding that is to be dropped. Its slug stays taken."""
    found = await store.find(session, tenant_id, lock=True)
    if found is None or found[0].purge_at is None or found[0].purge_at > now:
        return None
    tenant, binding = found
    tenant.purged_at, tenant.name = now, ""
    await member_store.remove_all(session, tenant_id)
    await token_store.remove_of_tenant(session, tenant_id)
    if binding is not None:
        await binding_store.want(session, binding.id, now, "purged")
    await audit.record(session, now, "tenant.purged", tenant=tenant_id, slug=tenant.slug)
    return binding.id if binding is not None else None
