"""Merges a loaded file into the table that it is for: counts only, or all of it in one transaction with its step on the timeline."""

import asyncio
import random
from collections.abc import Mapping
from typing import Any

import asyncpg
import orjson

from services.records import failures
from services.records.errors import Contended, IdempotencyKeyReused
from services.records.imports import journal
from services.records.imports.asked import Job
from services.records.imports.errors import KeysConflict, TableChanged
from services.records.imports.load import Load
from services.records.imports.merge import STATES, Merge
from services.records.imports.sql import identifier
from services.records.imports.targets import Into
from services.records.imports.watch import Stopped
from services.tenancy import fingerprints, timeline
from services.tenancy.databases import Databases

_ATTEMPTS = 6
_PAUSE = 0.05
_EXAMPLES = 3


async def merge(databases: Databases, job: Job, target: Into, load: Load, said: Mapping[str, Any]) -> None:
    """End the import with its rows in the table, or with the counts of what would become of them.

    Raises KeysConflict, TableChanged and what the table's own rules refuse; then nothing has changed.
    """
    database = await load.connection.fetchval("SELECT current_database()")
    await load.connection.execute(f"GRANT SELECT ON {load.table} TO {identifier(f'{database}_svc')}")
    columns = [target.table.column(column.header.name) for column in load.columns]
    plan = Merge(target, load.table, columns)
    for attempt in range(1, _ATTEMPTS):
        try:
            return await _attempt(databases, job, plan, said)
        except asyncpg.PostgresError as error:
            if error.sqlstate not in failures.CONTENDED:
                raise _explained(error, job, target) from error
        await asyncio.sleep(random.uniform(0, _PAUSE * attempt))  # noqa: S311  jitter, no secret
    raise Contended(target.table.name)


async def _attempt(databases: Databases, job: Job, plan: Merge, said: Mapping[str, Any]) -> None:
    async with databases.acquire(job.caller.tenant, "rw") as connection, connection.transaction():
        await connection.execute("SET LOCAL statement_timeout = 0")  # a table of millions takes its time
        await connection.execute(f"LOCK TABLE {plan.table} IN ROW EXCLUSIVE MODE")
        table = plan.target.table
        if await connection.fetchval(f"SELECT {fingerprints.of_table(table.oid)}") != table.fingerprint:
            raise TableChanged(table.name)
        if plan.target.dry_run:
            counted = await _counted(connection, plan)
            await _ended(connection, job, None, {**said, "dry_run": True, **counted})
            return
        counts = await _written(connection, plan, said["rows"] - said["rejected_rows"])
        step = await timeline.open(
            connection,
            verb="import_records",
            nature="data",
            caller=job.caller,
            channel=timeline.channel_of(job.caller),
            table=table,
            detail={"import": str(job.id), **counts},
        )
        await _ended(connection, job, step, {**said, **counts})


async def _ended(connection: asyncpg.Connection, job: Job, step: int | None, report: Mapping[str, Any]) -> None:
    if not await journal.end(connection, job.id, "done", operation=step, report=report):
        raise Stopped


async def _counted(connection: asyncpg.Connection, plan: Merge) -> dict[str, Any]:
    counts = await connection.fetchrow(plan.counted())
    examples = {}
    for state in STATES:
        if counts and counts[state] and state != "unchanged":
            rows = await connection.fetch(plan.shown(), state, _EXAMPLES, plan.names)
            examples[_plural(state)] = [
                {"row": row["row"], "before": _record(row["before"]), "after": _record(row["after"])} for row in rows
            ]
    return {"counts": {_plural(state): counts[state] for state in STATES} if counts else {}, "examples": examples}


async def _written(connection: asyncpg.Connection, plan: Merge, rows: int) -> dict[str, Any]:
    if plan.target.key:
        count, numbers = await connection.fetchrow(plan.conflicts()) or (0, "")
        if count:
            raise KeysConflict(plan.target.table.name, ", ".join(plan.target.key), count, numbers)
    new, changed = await connection.fetchrow(plan.written()) or (0, 0)
    return {"counts": {"new": new, "changed": changed, "unchanged": rows - new - changed, "conflicts": 0}}


def _explained(error: asyncpg.PostgresError, job: Job, target: Into) -> Exception:
    if getattr(error, "constraint_name", None) == "idempotency_pkey":
        return IdempotencyKeyReused(job.asked.key)
    if error.sqlstate in failures.STALE:
        return TableChanged(target.table.name)
    return failures.of_refusal(error, target.table) or error


def _record(text: str | None) -> Any:  # noqa: ANN401  JSON
    return None if text is None else orjson.loads(text)


def _plural(state: str) -> str:
    return f"{state}s" if state == "conflict" else state
