"""Logs, traces and metrics of a process: structlog for all that is logged, OpenTelemetry where an endpoint is set, Prometheus."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import prometheus_client
import structlog
from opentelemetry import trace
from structlog.typing import Processor

from services.kit.settings import Settings

# Below these levels they tell what our own events tell better.
_QUIET = {
    "procrastinate": logging.CRITICAL,
    "psycopg": logging.ERROR,
    "uvicorn": logging.WARNING,
    "asyncio": logging.WARNING,
}


def start(service: str, settings: Settings) -> None:
    """Set up this process: how it logs, where its spans go, where its metrics are read."""
    configure_logs(settings.log_format, settings.log_level)
    structlog.contextvars.bind_contextvars(service=service)
    if settings.otlp_endpoint:
        _send_spans(service, settings.otlp_endpoint)
    if settings.metrics_listen:
        host, _, port = settings.metrics_listen.rpartition(":")
        prometheus_client.start_http_server(int(port), host)


def configure_logs(form: str, level: str) -> None:
    """Send what is logged, by structlog or by the standard library, to stderr as `json` or for people (`console`)."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_trace,
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_rendering(form)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name, lowest in _QUIET.items():
        logging.getLogger(name).setLevel(max(root.level, lowest))
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _rendering(form: str) -> list[Processor]:
    # Both renderers show local variables unless told not to: passwords and tokens would be among them.
    if form == "console":
        return [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
        ]
    without_locals = structlog.tracebacks.ExceptionDictTransformer(show_locals=False, use_rich=False)
    return [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.ExceptionRenderer(without_locals),
        structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
    ]


def _add_trace(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = trace.format_trace_id(context.trace_id)
    return event


def _send_spans(service: str, endpoint: str) -> None:
    # Imported here: the SDK costs a fifth of a second and 12 MB that nobody needs without an endpoint.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": f"rowhouse-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    trace.set_tracer_provider(provider)


def stop() -> None:
    """Send what spans are left."""
    shutdown = getattr(trace.get_tracer_provider(), "shutdown", None)
    if shutdown is not None:
        shutdown()
