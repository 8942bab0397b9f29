"""Ends what was dropped once its retention period is over: the only place where something of people's is really deleted."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import resources

import asyncpg
import structlog

from services.kit.clock import Clock
from services.kit.errors import Conflict
from services.kit.rpc.identity import Caller
from services.schema import ddl
from services.schema.coordinator import Coordinator
from services.schema.plan import Plan
from services.schema.record import Subject
from services.tenancy import timeline
from services.tenancy.catalog import Catalog
from services.tenancy.databases import Databases

_log = structlog.get_logger()
_HIDDEN = (resources.files(__package__) / "sql" / "hidden.sql").read_text()


@dataclass(frozen=True, slots=True)
class Hidden:
    """A table in the trash or a hidden column (with a `column_name`), and the steps that hid it, the latest last."""

    relation: int
    schema_name: str
    table_name: str
    column_name: str | None
    steps: tuple[int, ...]

    def statements(self) -> tuple[str, ...]:
        """What deletes it. Without CASCADE: what a view still reads stays until the view is gone."""
        where = ddl.qualified(self.schema_name, self.table_name)
        if self.column_name is not None:
            return (f"ALTER TABLE {where} DROP COLUMN {ddl.identifier(self.column_name)}",)
        return (f"DROP TABLE {where}", f"DROP SCHEMA {ddl.identifier(self.schema_name)}")


class Purge:
    """Purges one tenant, as the caller of a job."""

    def __init__(self, databases: Databases, coordinator: Coordinator, retention: timedelta, clock: Clock) -> None:
        self._databases = databases
        self._coordinator = coordinator
        self._retention = retention
        self._clock = clock

    async def run(self, caller: Caller) -> None:
        """Delete everything that was hidden before the retention period, each thing in a transaction of its own."""
        for hidden in await self._due(caller, self._clock.now() - self._retention):
            try:
                await self._purge(caller, hidden)
            except Conflict as error:
                _log.info("not purged yet", tenant=caller.tenant, step=hidden.steps[-1], why=error.reason)

    async def _due(self, caller: Caller, before: datetime) -> list[Hidden]:
        async with self._databases.acquire(caller.tenant, "ddl") as connection:
            await connection.execute("SELECT rowhouse.reconcile()")
            rows = await connection.fetch(_HIDDEN, before)
        return [Hidden(**dict(row) | {"steps": tuple(row["steps"])}) for row in rows]

    async def _purge(self, caller: Caller, hidden: Hidden) -> None:
        async def prepare(connection: asyncpg.Connection, known: Catalog) -> Plan:
            return Plan(effects=())

        async def perform(connection: asyncpg.Connection, plan: Plan) -> None:
            for statement in hidden.statements():
                await connection.execute(statement)
            steps = [await timeline.get(connection, identifier) for identifier in hidden.steps]
            await timeline.open(
                connection,
                verb="purge",
                nature="shape",
                caller=caller,
                channel=timeline.channel_of(caller),
                table=Subject(hidden.relation, steps[-1].table_name or hidden.table_name),
                request={"operation": steps[-1].id},
            )
            for step in steps:
                await timeline.seal(connection, step, {"purged": True})

        await self._coordinator.run(caller.tenant, prepare, perform)
        _log.info("purged", tenant=caller.tenant, step=hidden.steps[-1])
