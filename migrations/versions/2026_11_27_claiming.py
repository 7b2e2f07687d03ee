"""Whoever answers what nobody has, has it, if the workspace wants it so.

Revision ID: 2026_11_27_claiming
Revises: 2026_11_27_second_step
"""

from alembic import op

revision = "2026_11_27_claiming"
down_revision = "2026_11_27_second_step"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE workspace ADD COLUMN claims BOOLEAN DEFAULT true NOT NULL")


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
