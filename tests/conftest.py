"""Fixtures for every test; each lives in the module of its subject."""

import pytest
from hypothesis import Phase, settings

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
