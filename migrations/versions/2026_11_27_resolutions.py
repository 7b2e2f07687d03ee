"""Cases to which a resolution was promised, what was known of them before, and which promise to who waits ends first.

Revision ID: 2026_11_27_resolutions
Revises: 2026_11_27_rights
"""

from alembic import op

revision = "2026_11_27_resolutions"
down_revision = "2026_11_27_rights"
branch_labels = None
depends_on = None

HERE = "nullif(current_setting('app.workspace_id', true), '')::uuid"
CASE = """channel_id UUID NOT NULL,
    thread_kind TEXT COLLATE "C" NOT NULL,
    author TEXT COLLATE "C" NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    waiting BOOLEAN NOT NULL,
    waits_in UUID,
    resolved_at TIMESTAMP WITH TIME ZONE,
    over_at TIMESTAMP WITH TIME ZONE,
    policy TEXT COLLATE "C" NOT NULL,
    policy_version INTEGER NOT NULL,
    allowed INTERVAL NOT NULL,
    business BOOLEAN NOT NULL,
    used INTERVAL NOT NULL,
    with_us INTERVAL NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE,
    risk_at TIMESTAMP WITH TIME ZONE"""

TABLES = {
    "resolution": f"""CREATE TABLE resolution (
        workspace_id UUID NOT NULL,
        conversation_id UUID NOT NULL,
        key TEXT COLLATE "C" NOT NULL,
        {CASE},
        known_from TIMESTAMP WITH TIME ZONE NOT NULL,
        due_rung_at TIMESTAMP WITH TIME ZONE,
        risk_rung_at TIMESTAMP WITH TIME ZONE,
        rings_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_resolution PRIMARY KEY (workspace_id, conversation_id, key),
        CONSTRAINT fk_resolution_workspace_id_conversation_id FOREIGN KEY(workspace_id, conversation_id)
            REFERENCES conversation (workspace_id, id) ON DELETE CASCADE
    )""",
    "resolution_past": f"""CREATE TABLE resolution_past (
        workspace_id UUID NOT NULL,
        conversation_id UUID NOT NULL,
        key TEXT COLLATE "C" NOT NULL,
        known_from TIMESTAMP WITH TIME ZONE NOT NULL,
        known_until TIMESTAMP WITH TIME ZONE NOT NULL,
        {CASE},
        CONSTRAINT pk_resolution_past PRIMARY KEY (workspace_id, conversation_id, key, known_from)
    )""",
}
INDEXES = (
    "CREATE INDEX ix_resolution_opened ON resolution (workspace_id, opened_at, conversation_id, key)",
    "CREATE INDEX ix_resolution_elsewhere ON resolution (workspace_id, waits_in) WHERE waits_in <> conversation_id",
    "CREATE INDEX ix_resolution_rings ON resolution (rings_at, workspace_id) WHERE rings_at IS NOT NULL",
    "CREATE INDEX ix_resolution_past_opened ON resolution_past (workspace_id, opened_at, conversation_id, key)",
)
# What is due already is due for an answer; yesterday's code promises nothing else.
COLUMNS = (
    """ALTER TABLE conversation ADD COLUMN due_for TEXT COLLATE "C" DEFAULT '' NOT NULL""",
    "UPDATE conversation SET due_for = 'answer' WHERE due_at IS NOT NULL",
    """ALTER TABLE webhook_delivery ADD COLUMN promise TEXT COLLATE "C" DEFAULT '' NOT NULL""",
    """ALTER TABLE notification ADD COLUMN promise TEXT COLLATE "C" DEFAULT '' NOT NULL""",
)


def upgrade() -> None:
    for table, statement in TABLES.items():
        op.execute(statement)
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenant ON {table} TO inbox_app, inbox_intake"
            f" USING (workspace_id = {HERE}) WITH CHECK (workspace_id = {HERE})"
        )
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO inbox_app")
    op.execute("CREATE POLICY claim ON resolution FOR SELECT TO inbox_claim USING (true)")
    op.execute("GRANT SELECT (workspace_id, rings_at) ON resolution TO inbox_claim")
    for statement in (*INDEXES, *COLUMNS):
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
