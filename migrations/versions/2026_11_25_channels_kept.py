"""What a channel may spend, how it is doing, who is signing in at a platform, what files came, what must be let go.

Revision ID: 2026_11_25_channels_kept
Revises: 2026_11_24_the_house
"""

from alembic import op

revision = "2026_11_25_channels_kept"
down_revision = "2026_11_24_the_house"
branch_labels = None
depends_on = None

COLUMNS = {
    "message": [
        "reply_refused TEXT DEFAULT '' NOT NULL",
        "purge_due_at TIMESTAMP WITH TIME ZONE",
        "purged_at TIMESTAMP WITH TIME ZONE",
        "reread_due_at TIMESTAMP WITH TIME ZONE",
    ],
    "platform_app": ["handshake_at TIMESTAMP WITH TIME ZONE", "signed_at TIMESTAMP WITH TIME ZONE"],
    "channel": [
        "heard_at TIMESTAMP WITH TIME ZONE",
        "expires_at TIMESTAMP WITH TIME ZONE",
        "renew_at TIMESTAMP WITH TIME ZONE",
        "checked_at TIMESTAMP WITH TIME ZONE",
        "missing TEXT[] DEFAULT '{}' NOT NULL",
        "listening BOOLEAN",
        "trouble TEXT DEFAULT '' NOT NULL",
        "trouble_since TIMESTAMP WITH TIME ZONE",
        "deaf_since TIMESTAMP WITH TIME ZONE",
        "told INTEGER",
        "held INTEGER",
        "compared_at TIMESTAMP WITH TIME ZONE",
        "done_steps TEXT[] DEFAULT '{}' NOT NULL",
    ],
}

TABLES = [
    """CREATE TABLE attachment (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        message_id UUID NOT NULL,
        channel_id UUID NOT NULL,
        position SMALLINT NOT NULL,
        state TEXT COLLATE "C" DEFAULT 'due' NOT NULL,
        reason TEXT DEFAULT '' NOT NULL,
        tries SMALLINT DEFAULT 0 NOT NULL,
        due_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        key TEXT COLLATE "C" DEFAULT '' NOT NULL,
        mime TEXT DEFAULT '' NOT NULL,
        size BIGINT DEFAULT 0 NOT NULL,
        stored_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_attachment PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_attachment_workspace_id_message_id FOREIGN KEY(workspace_id, message_id)
            REFERENCES message (workspace_id, id) ON DELETE CASCADE
    )""",
    "CREATE INDEX ix_attachment_due ON attachment (due_at) WHERE state = 'due'",
    "CREATE INDEX ix_attachment_workspace_id_message_id ON attachment (workspace_id, message_id)",
    """CREATE TABLE channel_spending (
        workspace_id UUID NOT NULL,
        channel_id UUID NOT NULL,
        starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
        spent DOUBLE PRECISION DEFAULT 0 NOT NULL,
        CONSTRAINT pk_channel_spending PRIMARY KEY (workspace_id, channel_id, starts_at),
        CONSTRAINT fk_channel_spending_workspace_id_channel_id FOREIGN KEY(workspace_id, channel_id)
            REFERENCES channel (workspace_id, id) ON DELETE CASCADE
    )""",
    """CREATE TABLE oauth_state (
        hash BYTEA NOT NULL,
        id UUID NOT NULL,
        workspace_id UUID NOT NULL,
        user_id UUID NOT NULL,
        platform TEXT COLLATE "C" NOT NULL,
        app_id TEXT COLLATE "C" DEFAULT '' NOT NULL,
        sealed BYTEA NOT NULL,
        problem TEXT DEFAULT '' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        returned_at TIMESTAMP WITH TIME ZONE,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_oauth_state PRIMARY KEY (hash),
        CONSTRAINT uq_oauth_state_id UNIQUE (id),
        CONSTRAINT fk_oauth_state_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id) ON DELETE CASCADE,
        CONSTRAINT fk_oauth_state_user_id FOREIGN KEY(user_id) REFERENCES "user" (id) ON DELETE CASCADE
    )""",
    "CREATE INDEX ix_oauth_state_expires_at ON oauth_state (expires_at)",
    """CREATE TABLE deletion_request (
        code TEXT COLLATE "C" NOT NULL,
        platform TEXT COLLATE "C" NOT NULL,
        app_id TEXT COLLATE "C" NOT NULL,
        person BYTEA NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        done_at TIMESTAMP WITH TIME ZONE,
        found INTEGER DEFAULT 0 NOT NULL,
        CONSTRAINT pk_deletion_request PRIMARY KEY (code)
    )""",
    "CREATE INDEX ix_deletion_request_open ON deletion_request (created_at) WHERE done_at IS NULL",
    "CREATE INDEX ix_message_purge ON message (workspace_id, purge_due_at) WHERE purge_due_at IS NOT NULL",
    """CREATE INDEX ix_message_reread ON message (workspace_id, channel_id, reread_due_at)
       WHERE reread_due_at IS NOT NULL""",
]

HERE = "nullif(current_setting('app.workspace_id', true), '')::uuid"
TENANTS = ["attachment", "channel_spending"]

WALLS = [
    'GRANT SELECT, INSERT, UPDATE, DELETE ON "attachment" TO inbox_app',
    'CREATE POLICY claim ON "attachment" FOR SELECT TO inbox_claim USING (true)',
    'GRANT SELECT (workspace_id, id, state, due_at) ON "attachment" TO inbox_claim',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON "channel_spending" TO inbox_app',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON "oauth_state" TO inbox_app',
    'GRANT SELECT, INSERT, UPDATE ON "deletion_request" TO inbox_app',
    'GRANT SELECT (checked_at, renew_at) ON "channel" TO inbox_claim',
]


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        op.execute(f"ALTER TABLE {table} " + ", ".join(f"ADD COLUMN {column}" for column in columns))
    for statement in TABLES:
        op.execute(statement)
    for table in TENANTS:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenant ON {table} TO inbox_app, inbox_intake"
            f" USING (workspace_id = {HERE}) WITH CHECK (workspace_id = {HERE})"
        )
    for statement in WALLS:
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
