"""Conversations may be spam.

Revision ID: 2026_11_27_spam
Revises: 2026_11_27_wall_links
"""

from alembic import op

revision = "2026_11_27_spam"
down_revision = "2026_11_27_wall_links"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE conversation ADD COLUMN is_spam BOOLEAN DEFAULT false NOT NULL")
    op.execute("CREATE INDEX ix_conversation_spam ON conversation (workspace_id, waiting_rank, id) WHERE is_spam")


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
