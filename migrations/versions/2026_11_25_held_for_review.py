"""What a platform holds back for review is told from what we hid, and found quickly.

Revision ID: 2026_11_25_held_for_review
Revises: 2026_11_25_templates
"""

from alembic import op

revision = "2026_11_25_held_for_review"
down_revision = "2026_11_25_templates"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE message ADD COLUMN held BOOLEAN DEFAULT false NOT NULL")
    op.execute("ALTER TABLE conversation ADD COLUMN held INTEGER DEFAULT 0 NOT NULL")
    op.execute(
        """CREATE INDEX ix_conversation_held ON conversation (workspace_id, channel_id, waiting_rank, id)
           WHERE held > 0"""
    )


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
