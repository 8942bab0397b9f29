"""uvicorn as we run it: in a process that owns its signals, with bounded request heads and an ordered drain."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from services.gateway.settings import Settings

# The request line and all headers. A filter of 200 nodes in a URL is far below it; browsers and proxies stop at 8 to 64 kB.
HEAD_BYTES = 65_536
HEAD_FIELDS = 100
# A head arrives in one piece or is held back on purpose.
HEAD_SECONDS = 20.0
# A client that takes less than this of an answer in this time is cut off, and what it asked for ends with it.
READER_BYTES = 65_536
READER_SECONDS = 30.0
_WORDS = b"The request line and headers are too large."
_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"content-length: %d\r\nconnection: close\r\n\r\n%b" % (len(_WORDS), _WORDS)
)


class HeadTooLarge(Exception):
    """A request line and headers above the bounds."""


class Bounded(HttpToolsProtocol):
    """uvicorn's fast HTTP protocol, which by itself would buffer a head without end, and wait for it and for a reader for ever."""

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._in_head = True
        self._head = 0
        self._excess = False
        self._late: asyncio.TimerHandle | None = None
        self._reader: asyncio.TimerHandle | None = None
        self._untaken = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Give the first head its time; between requests uvicorn's keep-alive timer runs."""
        super().connection_made(transport)
        self._late = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._settle()
        self._reader_came()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Give the reader its time to take what is in the buffer."""
        super().pause_writing()
        self._watch_reader()

    def resume_writing(self) -> None:
        """Stop that clock."""
        super().resume_writing()
        self._reader_came()

    def data_received(self, data: bytes) -> None:
        """Count what belongs to a head that is not complete after this piece."""
        super().data_received(data)
        if self._in_head and not self.transport.is_closing():
            self._head += len(data)
            if self._head > HEAD_BYTES:
                self._refuse()

    def on_message_begin(self) -> None:
        """A new head begins."""
        super().on_message_begin()
        self._in_head = True
        self._head = 0
        if self._late is None:
            self._late = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def on_headers_complete(self) -> None:
        """See the whole head before anything is made of it."""
        self._in_head = False
        self._settle()
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > HEAD_BYTES or len(self.headers) > HEAD_FIELDS:
            self._excess = True
            raise HeadTooLarge
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Tell an excess from nonsense."""
        if self._excess:
            self._refuse()
        else:
            super().send_400_response(msg)

    def _refuse(self) -> None:
        self.transport.write(_TOO_LARGE)
        self.transport.close()

    def _give_up(self) -> None:
        self.transport.close()

    def _watch_reader(self) -> None:
        self._untaken = self.transport.get_write_buffer_size()
        self._reader = self.loop.call_later(READER_SECONDS, self._look_at_reader)

    def _look_at_reader(self) -> None:
        if self._untaken - self.transport.get_write_buffer_size() < READER_BYTES:
            self.transport.abort()  # to close would be to wait for the buffer
        else:
            self._watch_reader()

    def _reader_came(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
            self._reader = None

    def _settle(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the process, which stops other things too."""
        yield


@asynccontextmanager
async def serve(app: ASGIApp, settings: Settings) -> AsyncIterator[None]:
    """Serve `app`; on exit running requests have `drain_seconds` to finish, and new ones are refused at once."""
    listener = _bound(settings.listen)
    config = uvicorn.Config(
        app,
        http=Bounded,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=round(settings.drain_seconds),
    )
    server = _Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await server.listening.wait()
        yield
    finally:
        server.should_exit = True
        await running


def _bound(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host.strip("[]"), int(port)), family=family, backlog=2048)
