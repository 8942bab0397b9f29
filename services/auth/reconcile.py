"""Brings bindings to what they shall be: looks at what is wanted now, never at what somebody asked for."""

import asyncio
from datetime import timedelta

import structlog

from services.auth import bindings
from services.auth.errors import ServerUnavailable
from services.auth.models import Binding
from services.auth.provisioner import Provisioner
from services.auth.store import bindings as store
from services.kit.clock import Clock
from services.kit.db.control import Database, DatabaseUnavailable, Session
from services.kit.errors import AppError

_AT_ONCE = 4
_FIRST_RETRY, _LAST_RETRY = timedelta(seconds=1), timedelta(minutes=5)
_log = structlog.get_logger()


class Reconciler:
    """Reconciles each binding once at a time, however many ask; a failure is noted, and tried again by `upkeep`."""

    def __init__(self, db: Database, provisioner: Provisioner, clock: Clock) -> None:
        self._db = db
        self._provisioner = provisioner
        self._clock = clock
        # A bound on the server's load; those who wait here hold no connection to the control database.
        self._turns = asyncio.Semaphore(_AT_ONCE)

    @property
    def template(self) -> str:
        """The version of our own tables that bindings are brought to."""
        return self._provisioner.template

    async def reconcile(self, binding_id: str) -> bool:
        """Make a binding what it shall be; whether it is that now. Raises nothing: what is wanted stays wanted."""
        try:
            while (done := await self._look(binding_id)) is None:
                pass
        except DatabaseUnavailable:
            _log.warning("binding not looked at", binding=binding_id)
            return False
        return done

    async def _look(self, binding_id: str) -> bool | None:
        """Whether a binding is what it shall be; None after a change, when that must be asked again."""
        async with self._turns, self._db.begin() as session:
            await store.lock(session, binding_id)
            binding = await store.find(session, binding_id)
            if binding is None or self._is_settled(binding):
                return True
            return None if await self._converge(session, binding) else False

    async def must(self, binding_id: str) -> None:
        """Reconcile, or fail with SERVER_UNAVAILABLE; what is wanted stays wanted."""
        if not await self.reconcile(binding_id):
            raise ServerUnavailable

    def _is_settled(self, binding: Binding) -> bool:
        return binding.settled >= binding.generation and binding.template == self.template

    async def _converge(self, session: Session, binding: Binding) -> bool:
        now = self._clock.now()
        wanted = await bindings.wanted(session, binding, now)
        try:
            await self._provisioner.converge(wanted)
        except Exception as error:
            _log.exception("binding not reconciled", binding=binding.id, wanted=binding.wanted)
            why = error.message if isinstance(error, AppError) else "An unexpected fault; see the service's log."
            await store.failed(session, binding.id, why, now + _delay(binding.failures))
            return False
        if binding.wanted == "purged":
            await store.remove(session, binding.id)
        else:
            await store.settled(session, binding, self.template)
        return True


def _delay(failures: int) -> timedelta:
    return min(_FIRST_RETRY * (1 << min(failures, 20)), _LAST_RETRY)
