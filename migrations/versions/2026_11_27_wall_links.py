"""Screens on walls have links of their own, and what is due, when it was and when it ended is found without a walk.

Revision ID: 2026_11_27_wall_links
Revises: 2026_11_27_by_post
"""

from alembic import op

revision = "2026_11_27_wall_links"
down_revision = "2026_11_27_by_post"
branch_labels = None
depends_on = None

HERE = "nullif(current_setting('app.workspace_id', true), '')::uuid"

WALL_LINK = """CREATE TABLE wall_link (
    workspace_id UUID NOT NULL,
    id UUID NOT NULL,
    hash BYTEA NOT NULL,
    name VARCHAR NOT NULL,
    channel_ids UUID[],
    created_by UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    withdrawn_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_wall_link PRIMARY KEY (workspace_id, id),
    CONSTRAINT fk_wall_link_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id) ON DELETE CASCADE,
    CONSTRAINT uq_wall_link_workspace_id_hash UNIQUE (workspace_id, hash)
)"""
INDEXES = (
    "CREATE INDEX ix_conversation_due ON conversation (workspace_id, due_at, id) WHERE due_at IS NOT NULL",
    """CREATE INDEX ix_episode_due ON episode (workspace_id, due_at) INCLUDE (ended_at, state, channel_id)
       WHERE due_at IS NOT NULL""",
    """CREATE INDEX ix_episode_answered ON episode (workspace_id, ended_at)
       INCLUDE (opened_at, kind, channel_id, before_connection) WHERE state = 'answered'""",
)


def upgrade() -> None:
    op.execute(WALL_LINK)
    op.execute("ALTER TABLE wall_link ENABLE ROW LEVEL SECURITY")
    op.execute(f"""CREATE POLICY tenant ON wall_link TO inbox_app, inbox_intake
                   USING (workspace_id = {HERE}) WITH CHECK (workspace_id = {HERE})""")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON wall_link TO inbox_app")
    for index in INDEXES:
        op.execute(index)


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
