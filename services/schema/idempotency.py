"""Answers kept for a day under the caller's Idempotency-Key, in the transaction of what they tell of."""

import hashlib
from dataclasses import dataclass

import asyncpg

from services.schema.coordinator import Again
from services.schema.errors import IdempotencyKeyReused

_CREATED = 201


@dataclass(frozen=True, slots=True)
class Key:
    """A key of one principal, with the digest of the request that it stands for; an empty key stands for none."""

    principal: str
    key: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """The answer to a request that came before."""

    operation: int
    body: bytes


def of(principal: str, key: str, request: bytes) -> Key:
    """The key for a request's own bytes."""
    return Key(principal, key, hashlib.sha256(request).digest())


async def recall(connection: asyncpg.Connection, key: Key) -> Kept | None:
    """The answer kept under this key. Raises IdempotencyKeyReused when that was to another request."""
    if not key.key:
        return None
    row = await connection.fetchrow(
        "SELECT digest, body, operation FROM rowhouse.recall($1, $2)", key.principal, key.key
    )
    if row is None:
        return None
    if row["digest"] != key.digest:
        raise IdempotencyKeyReused
    return Kept(row["operation"], row["body"].encode())


async def remember(connection: asyncpg.Connection, key: Key, kept: Kept) -> None:
    """Keep an answer. Raises Again when another process has just answered the same request."""
    if not key.key:
        return
    try:
        await connection.execute(
            "SELECT rowhouse.remember($1, $2, $3, $4, $5, $6)",
            *(key.principal, key.key, key.digest, _CREATED, kept.body.decode(), kept.operation),
        )
    except asyncpg.UniqueViolationError as error:
        raise Again from error
