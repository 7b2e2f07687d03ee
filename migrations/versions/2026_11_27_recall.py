"""Messages keep which rule decided on them, and what it said; what was checked of its "no" is kept.

Only what comes from now on is counted so: what came before has no rule of its own.

Revision ID: 2026_11_27_recall
Revises: 2026_11_27_goal_reviews
"""

from alembic import op

revision = "2026_11_27_recall"
down_revision = "2026_11_27_goal_reviews"
branch_labels = None
depends_on = None

HERE = "nullif(current_setting('app.workspace_id', true), '')::uuid"


def upgrade() -> None:
    # What is outside a transaction first, each so that it may be done again.
    with op.get_context().autocommit_block():
        op.execute("""ALTER TABLE message ADD COLUMN IF NOT EXISTS rule TEXT COLLATE "C" DEFAULT '' NOT NULL,
                      ADD COLUMN IF NOT EXISTS rule_asks BOOLEAN DEFAULT false NOT NULL,
                      ADD COLUMN IF NOT EXISTS by_hand BOOLEAN DEFAULT false NOT NULL""")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_message_ruled")
        op.execute("""CREATE INDEX CONCURRENTLY ix_message_ruled ON message (workspace_id, at, id)
                      INCLUDE (rule, rule_asks) WHERE rule <> '' AND NOT before_connection""")
    op.execute("""CREATE TABLE reply_check (
        workspace_id UUID NOT NULL,
        message_id UUID NOT NULL,
        revision INTEGER DEFAULT 0 NOT NULL,
        needed BOOLEAN,
        source TEXT COLLATE "C" DEFAULT '' NOT NULL,
        reason TEXT DEFAULT '' NOT NULL,
        before JSONB DEFAULT '{}' NOT NULL,
        by UUID,
        at TIMESTAMP WITH TIME ZONE,
        holder UUID,
        held_until TIMESTAMP WITH TIME ZONE,
        skipped_by UUID[] DEFAULT '{}' NOT NULL,
        CONSTRAINT pk_reply_check PRIMARY KEY (workspace_id, message_id),
        CONSTRAINT fk_reply_check_workspace_id_message_id FOREIGN KEY(workspace_id, message_id)
            REFERENCES message (workspace_id, id) ON DELETE CASCADE
    )""")
    op.execute("ALTER TABLE reply_check ENABLE ROW LEVEL SECURITY")
    op.execute(f"""CREATE POLICY tenant ON reply_check TO inbox_app, inbox_intake
                   USING (workspace_id = {HERE}) WITH CHECK (workspace_id = {HERE})""")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON reply_check TO inbox_app")


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
