"""A message may be one that the platform has approved beforehand, filled in: what it asks for travels with it.

Revision ID: 2026_11_25_templates
Revises: 2026_11_25_days_are_put_away
"""

from alembic import op

revision = "2026_11_25_templates"
down_revision = "2026_11_25_days_are_put_away"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""ALTER TABLE message ADD COLUMN template TEXT COLLATE "C" DEFAULT '' NOT NULL""")
    op.execute("ALTER TABLE outbound_message ADD COLUMN template JSONB")


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
