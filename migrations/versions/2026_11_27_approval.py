"""What somebody writes may wait until a colleague has approved it.

Revision ID: 2026_11_27_approval
Revises: 2026_11_26_goals
"""

from alembic import op

revision = "2026_11_27_approval"
down_revision = "2026_11_26_goals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE membership ADD COLUMN asks_first BOOLEAN DEFAULT false NOT NULL")
    op.execute("ALTER TABLE outbound_message ADD COLUMN approved_by UUID")
    op.execute("""CREATE INDEX ix_outbound_approval ON outbound_message (workspace_id, channel_id, conversation_id)
                  WHERE state = 'awaiting_approval'""")


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
