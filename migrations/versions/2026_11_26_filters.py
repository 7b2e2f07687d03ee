"""Lists can be narrowed by whatever is known of a conversation, and what is asked often is kept under a name.

Revision ID: 2026_11_26_filters
Revises: 2026_11_26_webhooks
"""

from alembic import op

revision = "2026_11_26_filters"
down_revision = "2026_11_26_webhooks"
branch_labels = None
depends_on = None

HERE = "nullif(current_setting('app.workspace_id', true), '')::uuid"

INDEXES = {
    "ix_conversation_priority": """conversation (workspace_id, status, priority, waiting_rank, id)
        WHERE priority > 0""",
    "ix_message_language": "message (workspace_id, language, conversation_id) WHERE language <> ''",
}

STATEMENTS = [
    """CREATE TABLE saved_view (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        owner_id UUID,
        name VARCHAR NOT NULL,
        "view" TEXT COLLATE "C" NOT NULL,
        filtering JSONB DEFAULT '{}' NOT NULL,
        position INTEGER DEFAULT 0 NOT NULL,
        version INTEGER DEFAULT 1 NOT NULL,
        created_by UUID,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_saved_view PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_saved_view_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id) ON DELETE CASCADE
    )""",
    "CREATE INDEX ix_saved_view_owner ON saved_view (workspace_id, owner_id, id)",
    "ALTER TABLE saved_view ENABLE ROW LEVEL SECURITY",
    f"""CREATE POLICY tenant ON saved_view TO inbox_app, inbox_intake
        USING (workspace_id = {HERE}) WITH CHECK (workspace_id = {HERE})""",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON saved_view TO inbox_app",
]


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, on in INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON {on}")
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
