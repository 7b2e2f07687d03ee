"""Several acts on a conversation kept as one.

Revision ID: 2026_11_26_macros
Revises: 2026_11_26_mentions
"""

from alembic import op

revision = "2026_11_26_macros"
down_revision = "2026_11_26_mentions"
branch_labels = None
depends_on = None

HERE = "nullif(current_setting('app.workspace_id', true), '')::uuid"

STATEMENTS = [
    """CREATE TABLE macro (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        owner_id UUID,
        title VARCHAR NOT NULL,
        text TEXT DEFAULT '' NOT NULL,
        tags_on TEXT[] COLLATE "C" DEFAULT '{}' NOT NULL,
        tags_off TEXT[] COLLATE "C" DEFAULT '{}' NOT NULL,
        assign TEXT COLLATE "C" DEFAULT '' NOT NULL,
        assignee_id UUID,
        priority SMALLINT,
        status TEXT COLLATE "C" DEFAULT '' NOT NULL,
        snooze_minutes INTEGER DEFAULT 0 NOT NULL,
        version INTEGER DEFAULT 1 NOT NULL,
        created_by UUID,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_macro PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_macro_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id) ON DELETE CASCADE
    )""",
    "CREATE INDEX ix_macro_owner ON macro (workspace_id, owner_id, id)",
    "ALTER TABLE macro ENABLE ROW LEVEL SECURITY",
    f"""CREATE POLICY tenant ON macro TO inbox_app, inbox_intake
        USING (workspace_id = {HERE}) WITH CHECK (workspace_id = {HERE})""",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON macro TO inbox_app",
]


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
