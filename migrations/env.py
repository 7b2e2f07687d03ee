"""Runs migrations over a connection that inbox.migrate hands in."""

from alembic import context

from inbox.models import Table

# Each migration is a transaction, and may step out of it to make an index beside the work that goes on.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
