"""What a process logs."""

import json
import logging
import subprocess
import sys

import pytest
import structlog
from opentelemetry import trace

from services.kit import telemetry


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
