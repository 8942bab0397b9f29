"""An import that is sent twice under one Idempotency-Key is done once."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import orjson

from services.kit.rpc.identity import Caller
from services.records import idempotency, request
from services.records.errors import IdempotencyKeyReused
from services.records.idempotency import Answer
from services.records.imports.pieces import Upload
from services.records.imports.run import Importer
from services.records.request import Once
from services.tenancy.databases import Databases


class Repeats:
    """Imports, and keeps the reports of those that came with a key for a day."""

    def __init__(self, importer: Importer, databases: Databases) -> None:
        self._importer = importer
        self._databases = databases

    async def run(
        self, caller: Caller, schema: str, name: str, raw_options: bytes, upload: Upload, key: str
    ) -> dict[str, Any]:
        """Import as `Importer.run` does, or give the report of the same import that has been. Raises besides IdempotencyKeyReused."""
        if not key:
            return await self._importer.run(caller, schema, name, raw_options, upload)
        digested = _Digested(upload)
        if await self._is_used(caller, key):
            async for _ in digested:
                pass
            return await self._again(caller, digested.once(key, schema, name, raw_options))
        report = await self._importer.run(caller, schema, name, raw_options, digested)
        answer = Answer(orjson.dumps(report), report["operation"])
        async with self._databases.acquire(caller.tenant, "load") as connection:
            once = digested.once(key, schema, name, raw_options)
            await idempotency.remember(connection, caller.subject, once, answer)
        return report

    async def _is_used(self, caller: Caller, key: str) -> bool:
        """Whether there is an answer under the key. What it was to is known only when the file has been read."""
        try:
            await self._recalled(caller, Once(key, b""))
        except IdempotencyKeyReused:
            return True
        return False

    async def _again(self, caller: Caller, once: Once) -> dict[str, Any]:
        answer = await self._recalled(caller, once)
        if answer is None:
            raise IdempotencyKeyReused(once.key)
        report: dict[str, Any] = orjson.loads(answer.body)
        return report

    async def _recalled(self, caller: Caller, once: Once) -> Answer | None:
        async with self._databases.acquire(caller.tenant, "load") as connection:
            return await idempotency.recall(connection, caller.subject, once)


class _Digested:
    """An upload, and a digest of what went through."""

    def __init__(self, upload: Upload) -> None:
        self._upload = upload
        self._digest = hashlib.sha256()

    @property
    def token(self) -> str:
        """The upload's."""
        return self._upload.token

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._upload:
            self._digest.update(chunk)
            yield chunk

    def once(self, key: str, *parts: str | bytes) -> Once:
        """The key, for this file and what was said about it."""
        return request.once(key, "import", *parts, self._digest.digest())
