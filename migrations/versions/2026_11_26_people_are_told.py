"""People are told of what concerns them: notifications, how each wants them, and a reader of the feed that makes them.

Revision ID: 2026_11_26_people_are_told
Revises: 2026_11_26_reports
"""

from alembic import op

revision = "2026_11_26_people_are_told"
down_revision = "2026_11_26_reports"
branch_labels = None
depends_on = None

TABLES = [
    """CREATE TABLE notification (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        user_id UUID NOT NULL,
        kind TEXT COLLATE "C" NOT NULL,
        subject_id UUID NOT NULL,
        conversation_id UUID,
        channel_id UUID,
        message_id UUID,
        by UUID,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        seq BIGINT NOT NULL,
        count INTEGER DEFAULT 1 NOT NULL,
        in_app BOOLEAN DEFAULT true NOT NULL,
        read_at TIMESTAMP WITH TIME ZONE,
        mail_due_at TIMESTAMP WITH TIME ZONE,
        mail_tries SMALLINT DEFAULT 0 NOT NULL,
        version INTEGER DEFAULT 1 NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_notification PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_notification_workspace_id_user_id FOREIGN KEY(workspace_id, user_id)
            REFERENCES membership (workspace_id, user_id) ON DELETE CASCADE
    )""",
    "CREATE INDEX ix_notification_list ON notification (workspace_id, user_id, at, id) WHERE in_app",
    """CREATE UNIQUE INDEX uq_notification_unread ON notification (workspace_id, user_id, kind, subject_id)
       WHERE read_at IS NULL""",
    "CREATE INDEX ix_notification_about ON notification (workspace_id, subject_id, kind)",
    "CREATE INDEX ix_notification_mail ON notification (mail_due_at) WHERE mail_due_at IS NOT NULL",
    """CREATE TABLE notification_setting (
        workspace_id UUID NOT NULL,
        user_id UUID NOT NULL,
        choices JSONB DEFAULT '{}' NOT NULL,
        quiet_from TIME WITHOUT TIME ZONE,
        quiet_until TIME WITHOUT TIME ZONE,
        updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_notification_setting PRIMARY KEY (workspace_id, user_id),
        CONSTRAINT fk_notification_setting_workspace_id_user_id FOREIGN KEY(workspace_id, user_id)
            REFERENCES membership (workspace_id, user_id) ON DELETE CASCADE
    )""",
    "ALTER TABLE feed_reader ADD COLUMN skipped INTEGER DEFAULT 0 NOT NULL, ADD COLUMN skipped_seq BIGINT",
]

HERE = "nullif(current_setting('app.workspace_id', true), '')::uuid"
TENANTS = ["notification", "notification_setting"]

WALLS = [
    'GRANT SELECT, INSERT, UPDATE, DELETE ON "notification" TO inbox_app',
    'CREATE POLICY claim ON "notification" FOR SELECT TO inbox_claim USING (true)',
    'GRANT SELECT (workspace_id, user_id, mail_due_at) ON "notification" TO inbox_claim',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON "notification_setting" TO inbox_app',
    'CREATE POLICY claim ON "feed_reader" FOR SELECT TO inbox_claim USING (true)',
    'GRANT SELECT (workspace_id, name, seq) ON "feed_reader" TO inbox_claim',
]

# Nobody is told of what happened before: the reader begins at the head of each feed there is.
BEGIN = "INSERT INTO feed_reader (workspace_id, name, seq) SELECT workspace_id, 'notifications', seq FROM feed_head"


def upgrade() -> None:
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
    op.execute(BEGIN)


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
