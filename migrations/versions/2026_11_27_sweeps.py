"""One act on every conversation of a list, and the way back.

Revision ID: 2026_11_27_sweeps
Revises: 2026_11_27_approval
"""

from alembic import op

revision = "2026_11_27_sweeps"
down_revision = "2026_11_27_approval"
branch_labels = None
depends_on = None

HERE = "nullif(current_setting('app.workspace_id', true), '')::uuid"

TABLES = {
    "sweep": """CREATE TABLE sweep (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        user_id UUID NOT NULL,
        act JSONB NOT NULL,
        state TEXT COLLATE "C" DEFAULT 'running' NOT NULL,
        total INTEGER NOT NULL,
        changed INTEGER DEFAULT 0 NOT NULL,
        passed INTEGER DEFAULT 0 NOT NULL,
        refused JSONB DEFAULT '{}' NOT NULL,
        undone INTEGER DEFAULT 0 NOT NULL,
        kept INTEGER DEFAULT 0 NOT NULL,
        version INTEGER DEFAULT 1 NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        ended_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_sweep PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_sweep_workspace_id_user_id FOREIGN KEY(workspace_id, user_id)
            REFERENCES membership (workspace_id, user_id) ON DELETE CASCADE
    )""",
    "sweep_row": """CREATE TABLE sweep_row (
        workspace_id UUID NOT NULL,
        sweep_id UUID NOT NULL,
        conversation_id UUID NOT NULL,
        state TEXT COLLATE "C" DEFAULT 'new' NOT NULL,
        before JSONB DEFAULT '{}' NOT NULL,
        CONSTRAINT pk_sweep_row PRIMARY KEY (workspace_id, sweep_id, conversation_id),
        CONSTRAINT fk_sweep_row_workspace_id_sweep_id FOREIGN KEY(workspace_id, sweep_id)
            REFERENCES sweep (workspace_id, id) ON DELETE CASCADE,
        CONSTRAINT fk_sweep_row_workspace_id_conversation_id FOREIGN KEY(workspace_id, conversation_id)
            REFERENCES conversation (workspace_id, id) ON DELETE CASCADE
    )""",
}
INDEXES = (
    """CREATE INDEX ix_sweep_moving ON sweep (workspace_id, created_at, id)
       WHERE state IN ('running', 'undoing')""",
    """CREATE INDEX ix_sweep_row_left ON sweep_row (workspace_id, sweep_id, conversation_id)
       WHERE state IN ('new', 'undo')""",
    "CREATE INDEX ix_sweep_row_conversation ON sweep_row (workspace_id, conversation_id)",
)


def upgrade() -> None:
    for table, statement in TABLES.items():
        op.execute(statement)
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"""CREATE POLICY tenant ON {table} TO inbox_app, inbox_intake
                       USING (workspace_id = {HERE}) WITH CHECK (workspace_id = {HERE})""")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO inbox_app")
    for index in INDEXES:
        op.execute(index)
    op.execute("CREATE POLICY claim ON sweep FOR SELECT TO inbox_claim USING (true)")
    op.execute("GRANT SELECT (workspace_id, state) ON sweep TO inbox_claim")


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
