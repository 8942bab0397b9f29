"""Nobody works for a client that has left: its handler is cancelled, and with it the call and the statement in Postgres."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HangUpWatch:
    """Watches the connection from the moment the body is read until the last byte of the answer is handed over."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the rest under watch."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await _Watched(receive, send).run(self._app, scope)


class _Watched:
    __slots__ = ("_gone", "_handler", "_owed", "_receive", "_send", "_watcher")

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._handler = asyncio.current_task()
        self._watcher: asyncio.Task[None] | None = None
        self._owed = False
        self._gone = False

    async def run(self, app: ASGIApp, scope: Scope) -> None:
        if not _has_body(scope):
            self._owed = True
            self._start()
        try:
            await app(scope, self.receive, self.send)
        except asyncio.CancelledError:
            if not self._gone:
                raise
        finally:
            self._stop()
            if self._gone and self._handler:
                self._handler.uncancel()

    async def receive(self) -> Message:
        if self._owed:
            self._owed = False
            return {"type": "http.request", "body": b"", "more_body": False}
        if self._watcher is not None:
            await asyncio.wait([self._watcher])
            return {"type": "http.disconnect"}
        message = await self._receive()
        if message["type"] == "http.request" and not message.get("more_body"):
            self._start()
        return message

    async def send(self, message: Message) -> None:
        # uvicorn says "disconnect" on completion too, so the watch ends before the last message goes out.
        if message["type"] == "http.response.body" and not message.get("more_body"):
            self._stop()
        await self._send(message)

    def _start(self) -> None:
        self._watcher = asyncio.create_task(self._watch())

    def _stop(self) -> None:
        if self._watcher is not None:
            self._watcher.cancel()

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        if self._handler is not None:
            self._handler.cancel()


def _has_body(scope: Scope) -> bool:
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in scope["headers"]
    )
