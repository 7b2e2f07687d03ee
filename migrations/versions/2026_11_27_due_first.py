"""Lists show what is due first, then who waits longest.

Revision ID: 2026_11_27_due_first
Revises: 2026_11_27_recall
"""

from alembic import op

revision = "2026_11_27_due_first"
down_revision = "2026_11_27_recall"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Only of those who wait; whoever writes one meanwhile gives it the new place as well.
    op.execute("""UPDATE conversation SET version = version + 1, waiting_rank = CASE
                      WHEN due_at IS NULL THEN 5000000000 + extract(epoch FROM waiting_since)
                      ELSE extract(epoch FROM due_at) END
                  WHERE waiting_since IS NOT NULL""")


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
