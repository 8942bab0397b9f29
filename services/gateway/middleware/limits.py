"""Bodies are counted and timed: one above its limit is refused before it is read when it says its length, else at the byte that is
too many; one that trickles in is not waited for."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway import errors
from services.kit.errors import AppError

_LIMIT = "rowhouse.body_limit"
_IS_FILE = "rowhouse.body_is_file"


class Refused(HTTPException):
    """An AppError raised while a body is read, dressed as the one exception that FastAPI lets through there."""

    def __init__(self, error: AppError) -> None:
        super().__init__(400)
        self.error = error


def allow_file(scope: Scope, limit: int) -> None:
    """Let this request's body have `limit` bytes, and time for each of its pieces; a route calls it before it reads."""
    scope[_LIMIT] = limit
    scope[_IS_FILE] = True


class BodyLimit:
    """Counts a body while it is received. Nothing is asked of the client (100 Continue) before its declared length is checked."""

    def __init__(self, app: ASGIApp, limit: int, seconds: float) -> None:
        self._app = app
        self._limit = limit
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what the rest receives."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope[_LIMIT] = self._limit
        await self._app(scope, _Body(scope, receive, self._seconds).receive, send)


class _Body:
    __slots__ = ("_counted", "_deadline", "_is_whole", "_receive", "_scope", "_seconds")

    def __init__(self, scope: Scope, receive: Receive, seconds: float) -> None:
        self._scope = scope
        self._receive = receive
        self._seconds = seconds
        self._counted = -1
        self._deadline = 0.0
        self._is_whole = False

    async def receive(self) -> Message:
        if self._is_whole:
            return await self._receive()
        now = asyncio.get_running_loop().time()
        if self._counted < 0:
            _check(_declared(self._scope), self._scope[_LIMIT])
            self._counted, self._deadline = 0, now + self._seconds
        elif _IS_FILE in self._scope:
            self._deadline = now + self._seconds
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            raise Refused(errors.BodyTooSlow(self._seconds)) from None
        self._counted += len(message.get("body", b""))
        self._is_whole = not message.get("more_body", False)
        _check(self._counted, self._scope[_LIMIT])
        return message


def _declared(scope: Scope) -> int:
    length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(length) if length.isdigit() else 0


def _check(size: int, limit: int) -> None:
    if size > limit:
        raise Refused(errors.TooLarge(limit))
