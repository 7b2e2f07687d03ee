"""Contacts that are one person, as somebody said, until they are split again.

Revision ID: 2026_11_26_contact_merges
Revises: 2026_11_26_send_later
"""

from alembic import op

revision = "2026_11_26_contact_merges"
down_revision = "2026_11_26_send_later"
branch_labels = None
depends_on = None

HERE = "nullif(current_setting('app.workspace_id', true), '')::uuid"

STATEMENTS = [
    """CREATE TABLE contact_merge (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        kept_id UUID NOT NULL,
        merged_id UUID NOT NULL,
        identity_ids UUID[] DEFAULT '{}' NOT NULL,
        at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        by UUID,
        token_id UUID,
        split_at TIMESTAMP WITH TIME ZONE,
        split_by UUID,
        CONSTRAINT pk_contact_merge PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_contact_merge_workspace_id_kept_id FOREIGN KEY(workspace_id, kept_id)
            REFERENCES contact (workspace_id, id) ON DELETE CASCADE,
        CONSTRAINT fk_contact_merge_workspace_id_merged_id FOREIGN KEY(workspace_id, merged_id)
            REFERENCES contact (workspace_id, id) ON DELETE CASCADE
    )""",
    "CREATE INDEX ix_contact_merge_kept ON contact_merge (workspace_id, kept_id, id)",
    "CREATE INDEX ix_contact_merge_merged ON contact_merge (workspace_id, merged_id, id)",
    """CREATE UNIQUE INDEX uq_contact_merge_standing ON contact_merge (workspace_id, merged_id)
       WHERE split_at IS NULL""",
    "ALTER TABLE contact_merge ENABLE ROW LEVEL SECURITY",
    f"""CREATE POLICY tenant ON contact_merge TO inbox_app, inbox_intake
        USING (workspace_id = {HERE}) WITH CHECK (workspace_id = {HERE})""",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON contact_merge TO inbox_app",
]


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
