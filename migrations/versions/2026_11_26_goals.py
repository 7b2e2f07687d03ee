"""Goals are kept, in every wording they had.

Revision ID: 2026_11_26_goals
Revises: 2026_11_26_promises
"""

from alembic import op

revision = "2026_11_26_goals"
down_revision = "2026_11_26_promises"
branch_labels = None
depends_on = None

HERE = "nullif(current_setting('app.workspace_id', true), '')::uuid"

TABLES = {
    "goal": """CREATE TABLE goal (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        version INTEGER DEFAULT 1 NOT NULL,
        created_by UUID,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        removed_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_goal PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_goal_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id) ON DELETE CASCADE
    )""",
    "goal_edition": """CREATE TABLE goal_edition (
        workspace_id UUID NOT NULL,
        goal_id UUID NOT NULL,
        version INTEGER NOT NULL,
        wording JSONB NOT NULL,
        baseline JSONB NOT NULL,
        made_by UUID,
        made_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_goal_edition PRIMARY KEY (workspace_id, goal_id, version),
        CONSTRAINT fk_goal_edition_workspace_id_goal_id FOREIGN KEY(workspace_id, goal_id)
            REFERENCES goal (workspace_id, id) ON DELETE CASCADE
    )""",
}
RIGHTS = {"goal": "SELECT, INSERT, UPDATE, DELETE", "goal_edition": "SELECT, INSERT"}


def upgrade() -> None:
    for table, statement in TABLES.items():
        op.execute(statement)
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"""CREATE POLICY tenant ON {table} TO inbox_app, inbox_intake
                       USING (workspace_id = {HERE}) WITH CHECK (workspace_id = {HERE})""")
        op.execute(f"GRANT {RIGHTS[table]} ON {table} TO inbox_app")


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
