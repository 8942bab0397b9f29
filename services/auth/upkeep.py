"""Upkeep: what nobody asks for. Bindings converge, the warm pool fills, retention ends, what has expired goes."""

from dataclasses import dataclass
from datetime import timedelta

from services.auth import bindings, connections, limits, sessions, tenants
from services.auth.reconcile import Reconciler
from services.auth.sealing import Seal
from services.auth.store import accounts as account_store
from services.auth.store import bindings as binding_store
from services.auth.store import limits as limit_store
from services.auth.store import members as member_store
from services.auth.store import tenants as tenant_store
from services.auth.store import tokens as token_store
from services.kit.clock import Clock
from services.kit.db.control import Database

# An expired token is listed for a while, so that its owner sees why a program has stopped.
_SHOW_EXPIRED = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Each method may run at any time, also twice at once; what one run does not finish, the next one does."""

    db: Database
    seal: Seal
    reconciler: Reconciler
    clock: Clock
    warm_pool: int
    rotate_after: timedelta

    async def settle(self) -> None:
        """Converge every binding that is not what it shall be."""
        async with self.db.read() as session:
            unsettled = await binding_store.unsettled(session, self.reconciler.template, self.clock.now())
        for binding_id in unsettled:
            await self.reconciler.reconcile(binding_id)

    async def refill(self) -> None:
        """Prepare databases until as many wait as shall."""
        while True:
            async with self.db.begin() as session:
                await binding_store.lock(session, "warm pool")
                if await binding_store.pool(session) >= self.warm_pool:
                    return
                binding = await bindings.add(session, self.seal, self.clock.now(), None, "prepared")
            if not await self.reconciler.reconcile(binding.id):
                return

    async def purge(self) -> None:
        """Drop the data of tenants whose retention has ended."""
        now = self.clock.now()
        async with self.db.read() as session:
            due = await tenant_store.due_for_purge(session, now)
        for tenant_id in due:
            async with self.db.begin() as session:
                binding_id = await tenants.purge(session, tenant_id, now)
            if binding_id is not None:
                await self.reconciler.reconcile(binding_id)

    async def sweep(self) -> None:
        """Remove what has expired, and shut the slots and logins whose time is over."""
        now = self.clock.now()
        async with self.db.begin() as session:
            await account_store.sweep_sessions(session, now, now - sessions.IDLE)
            await token_store.sweep(session, now - _SHOW_EXPIRED)
            await member_store.sweep_invitations(session, now)
            await limit_store.sweep(session, now - limits.FORGOTTEN_AFTER)
            await account_store.forget_networks(session, now - limits.REMEMBERED)
        async with self.db.begin() as session:
            changed = await connections.expire(session, now)
            for binding_id in await binding_store.retire(session, now):
                await binding_store.want(session, binding_id, now)
                changed.append(binding_id)
        for binding_id in changed:
            await self.reconciler.reconcile(binding_id)

    async def rotate(self) -> None:
        """Replace the passwords of logins that are too old."""
        async with self.db.read() as session:
            due = await binding_store.due_for_rotation(session, self.clock.now() - self.rotate_after)
        for binding_id in due:
            await self.rotate_binding(binding_id)

    async def rotate_binding(self, binding_id: str) -> None:
        """Replace the passwords of a binding's logins without a failed request: the old ones work for a while."""
        async with self.db.begin() as session:
            await bindings.begin_rotation(session, self.seal, binding_id, self.clock.now())
        await self.reconciler.must(binding_id)
        async with self.db.begin() as session:
            await bindings.finish_rotation(session, binding_id, self.clock.now())
