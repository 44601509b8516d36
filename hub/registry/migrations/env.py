"""Run by Alembic with the connection, already in a transaction, that hub.registry.schema hands over."""

from alembic import context

from hub.registry.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
