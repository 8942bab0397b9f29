"""What a process logs."""

import gzip
import json
import logging
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import structlog
from opentelemetry import trace

from services.kit import telemetry
from services.laptop.postgres import free_port


@pytest.fixture(autouse=True)
def _restored() -> object:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def _fail() -> None:
    password = "hunter2-" + "in-a-local"  # a local variable, which a traceback could show
    assert password
    raise RuntimeError("broken")


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_shows_no_local_variables(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.configure_logs(form, "INFO")
    try:
        _fail()
    except RuntimeError:
        structlog.get_logger().exception("rpc failed")
        logging.getLogger("elsewhere").exception("library failed")
    written = capsys.readouterr().err
    assert written.count("broken") >= 2
    assert "_fail" in written
    assert "hunter2-in-a-local" not in written


def test_json_events_carry_the_trace_and_their_keys(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.configure_logs("json", "INFO")
    span = trace.NonRecordingSpan(trace.SpanContext(0xABC, 0xDEF, is_remote=True))
    with trace.use_span(span):
        structlog.get_logger().info("table created", tenant="t1")
    event = json.loads(capsys.readouterr().err)
    assert event["event"] == "table created"
    assert event["tenant"] == "t1"
    assert event["level"] == "info"
    assert event["trace_id"] == f"{0xABC:032x}"


def test_without_an_endpoint_the_sdk_is_not_imported() -> None:
    code = (
        "import sys; from services.kit import telemetry; from services.kit.settings import Settings;"
        "telemetry.start('x', Settings(listen='unix:/x'));"
        "assert not [m for m in sys.modules if m.startswith('opentelemetry.sdk')], 'imported'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_metrics_are_read_from_the_process_s_own_port() -> None:
    address = f"127.0.0.1:{free_port()}"
    code = (
        "import urllib.request; from services.kit import telemetry; from services.kit.settings import Settings;"
        f"telemetry.start('x', Settings(listen='unix:/x', metrics_listen='{address}'));"
        f"print(urllib.request.urlopen('http://{address}/metrics').read().decode())"
    )
    read = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert "process_resident_memory_bytes" in read


def test_spans_go_to_the_endpoint_that_is_set() -> None:
    with HTTPServer(("127.0.0.1", 0), _Collector) as collector:
        endpoint = f"http://127.0.0.1:{collector.server_port}/v1/traces"
        code = (
            "from opentelemetry import trace; from services.kit import telemetry; from services.kit.settings import Settings;"
            f"telemetry.start('x', Settings(listen='unix:/x', otlp_endpoint='{endpoint}'));"
            "trace.get_tracer('t').start_span('page of people').end(); telemetry.stop()"
        )
        with subprocess.Popen([sys.executable, "-c", code]) as sending:
            collector.handle_request()
            assert sending.wait(30) == 0
    assert b"page of people" in _Collector.received
    assert b"rowhouse-x" in _Collector.received


class _Collector(BaseHTTPRequestHandler):
    received = b""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).received = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
