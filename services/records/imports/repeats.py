"""An import that is sent twice under one Idempotency-Key is done once: its answer is kept in the transaction that ends it."""

from typing import Any

from services.kit.errors import AppError
from services.kit.rpc.identity import Caller
from services.records import idempotency
from services.records.errors import IdempotencyKeyReused
from services.records.idempotency import Answer
from services.records.imports import history
from services.records.imports.asked import Asked, Digested
from services.records.imports.pieces import Upload
from services.records.imports.run import Importer
from services.records.request import Once
from services.tenancy.databases import Databases


class Repeats:
    """Imports, or finds what came of the same import before."""

    def __init__(self, importer: Importer, databases: Databases) -> None:
        self._importer = importer
        self._databases = databases

    async def run(self, caller: Caller, asked: Asked, upload: Upload) -> dict[str, Any]:
        """Import as `Importer.run` does, or give the same import that has been. Raises besides IdempotencyKeyReused."""
        digested = Digested(upload, asked)
        if not await self._is_used(caller, asked):
            try:
                return await self._importer.run(caller, asked, digested)
            except AppError:
                if not await self._is_used(caller, asked):
                    raise
        async for _ in digested:
            pass
        return await self._again(caller, digested.once)

    async def _is_used(self, caller: Caller, asked: Asked) -> bool:
        """Whether there is an answer under the key. What it was to is known only when the file has been read."""
        if not asked.key:
            return False
        try:
            await self._recalled(caller, Once(asked.key, b""))
        except IdempotencyKeyReused:
            return True
        return False

    async def _again(self, caller: Caller, once: Once) -> dict[str, Any]:
        answer = await self._recalled(caller, once)
        if answer is None:
            raise IdempotencyKeyReused(once.key)
        async with self._databases.acquire(caller.tenant, "load") as connection:
            return await history.read(connection, int(answer.body))

    async def _recalled(self, caller: Caller, once: Once) -> Answer | None:
        async with self._databases.acquire(caller.tenant, "load") as connection:
            return await idempotency.recall(connection, caller.subject, once)
