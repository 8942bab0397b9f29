"""Fixtures for every test; each lives in the module of its subject."""

import pytest

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
