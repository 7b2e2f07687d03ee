"""A workspace makes roles of its own, of rights of its choice; whoever has one carries a copy of what it allows.

Revision ID: 2026_11_27_rights
Revises: 2026_11_27_packed_weeks
"""

from alembic import op

revision = "2026_11_27_rights"
down_revision = "2026_11_27_packed_weeks"
branch_labels = None
depends_on = None

HERE = "nullif(current_setting('app.workspace_id', true), '')::uuid"

STATEMENTS = [
    """CREATE TABLE workspace_role (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        name VARCHAR NOT NULL,
        rights TEXT[] NOT NULL,
        version INTEGER DEFAULT 1 NOT NULL,
        created_by UUID,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_workspace_role PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_workspace_role_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id) ON DELETE CASCADE
    )""",
    "CREATE UNIQUE INDEX uq_workspace_role_name ON workspace_role (workspace_id, lower(name))",
    "ALTER TABLE workspace_role ENABLE ROW LEVEL SECURITY",
    f"""CREATE POLICY tenant ON workspace_role TO inbox_app, inbox_intake
        USING (workspace_id = {HERE}) WITH CHECK (workspace_id = {HERE})""",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON workspace_role TO inbox_app",
    "ALTER TABLE membership ADD COLUMN role_id UUID",
    "ALTER TABLE membership ADD COLUMN role_name TEXT DEFAULT '' NOT NULL",
    "ALTER TABLE membership ADD COLUMN rights TEXT[]",
    "CREATE INDEX ix_membership_role ON membership (workspace_id, role_id) WHERE role_id IS NOT NULL",
    "ALTER TABLE invitation ADD COLUMN role_id UUID",
    "ALTER TABLE api_token ADD COLUMN role_id UUID",
    "ALTER TABLE api_token ADD COLUMN rights TEXT[]",
    *(
        f"""ALTER TABLE {table} ADD CONSTRAINT fk_{table}_workspace_id_role_id
            FOREIGN KEY(workspace_id, role_id) REFERENCES workspace_role (workspace_id, id)"""
        for table in ("membership", "invitation", "api_token")
    ),
]


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
