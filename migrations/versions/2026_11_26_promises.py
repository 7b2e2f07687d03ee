"""Opening hours and policies are kept, every waiting has its due instant, and what passes it rings once.

Revision ID: 2026_11_26_promises
Revises: 2026_11_26_filters
"""

from alembic import op

revision = "2026_11_26_promises"
down_revision = "2026_11_26_filters"
branch_labels = None
depends_on = None

HERE = "nullif(current_setting('app.workspace_id', true), '')::uuid"

TABLES = [
    """CREATE TABLE calendar (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        name VARCHAR NOT NULL,
        versions JSONB NOT NULL,
        version INTEGER DEFAULT 1 NOT NULL,
        removed_at TIMESTAMP WITH TIME ZONE,
        created_by UUID,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_calendar PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_calendar_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id) ON DELETE CASCADE
    )""",
    "CREATE UNIQUE INDEX uq_calendar_name ON calendar (workspace_id, name) WHERE removed_at IS NULL",
    """CREATE TABLE sla_edition (
        workspace_id UUID NOT NULL,
        version INTEGER NOT NULL,
        valid_from TIMESTAMP WITH TIME ZONE NOT NULL,
        includes_waiting BOOLEAN NOT NULL,
        policies JSONB NOT NULL,
        created_by UUID,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_sla_edition PRIMARY KEY (workspace_id, version),
        CONSTRAINT fk_sla_edition_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id) ON DELETE CASCADE
    )""",
    """CREATE TABLE sla_refold (
        workspace_id UUID NOT NULL,
        due_at TIMESTAMP WITH TIME ZONE NOT NULL,
        after UUID NOT NULL,
        CONSTRAINT pk_sla_refold PRIMARY KEY (workspace_id),
        CONSTRAINT fk_sla_refold_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id) ON DELETE CASCADE
    )""",
    """CREATE TABLE alarm (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        conversation_id UUID NOT NULL,
        episode_key TEXT COLLATE "C" NOT NULL,
        threshold TEXT COLLATE "C" NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        rung_at TIMESTAMP WITH TIME ZONE NOT NULL,
        withdrawn_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_alarm PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_alarm_workspace_id_conversation_id FOREIGN KEY(workspace_id, conversation_id)
            REFERENCES conversation (workspace_id, id) ON DELETE CASCADE
    )""",
    """CREATE UNIQUE INDEX uq_alarm_once ON alarm (workspace_id, conversation_id, episode_key, threshold)
        WHERE withdrawn_at IS NULL""",
    "CREATE INDEX ix_alarm_rung ON alarm (workspace_id, threshold, rung_at, id)",
]
COLUMNS = [
    """ALTER TABLE episode
        ADD COLUMN IF NOT EXISTS policy TEXT COLLATE "C" DEFAULT '' NOT NULL,
        ADD COLUMN IF NOT EXISTS policy_version INTEGER DEFAULT 0 NOT NULL,
        ADD COLUMN IF NOT EXISTS due_at TIMESTAMP WITH TIME ZONE,
        ADD COLUMN IF NOT EXISTS risk_at TIMESTAMP WITH TIME ZONE,
        ADD COLUMN IF NOT EXISTS due_rung_at TIMESTAMP WITH TIME ZONE,
        ADD COLUMN IF NOT EXISTS risk_rung_at TIMESTAMP WITH TIME ZONE,
        ADD COLUMN IF NOT EXISTS rings_at TIMESTAMP WITH TIME ZONE""",
    """ALTER TABLE conversation
        ADD COLUMN IF NOT EXISTS due_at TIMESTAMP WITH TIME ZONE,
        ADD COLUMN IF NOT EXISTS risk SMALLINT DEFAULT 0 NOT NULL""",
]
INDEXES = {
    "ix_episode_rings": "episode (rings_at, workspace_id) WHERE rings_at IS NOT NULL",
    "ix_conversation_risk": "conversation (workspace_id, due_at, id) WHERE risk > 0",
    "ix_episode_report_due": """episode (workspace_id, opened_at)
        INCLUDE (ended_at, state, kind, channel_id, thread_kind, closed_unanswered, before_connection, due_at)""",
}
RIGHTS = {
    "calendar": "SELECT, INSERT, UPDATE, DELETE",
    "sla_edition": "SELECT, INSERT",
    "sla_refold": "SELECT, INSERT, UPDATE, DELETE",
    "alarm": "SELECT, INSERT, UPDATE, DELETE",
}
CLAIM = {"episode": "workspace_id, rings_at", "sla_refold": "workspace_id, due_at"}


def upgrade() -> None:
    # What is outside a transaction first, each so that it may be done again.
    with op.get_context().autocommit_block():
        for statement in COLUMNS:
            op.execute(statement)
        for name, on in INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON {on}")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_episode_report")
        op.execute("ALTER INDEX ix_episode_report_due RENAME TO ix_episode_report")
    for statement in TABLES:
        op.execute(statement)
    for table, rights in RIGHTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"""CREATE POLICY tenant ON {table} TO inbox_app, inbox_intake
                       USING (workspace_id = {HERE}) WITH CHECK (workspace_id = {HERE})""")
        op.execute(f"GRANT {rights} ON {table} TO inbox_app")
    for table, columns in CLAIM.items():
        op.execute(f"CREATE POLICY claim ON {table} FOR SELECT TO inbox_claim USING (true)")
        op.execute(f"GRANT SELECT ({columns}) ON {table} TO inbox_claim")


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
