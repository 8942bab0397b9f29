"""Fixtures for every test; each lives in the module of its subject."""

pytest_plugins = [
    "tests.fixtures.auth",
    "tests.fixtures.gateway",
    "tests.fixtures.postgres",
    "tests.fixtures.provisioning",
    "tests.fixtures.stack",
    "tests.fixtures.tenants",
    # after those that it imports: pytest rewrites the asserts of a module only before its first import
    "tests.fixtures.schema",
    "tests.fixtures.records",
]
