"""People may be blocked, account by account.

Revision ID: 2026_11_27_blocking
Revises: 2026_11_27_spam
"""

from alembic import op

revision = "2026_11_27_blocking"
down_revision = "2026_11_27_spam"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE contact_identity ADD COLUMN blocked_at TIMESTAMP WITH TIME ZONE")
    op.execute("ALTER TABLE contact_identity ADD COLUMN blocked_by UUID")


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
