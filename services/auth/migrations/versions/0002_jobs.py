"""Procrastinate's tables and functions, as its version 3.10 has them, in a schema of their own."""

from importlib import resources

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    text = resources.files("services.auth.migrations").joinpath("sql/procrastinate-3.10.sql").read_text()
    op.execute("CREATE SCHEMA jobs")
    op.execute("SET LOCAL search_path = jobs")
    op.get_bind().exec_driver_sql(text, execution_options={"no_parameters": True})
    op.execute("SET LOCAL search_path = DEFAULT")
