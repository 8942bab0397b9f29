"""Fixtures for every test; each lives in the module of its subject."""

import os
from collections.abc import Callable

import pytest
from hypothesis import Phase, settings

# Before gRPC is imported: else its threads start anew in the fork that becomes Postgres, and end it.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"
os.environ["GRPC_VERBOSITY"] = "NONE"

pytest.register_assert_rewrite("tests.fixtures")  # before the first import, and some import one another
pytest_plugins = [
    "tests.fixtures.auth",
    "tests.fixtures.gateway",
    "tests.fixtures.postgres",
    "tests.fixtures.provisioning",
    "tests.fixtures.stack",
    "tests.fixtures.tenants",
    "tests.fixtures.schema",
    "tests.fixtures.records",
    "tests.fixtures.files",
    "tests.fixtures.vega",
]

# A mutant that is killed need not be killed by the smallest example.
settings.register_profile("mutants", phases=(Phase.explicit, Phase.generate))


@pytest.fixture
def counted(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Says at the end of the run how much a test went through."""
    return lambda text: record_property("counted", text)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the tests counted."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "counted":
                terminalreporter.write_line(f"{value} ({report.nodeid.rpartition('::')[2]})")
