"""Fixtures for every test; each lives in the module of its subject."""

pytest_plugins = ["tests.fixtures.gateway", "tests.fixtures.postgres", "tests.fixtures.provisioning", "tests.fixtures.stack"]
