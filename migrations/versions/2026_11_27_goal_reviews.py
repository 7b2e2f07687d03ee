"""A goal is looked at again every few weeks, and whoever it belongs to is told how it stands.

Revision ID: 2026_11_27_goal_reviews
Revises: 2026_11_27_channel_hours
"""

from alembic import op

revision = "2026_11_27_goal_reviews"
down_revision = "2026_11_27_channel_hours"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""ALTER TABLE goal
        ADD COLUMN review_due_at TIMESTAMP WITH TIME ZONE,
        ADD COLUMN review JSONB""")
    # What is meant already is looked at next Monday; from then on as often as its owner wants.
    op.execute("""UPDATE goal SET review_due_at = date_trunc('week', now()) + interval '7 days 9 hours'
                  WHERE removed_at IS NULL""")
    op.execute("ALTER TABLE webhook_delivery ADD COLUMN goal_id UUID")


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
