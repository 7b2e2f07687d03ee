"""A workspace's own programs are told of what happens: addresses, what is on its way to them, and a reader of the feed.

Revision ID: 2026_11_26_webhooks
Revises: 2026_11_26_teams
"""

from alembic import op

revision = "2026_11_26_webhooks"
down_revision = "2026_11_26_teams"
branch_labels = None
depends_on = None

TABLES = [
    """CREATE TABLE webhook (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        url TEXT NOT NULL,
        kinds TEXT[] COLLATE "C" NOT NULL,
        state TEXT COLLATE "C" DEFAULT 'on' NOT NULL,
        off_reason TEXT COLLATE "C" DEFAULT '' NOT NULL,
        secrets BYTEA NOT NULL,
        previous_until TIMESTAMP WITH TIME ZONE,
        from_seq BIGINT NOT NULL,
        failing_since TIMESTAMP WITH TIME ZONE,
        rest_until TIMESTAMP WITH TIME ZONE,
        created_by UUID,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_webhook PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_webhook_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id) ON DELETE CASCADE
    )""",
    """CREATE TABLE webhook_delivery (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        webhook_id UUID NOT NULL,
        seq BIGINT NOT NULL,
        kind TEXT COLLATE "C" NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        by UUID,
        conversation_id UUID,
        message_id UUID,
        activity_id UUID,
        channel_id UUID,
        state TEXT COLLATE "C" DEFAULT 'pending' NOT NULL,
        due_at TIMESTAMP WITH TIME ZONE,
        tries SMALLINT DEFAULT 0 NOT NULL,
        tried_at TIMESTAMP WITH TIME ZONE,
        status SMALLINT,
        took_ms INTEGER,
        answer TEXT DEFAULT '' NOT NULL,
        error TEXT DEFAULT '' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_webhook_delivery PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_webhook_delivery_workspace_id_webhook_id FOREIGN KEY(workspace_id, webhook_id)
            REFERENCES webhook (workspace_id, id) ON DELETE CASCADE
    )""",
    """CREATE UNIQUE INDEX uq_webhook_delivery_event ON webhook_delivery (workspace_id, webhook_id, seq)
       WHERE seq > 0""",
    """CREATE INDEX ix_webhook_delivery_due ON webhook_delivery (workspace_id, webhook_id, due_at)
       WHERE due_at IS NOT NULL""",
    "CREATE INDEX ix_webhook_delivery_log ON webhook_delivery (workspace_id, webhook_id, created_at, id)",
    """CREATE INDEX ix_webhook_delivery_failed ON webhook_delivery (workspace_id, webhook_id, created_at, id)
       WHERE state = 'failed'""",
    "CREATE INDEX ix_webhook_delivery_old ON webhook_delivery (workspace_id, created_at) WHERE due_at IS NULL",
    """CREATE INDEX ix_webhook_delivery_answer ON webhook_delivery (workspace_id, conversation_id)
       WHERE answer <> ''""",
]

HERE = "nullif(current_setting('app.workspace_id', true), '')::uuid"
TENANTS = ["webhook", "webhook_delivery"]

CLAIMS = [
    'GRANT SELECT (workspace_id, id, state, rest_until) ON "webhook" TO inbox_claim',
    'GRANT SELECT (workspace_id, webhook_id, due_at) ON "webhook_delivery" TO inbox_claim',
]

# Nobody is told of what happened before: the reader begins at the head of each feed there is.
BEGIN = "INSERT INTO feed_reader (workspace_id, name, seq) SELECT workspace_id, 'webhooks', seq FROM feed_head"


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    for table in TENANTS:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenant ON {table} TO inbox_app, inbox_intake"
            f" USING (workspace_id = {HERE}) WITH CHECK (workspace_id = {HERE})"
        )
        op.execute(f'GRANT SELECT, INSERT, UPDATE, DELETE ON "{table}" TO inbox_app')
        op.execute(f'CREATE POLICY claim ON "{table}" FOR SELECT TO inbox_claim USING (true)')
    for statement in CLAIMS:
        op.execute(statement)
    op.execute(BEGIN)


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
