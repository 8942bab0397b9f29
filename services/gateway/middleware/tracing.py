"""The trace that a request belongs to: its own span, and an id even where no tracing is set up."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import context, propagate, trace
from starlette.types import Scope

_tracer = trace.get_tracer("rowhouse")


def trace_id() -> str:
    """The current trace's id, 32 hex digits; what an answer and the logs of every service have in common."""
    return trace.format_trace_id(trace.get_current_span().get_span_context().trace_id)


@contextmanager
def traced(scope: Scope) -> Iterator[trace.Span]:
    """Run a request in its span, a child of the caller's `traceparent` if it sent one."""
    span = _tracer.start_span(scope["method"], context=_parent(scope), kind=trace.SpanKind.SERVER)
    if not span.get_span_context().is_valid:
        span = trace.NonRecordingSpan(_fresh_context())
    # `trace.use_span` would do, at 20 us; what goes wrong inside is told by who runs the request.
    token = context.attach(trace.set_span_in_context(span))
    try:
        yield span
    finally:
        context.detach(token)
        span.end()


def _parent(scope: Scope) -> context.Context | None:
    sent = {name: value for name, value in scope["headers"] if name in (b"traceparent", b"tracestate")}
    if not sent:
        return None
    return propagate.extract({name.decode(): value.decode("latin-1") for name, value in sent.items()})


def _fresh_context() -> trace.SpanContext:
    """Without an SDK nobody makes ids; the services still log under the one that travels to them."""
    return trace.SpanContext(secrets.randbits(128) | 1, secrets.randbits(64) | 1, is_remote=False)
