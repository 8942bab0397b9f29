"""The engine: observes a binding, decides what is missing, acts, and observes again until nothing is. Killed anywhere, it converges."""

import time
from collections import Counter
from dataclasses import dataclass

import asyncpg
import structlog

from services.provisioning import furnish
from services.provisioning import server as preparation
from services.provisioning.act import ACTS, Scene
from services.provisioning.decide import Do, Step, decide
from services.provisioning.errors import (
    DatabaseInUse,
    DatabaseUnknown,
    NotConverged,
    ServerBusy,
    ServerUnreachable,
    StepRefused,
)
from services.provisioning.hooks import Hook, hooked, no_hook
from services.provisioning.observe import Observed, away_name, observe
from services.provisioning.server import Hardening, Prepare
from services.provisioning.sessions import PROVISIONER, Connection, Server
from services.provisioning.wanted import Wanted, check_name

STEPS: tuple[str, ...] = (*Prepare, *Do)
"""Every step that the engine can take, by the names that its hook is called with."""

TRIES = 3
"""How often one step is taken in a run: a session that was just being opened may need another end_sessions."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Usage:
    """What a binding takes of its server now."""

    bytes: int
    connections: int


class Engine:
    """Makes bindings real on one server. Any number of engines may run at once: locks on the server order them."""

    def __init__(self, server: Server, hook: Hook = no_hook) -> None:
        self.server = server
        self._hook = hook

    async def bootstrap(self) -> Hardening:
        """Prepare the server: provisioner, template, hardening. Must have run once; later runs renew what is old."""
        hardening = await preparation.prepare(self.server, self._hook)
        _log.info(
            "prepared server", server=self.server.name, hardening=hardening.level, missing=list(hardening.missing)
        )
        return hardening

    async def converge(self, wanted: Wanted) -> Observed:
        """Lead a binding to the state that is wanted, and say what the catalog says of it then.

        Raises DatabaseLost rather than put an empty database in the place of one that held data.
        """
        async with self.server.locked(wanted.name) as connection:
            taken: Counter[Step] = Counter()
            observed = await observe(connection, wanted.name)
            while steps := decide(wanted, observed, furnish.mark()):
                step = steps[0]
                if taken[step] == TRIES:
                    raise NotConverged(wanted.name, step.do)
                taken[step] += 1
                await self._take(Scene(self.server, connection, wanted, observed), step)
                observed = await observe(connection, wanted.name)
            return observed

    async def _take(self, scene: Scene, step: Step) -> None:
        start = time.perf_counter()
        try:
            with hooked(self._hook, step.do):
                await ACTS[step.do](scene, step)
        except asyncpg.ObjectInUseError as error:
            raise DatabaseInUse(scene.name) from error
        except asyncpg.InsufficientPrivilegeError as error:
            raise StepRefused(scene.name, step.do, str(error)) from error
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError) as error:
            raise ServerBusy(self.server.name) from error
        except (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError) as error:
            raise ServerUnreachable(self.server.name) from error
        duration = round((time.perf_counter() - start) * 1000, 1)
        _log.info("took step", database=scene.name, step=step.do, names=step.names, duration_ms=duration)

    async def migrate(self, name: str) -> int:
        """Bring the template version and the grants of one database up to date; give its version."""
        check_name(name)
        async with self.server.locked(name) as connection:
            observed = await observe(connection, name)
            if not (observed.home and observed.home.allows_connections):
                raise DatabaseUnknown(name)
            async with self.server.provisioner(name) as inside:
                return await furnish.furnish(inside, name)

    async def audit(self, name: str) -> tuple[str, ...]:
        """Name whatever is open in the database of a binding and must not be, asked of the catalog with has_*_privilege."""
        check_name(name)
        async with self.server.provisioner(name) as inside:
            return await furnish.audit(inside, name)

    async def usage(self, name: str) -> Usage:
        """Measure one database, wherever it is."""
        check_name(name)
        async with self.server.provisioner(PROVISIONER) as connection:
            return await _usage(connection, name)


async def _usage(connection: Connection, name: str) -> Usage:
    row = await connection.fetchrow(
        "SELECT pg_database_size(d.oid) AS bytes, (SELECT count(*) FROM pg_stat_activity s WHERE s.datid = d.oid) AS connections"
        " FROM pg_database d WHERE d.datname = ANY($1::text[]) ORDER BY d.datname LIMIT 1",
        [name, away_name(name)],
    )
    if row is None:
        raise DatabaseUnknown(name)
    return Usage(row["bytes"], row["connections"])
