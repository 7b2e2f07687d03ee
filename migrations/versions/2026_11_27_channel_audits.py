"""Channels are audited: what was computed, what was decided, and when to look again.

Revision ID: 2026_11_27_channel_audits
Revises: 2026_11_27_due_first
"""

from alembic import op

revision = "2026_11_27_channel_audits"
down_revision = "2026_11_27_due_first"
branch_labels = None
depends_on = None

HERE = "nullif(current_setting('app.workspace_id', true), '')::uuid"

CHANNEL_AUDIT = """CREATE TABLE channel_audit (
    workspace_id UUID NOT NULL,
    id UUID NOT NULL,
    channel_id UUID NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    made_by UUID,
    token_id UUID,
    first DATE NOT NULL,
    last DATE NOT NULL,
    mission TEXT DEFAULT '' NOT NULL,
    owner_id UUID,
    recommended TEXT COLLATE "C" NOT NULL,
    decision TEXT COLLATE "C" NOT NULL,
    note TEXT DEFAULT '' NOT NULL,
    next_audit_on DATE,
    found JSONB NOT NULL,
    CONSTRAINT pk_channel_audit PRIMARY KEY (workspace_id, id),
    CONSTRAINT fk_channel_audit_workspace_id_channel_id FOREIGN KEY(workspace_id, channel_id)
        REFERENCES channel (workspace_id, id) ON DELETE CASCADE
)"""
INDEXES = {
    "ix_message_heard": """message (workspace_id, channel_id, at)
        INCLUDE (identity_id, needs_reply, kind, language, before_connection) WHERE direction = 'in'""",
    "ix_message_replied": """message (workspace_id, channel_id, at)
        WHERE direction = 'out' AND agent_id IS NOT NULL AND delivery = 'sent'""",
}
OPENED = """episode (workspace_id, channel_id, opened_at)
    INCLUDE (author, case_key, state, before_connection)"""


def upgrade() -> None:
    # What is outside a transaction first, each so that it may be done again.
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE channel ADD COLUMN IF NOT EXISTS next_audit_on DATE")
        for name, what in INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON {what}")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_episode_opened_wide")
        op.execute(f"CREATE INDEX CONCURRENTLY ix_episode_opened_wide ON {OPENED}")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_episode_opened")
        op.execute("ALTER INDEX ix_episode_opened_wide RENAME TO ix_episode_opened")
    op.execute(CHANNEL_AUDIT)
    op.execute("CREATE INDEX ix_channel_audit_channel ON channel_audit (workspace_id, channel_id, made_at, id)")
    op.execute("ALTER TABLE channel_audit ENABLE ROW LEVEL SECURITY")
    op.execute(f"""CREATE POLICY tenant ON channel_audit TO inbox_app, inbox_intake
                   USING (workspace_id = {HERE}) WITH CHECK (workspace_id = {HERE})""")
    op.execute("GRANT SELECT, INSERT ON channel_audit TO inbox_app")


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
