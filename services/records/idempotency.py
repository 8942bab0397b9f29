"""Answers kept for a day under the caller's Idempotency-Key, in the transaction of the write that they tell of."""

from dataclasses import dataclass

import asyncpg
import orjson

from services.records.errors import IdempotencyKeyReused
from services.records.request import Once

_STATUS = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What a write answers: its body, its operation, and the version of the one record it was about."""

    body: bytes
    operation: int
    version: str = ""


async def recall(connection: "asyncpg.Connection", principal: str, once: Once) -> Answer | None:
    """The answer kept under this key, None without one. Raises IdempotencyKeyReused when that was to another request."""
    if not once.key:
        return None
    row = await connection.fetchrow("SELECT digest, body, operation FROM rowhouse.recall($1, $2)", principal, once.key)
    if row is None:
        return None
    if row["digest"] != once.digest:
        raise IdempotencyKeyReused(once.key)
    version, body = orjson.loads(row["body"])
    return Answer(body.encode(), row["operation"], version)


async def remember(connection: "asyncpg.Connection", principal: str, once: Once, answer: Answer) -> None:
    """Keep an answer. Waits for a concurrent write with the same key, and then fails with Postgres' unique_violation."""
    if once.key:
        kept = orjson.dumps([answer.version, answer.body.decode()]).decode()
        arguments = (principal, once.key, once.digest, _STATUS, kept, answer.operation)
        await connection.execute("SELECT rowhouse.remember($1, $2, $3, $4, $5, $6)", *arguments)
