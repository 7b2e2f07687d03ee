"""Who did what can be read by person and by kind, each by an index of its own.

Revision ID: 2026_11_26_audit_is_read
Revises: 2026_11_26_people_are_told
"""

from alembic import op

revision = "2026_11_26_audit_is_read"
down_revision = "2026_11_26_people_are_told"
branch_labels = None
depends_on = None

INDEXES = [
    'CREATE INDEX ix_audit_entry_by ON audit_entry (workspace_id, "by", at, id)',
    "CREATE INDEX ix_audit_entry_verb ON audit_entry (workspace_id, verb, at, id)",
]


def upgrade() -> None:
    for statement in INDEXES:
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
