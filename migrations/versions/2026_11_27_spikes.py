"""A channel remembers when supervisors were told that much more came in than usual.

Revision ID: 2026_11_27_spikes
Revises: 2026_11_27_blocking
"""

from alembic import op

revision = "2026_11_27_spikes"
down_revision = "2026_11_27_blocking"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE channel ADD COLUMN spiked_at TIMESTAMP WITH TIME ZONE")


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
