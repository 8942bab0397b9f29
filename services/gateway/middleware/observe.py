"""The outermost layer: trace, metrics, access log, and the last resort for what nobody caught."""

import asyncio
import logging
import time

import structlog
from opentelemetry import trace
from prometheus_client import Counter, Histogram
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway import responses
from services.gateway.middleware import tracing

# nginx's number for a client that left before its answer; it is never sent.
CLIENT_GONE = 499
_log = structlog.get_logger()
_enabled = logging.getLogger(__name__)
_requests = Counter("rowhouse_http_total", "HTTP requests served.", ["method", "route", "status"])
_seconds = Histogram("rowhouse_http_seconds", "Time to serve an HTTP request.", ["method", "route"])
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Observe:
    """Gives each request a trace id (answered as `X-Request-Id`) and counts, times and logs it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the rest, and tell what became of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with tracing.traced(scope) as span:
            await _Request(scope, span).run(self._app, receive, send)


class _Request:
    __slots__ = ("_scope", "_sent", "_span", "_started", "_status")

    def __init__(self, scope: Scope, span: trace.Span) -> None:
        self._scope = scope
        self._span = span
        self._started = time.perf_counter()
        self._status = 0
        self._sent = 0

    async def run(self, app: ASGIApp, receive: Receive, send: Send) -> None:
        request_id = (b"x-request-id", tracing.trace_id().encode())

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._status = int(message["status"])  # an enumeration would be logged by its name
                message["headers"] = [*message.get("headers", ()), request_id]
            else:
                self._sent += len(message.get("body", b""))
            await send(message)

        try:
            await app(self._scope, receive, counted)
        except (asyncio.CancelledError, ClientDisconnect) as error:
            self._status = CLIENT_GONE
            if isinstance(error, asyncio.CancelledError):
                raise
        except Exception:
            await self._failed(receive, counted)
        finally:
            self._record()

    async def _failed(self, receive: Receive, send: Send) -> None:
        _log.exception("request failed", method=self._scope["method"], path=self._scope["path"])
        self._span.set_status(trace.StatusCode.ERROR)
        if not self._status:
            await responses.internal_error()(self._scope, receive, send)

    def _record(self) -> None:
        seconds = time.perf_counter() - self._started
        method = self._scope["method"] if self._scope["method"] in _METHODS else "OTHER"
        route = getattr(self._scope.get("route"), "path", "none")
        status = self._status or CLIENT_GONE
        _requests.labels(method, route, status).inc()
        _seconds.labels(method, route).observe(seconds)
        if self._span.is_recording():
            self._span.update_name(f"{method} {route}")
            self._span.set_attributes({"http.route": route, "http.response.status_code": status})
        if _enabled.isEnabledFor(logging.INFO):  # structlog would first make the event, then drop it
            self._log(status, seconds)

    def _log(self, status: int, seconds: float) -> None:
        client = self._scope.get("client")
        _log.info(
            "request",
            method=self._scope["method"],
            path=self._scope["path"],
            status=status,
            duration_ms=round(seconds * 1000, 2),
            bytes=self._sent,
            client=client[0] if client else None,
        )
