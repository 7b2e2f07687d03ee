"""Runs migrations over a connection that inbox.migrate hands in."""

from alembic import context

from inbox.models import Table

context.configure(connection=context.config.attributes["connection"], target_metadata=Table.metadata)
with context.begin_transaction():
    context.run_migrations()
