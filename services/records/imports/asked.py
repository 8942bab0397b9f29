"""What a caller asks for with a file, and the job that this becomes."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from services.kit.rpc.identity import Caller
from services.records import request
from services.records.imports.load import Load
from services.records.imports.options import Options
from services.records.imports.pieces import Pieces, Upload
from services.records.request import Once


@dataclass(frozen=True, slots=True)
class Asked:
    """A file to import: where to, how, and what its sender says of it. Everything but the schema may be empty."""

    schema: str
    name: str = ""
    options: bytes = b""
    key: str = ""
    """The Idempotency-Key."""
    content_type: str = ""
    size: int = 0
    """Bytes to come; 0 where the sender does not say."""
    respond_async: bool = False

    def once(self, digest: bytes) -> Once:
        """The key, for this and a file of that digest. Raises IdempotencyKeyInvalid."""
        return request.once(self.key, "import", self.schema, self.name, self.options, digest)


class Digested:
    """An upload, and a digest of what went through; it is not worth its time where no key asks for it."""

    def __init__(self, upload: Upload, asked: Asked) -> None:
        self._upload = upload
        self._asked = asked
        self._digest = hashlib.sha256()

    @property
    def token(self) -> str:
        """The upload's."""
        return self._upload.token

    @property
    def once(self) -> Once:
        """The key for what was asked and the bytes so far."""
        return self._asked.once(self._digest.digest())

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._upload:
            if self._asked.key:
                self._digest.update(chunk)
            yield chunk


@dataclass(slots=True)
class Job:
    """One import under way. One that is in the background has no caller that waits, and works as the service."""

    id: int
    caller: Caller
    asked: Asked
    wishes: Options
    upload: Upload
    pieces: Pieces
    background: bool = False
    load: Load | None = None

    @property
    def rows(self) -> int:
        """Rows that are in so far."""
        return self.load.rows if self.load else 0

    @property
    def digest(self) -> bytes | None:
        """What the answer is kept under, once the file is through; in the background it is known from the start."""
        return self.upload.once.digest if isinstance(self.upload, Digested) else None
