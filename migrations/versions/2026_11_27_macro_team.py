"""A macro may give a conversation to a team.

Revision ID: 2026_11_27_macro_team
Revises: 2026_11_27_as_it_stood
"""

from alembic import op

revision = "2026_11_27_macro_team"
down_revision = "2026_11_27_as_it_stood"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE macro ADD COLUMN team_id UUID")


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
