"""A note may name colleagues, and each of them finds the conversation until they have read it.

Revision ID: 2026_11_26_mentions
Revises: 2026_11_26_saved_replies
"""

from alembic import op

revision = "2026_11_26_mentions"
down_revision = "2026_11_26_saved_replies"
branch_labels = None
depends_on = None

HERE = "nullif(current_setting('app.workspace_id', true), '')::uuid"

STATEMENTS = [
    """CREATE TABLE mention (
        workspace_id UUID NOT NULL,
        message_id UUID NOT NULL,
        user_id UUID NOT NULL,
        conversation_id UUID NOT NULL,
        channel_id UUID NOT NULL,
        name VARCHAR NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        read_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_mention PRIMARY KEY (workspace_id, message_id, user_id),
        CONSTRAINT fk_mention_workspace_id_message_id FOREIGN KEY(workspace_id, message_id)
            REFERENCES message (workspace_id, id) ON DELETE CASCADE
    )""",
    """CREATE INDEX ix_mention_unread ON mention (workspace_id, user_id, conversation_id)
       INCLUDE (channel_id) WHERE read_at IS NULL""",
    "ALTER TABLE mention ENABLE ROW LEVEL SECURITY",
    f"""CREATE POLICY tenant ON mention TO inbox_app, inbox_intake
        USING (workspace_id = {HERE}) WITH CHECK (workspace_id = {HERE})""",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON mention TO inbox_app",
]


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
