"""Alembic's entry point: runs the revisions on the connection that `migrate` opened."""

from alembic import context

from services.auth.models import SCHEMA, Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table_schema=SCHEMA,
    include_schemas=True,
)
context.run_migrations()
