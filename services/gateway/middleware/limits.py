"""Bodies are counted: one above its limit is refused before it is read when it says its length, else at the byte that is too many."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway import errors
from services.kit.errors import AppError

_LIMIT = "rowhouse.body_limit"


class Refused(HTTPException):
    """An AppError raised while a body is read, dressed as the one exception that FastAPI lets through there."""

    def __init__(self, error: AppError) -> None:
        super().__init__(400)
        self.error = error


def allow(scope: Scope, limit: int) -> None:
    """Let this request's body have `limit` bytes; a route calls it before it reads."""
    scope[_LIMIT] = limit


class BodyLimit:
    """Counts a body while it is received. Nothing is asked of the client (100 Continue) before its declared length is checked."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what the rest receives."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope[_LIMIT] = self._limit
        counted = -1

        async def counting() -> Message:
            nonlocal counted
            if counted < 0:
                counted = 0
                _check(_declared(scope), scope[_LIMIT])
            message = await receive()
            counted += len(message.get("body", b""))
            _check(counted, scope[_LIMIT])
            return message

        await self._app(scope, counting, send)


def _declared(scope: Scope) -> int:
    length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(length) if length.isdigit() else 0


def _check(size: int, limit: int) -> None:
    if size > limit:
        raise Refused(errors.TooLarge(limit))
