"""People are told on their devices while no page is open: which browsers, and what is on its way to each.

Revision ID: 2026_11_27_push
Revises: 2026_11_27_resolutions
"""

from alembic import op

revision = "2026_11_27_push"
down_revision = "2026_11_27_resolutions"
branch_labels = None
depends_on = None

HERE = "nullif(current_setting('app.workspace_id', true), '')::uuid"

STATEMENTS = [
    """CREATE TABLE push_subscription (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        user_id UUID NOT NULL,
        session_id BYTEA NOT NULL,
        endpoint_hash BYTEA NOT NULL,
        sealed BYTEA NOT NULL,
        host TEXT DEFAULT '' NOT NULL,
        trouble TEXT COLLATE "C" DEFAULT '' NOT NULL,
        status INTEGER,
        taken_at TIMESTAMP WITH TIME ZONE,
        tested_at TIMESTAMP WITH TIME ZONE,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_push_subscription PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_push_subscription_workspace_id_user_id FOREIGN KEY(workspace_id, user_id)
            REFERENCES membership (workspace_id, user_id) ON DELETE CASCADE,
        CONSTRAINT fk_push_subscription_session_id FOREIGN KEY(session_id) REFERENCES session (id) ON DELETE CASCADE,
        CONSTRAINT uq_push_subscription_workspace_id_endpoint_hash UNIQUE (workspace_id, endpoint_hash),
        CONSTRAINT uq_push_subscription_workspace_id_session_id UNIQUE (workspace_id, session_id)
    )""",
    "CREATE INDEX ix_push_subscription_workspace_id_user_id ON push_subscription (workspace_id, user_id)",
    "CREATE INDEX ix_push_subscription_session_id ON push_subscription (session_id)",
    """CREATE TABLE push_letter (
        workspace_id UUID NOT NULL,
        subscription_id UUID NOT NULL,
        notification_id UUID NOT NULL,
        due_at TIMESTAMP WITH TIME ZONE,
        tries SMALLINT DEFAULT 0 NOT NULL,
        ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_push_letter PRIMARY KEY (workspace_id, subscription_id, notification_id),
        CONSTRAINT fk_push_letter_workspace_id_subscription_id FOREIGN KEY(workspace_id, subscription_id)
            REFERENCES push_subscription (workspace_id, id) ON DELETE CASCADE,
        CONSTRAINT fk_push_letter_workspace_id_notification_id FOREIGN KEY(workspace_id, notification_id)
            REFERENCES notification (workspace_id, id) ON DELETE CASCADE
    )""",
    "CREATE INDEX ix_push_letter_due ON push_letter (due_at) WHERE due_at IS NOT NULL",
    "CREATE INDEX ix_push_letter_workspace_id_notification_id ON push_letter (workspace_id, notification_id)",
    "CREATE INDEX ix_push_letter_ends ON push_letter (workspace_id, ends_at)",
    "ALTER TABLE notification ADD COLUMN push_due_at TIMESTAMP WITH TIME ZONE",
    "CREATE INDEX ix_notification_push ON notification (push_due_at) WHERE push_due_at IS NOT NULL",
    "ALTER TABLE notification_setting ADD COLUMN push_says BOOLEAN DEFAULT false NOT NULL",
    "GRANT SELECT (push_due_at) ON notification TO inbox_claim",
    *(
        statement
        for table in ("push_subscription", "push_letter")
        for statement in (
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"""CREATE POLICY tenant ON {table} TO inbox_app, inbox_intake
                USING (workspace_id = {HERE}) WITH CHECK (workspace_id = {HERE})""",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO inbox_app",
        )
    ),
    "CREATE POLICY claim ON push_letter FOR SELECT TO inbox_claim USING (true)",
    "GRANT SELECT (workspace_id, due_at, ends_at) ON push_letter TO inbox_claim",
]


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
