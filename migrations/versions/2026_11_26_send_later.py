"""A message may be written now and leave at a time to come.

Revision ID: 2026_11_26_send_later
Revises: 2026_11_26_macros
"""

from alembic import op

revision = "2026_11_26_send_later"
down_revision = "2026_11_26_macros"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE message ADD COLUMN scheduled BOOLEAN DEFAULT false NOT NULL")
    op.execute("ALTER TABLE outbound_message ADD COLUMN scheduled BOOLEAN DEFAULT false NOT NULL")
    op.execute("""CREATE INDEX ix_outbound_scheduled ON outbound_message (workspace_id, channel_id, conversation_id)
                  WHERE scheduled AND state = 'queued'""")


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
