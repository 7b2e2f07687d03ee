"""Texts that are kept to be written again.

Revision ID: 2026_11_26_saved_replies
Revises: 2026_11_26_feed_forgets_all
"""

from alembic import op

revision = "2026_11_26_saved_replies"
down_revision = "2026_11_26_feed_forgets_all"
branch_labels = None
depends_on = None

HERE = "nullif(current_setting('app.workspace_id', true), '')::uuid"

STATEMENTS = [
    """CREATE TABLE saved_reply (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        owner_id UUID,
        title VARCHAR NOT NULL,
        shortcut TEXT COLLATE "C" DEFAULT '' NOT NULL,
        text VARCHAR NOT NULL,
        platforms TEXT[] COLLATE "C" DEFAULT '{}' NOT NULL,
        channel_ids UUID[] DEFAULT '{}' NOT NULL,
        uses INTEGER DEFAULT 0 NOT NULL,
        used_at TIMESTAMP WITH TIME ZONE,
        version INTEGER DEFAULT 1 NOT NULL,
        created_by UUID,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_saved_reply PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_saved_reply_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id) ON DELETE CASCADE
    )""",
    "CREATE INDEX ix_saved_reply_owner ON saved_reply (workspace_id, owner_id, id)",
    """CREATE UNIQUE INDEX uq_saved_reply_shared ON saved_reply (workspace_id, shortcut)
       WHERE owner_id IS NULL AND shortcut <> ''""",
    """CREATE UNIQUE INDEX uq_saved_reply_own ON saved_reply (workspace_id, owner_id, shortcut)
       WHERE owner_id IS NOT NULL AND shortcut <> ''""",
    "ALTER TABLE saved_reply ENABLE ROW LEVEL SECURITY",
    f"""CREATE POLICY tenant ON saved_reply TO inbox_app, inbox_intake
        USING (workspace_id = {HERE}) WITH CHECK (workspace_id = {HERE})""",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON saved_reply TO inbox_app",
]


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
