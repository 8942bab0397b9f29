"""The one server interceptor: deadline, identity, span, metrics and the rendering of errors, around every RPC alike."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, aclosing, asynccontextmanager, nullcontext
from typing import Any

import grpc
import structlog
from opentelemetry import propagate, trace
from prometheus_client import Counter, Histogram

from services.kit import errors
from services.kit.rpc.deadline import deadline
from services.kit.rpc.identity import as_caller
from services.kit.rpc.status import CODES, to_status
from services.kit.rpc.tokens import InternalTokenInvalid, Verifier
from services.kit.rpc.typing import Context, Continuation, Handler

HEALTH = "/grpc.health.v1.Health/"
_BEARER = "Bearer "
_log = structlog.get_logger()
_tracer = trace.get_tracer("rowhouse")
_calls = Counter("rowhouse_rpc_total", "RPCs served.", ["rpc", "code"])
_seconds = Histogram("rowhouse_rpc_seconds", "Time to serve an RPC.", ["rpc"])


class DeadlineMissing(errors.Invalid):
    """A call that could last forever."""

    reason = "DEADLINE_MISSING"

    def __init__(self) -> None:
        super().__init__("A call needs a deadline; set one on the channel.")


class Guard(grpc.aio.ServerInterceptor):
    """Wraps each method once. `public` methods need no internal token."""

    def __init__(self, verifier: Verifier, public: frozenset[str] = frozenset()) -> None:
        self._verifier = verifier
        self._public = public
        self._wrapped: dict[str, Handler] = {}

    async def intercept_service(self, continuation: Continuation, details: grpc.HandlerCallDetails) -> Handler | None:
        """Answer the wrapped handler; health checks go unguarded."""
        handler: Handler | None = await continuation(details)
        if handler is None or details.method.startswith(HEALTH):
            return handler
        if details.method not in self._wrapped:
            self._wrapped[details.method] = self._wrap(details.method, handler)
        return self._wrapped[details.method]

    def _wrap(self, method: str, handler: Any) -> Handler:
        inner = handler.unary_unary or handler.unary_stream or handler.stream_unary or handler.stream_stream

        async def stream(request: Any, context: Context) -> None:
            # We drive the generator ourselves: gRPC would close it in another task when the caller goes away.
            async with self._around(method, context), aclosing(inner(request, context)) as replies:
                async for reply in replies:
                    await context.write(reply)

        async def single(request: Any, context: Context) -> Any:
            async with self._around(method, context):
                return await inner(request, context)

        shape = f"{'stream' if handler.request_streaming else 'unary'}_{'stream' if handler.response_streaming else 'unary'}"
        make = getattr(grpc, f"{shape}_rpc_method_handler")
        run = stream if handler.response_streaming else single
        wrapped: Handler = make(run, handler.request_deserializer, handler.response_serializer)
        return wrapped

    @asynccontextmanager
    async def _around(self, method: str, context: Context) -> AsyncIterator[None]:
        metadata = {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
        started, code = time.perf_counter(), "OK"
        with _tracer.start_as_current_span(
            method,
            context=propagate.extract(metadata),
            kind=trace.SpanKind.SERVER,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                with self._limits(context), self._identity(method, metadata):
                    yield
            except errors.AppError as error:
                code = CODES[error.kind].name
                await context.abort_with_status(to_status(error))
            except (asyncio.CancelledError, grpc.aio.InternalError):
                # A write to a caller that has gone raises the latter.
                code = "CANCELLED"
                raise
            except grpc.aio.AbortError:
                code = "ABORTED"
                raise
            except Exception:
                code = "INTERNAL"
                _log.exception("rpc failed", rpc=method)
                span.set_status(trace.StatusCode.ERROR)
                await context.abort(grpc.StatusCode.INTERNAL, "Internal error.")
            finally:
                _calls.labels(method, code).inc()
                _seconds.labels(method).observe(time.perf_counter() - started)

    def _limits(self, context: Context) -> AbstractContextManager[None]:
        left = context.time_remaining()
        if left is None:
            raise DeadlineMissing
        return deadline(left)

    def _identity(self, method: str, metadata: dict[str, str]) -> AbstractContextManager[None]:
        header = metadata.get("authorization", "")
        if not header and method in self._public:
            return nullcontext()
        if not header.startswith(_BEARER):
            raise InternalTokenInvalid("there is none")
        bearer = header.removeprefix(_BEARER)
        return as_caller(self._verifier.verify(bearer), bearer)
