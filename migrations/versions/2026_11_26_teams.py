"""Teams, and what waits for them handed out to whoever has room.

Revision ID: 2026_11_26_teams
Revises: 2026_11_26_search
"""

from alembic import op

revision = "2026_11_26_teams"
down_revision = "2026_11_26_search"
branch_labels = None
depends_on = None

HERE = "nullif(current_setting('app.workspace_id', true), '')::uuid"

STATEMENTS = [
    """CREATE TABLE team (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        name VARCHAR NOT NULL,
        hand_out TEXT COLLATE "C" DEFAULT 'off' NOT NULL,
        absent_minutes INTEGER DEFAULT 0 NOT NULL,
        return_minutes INTEGER DEFAULT 0 NOT NULL,
        last_given UUID,
        stuck TEXT COLLATE "C" DEFAULT '' NOT NULL,
        removed_at TIMESTAMP WITH TIME ZONE,
        version INTEGER DEFAULT 1 NOT NULL,
        created_by UUID,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_team PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_team_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id) ON DELETE CASCADE
    )""",
    "CREATE UNIQUE INDEX uq_team_name ON team (workspace_id, name) WHERE removed_at IS NULL",
    """CREATE TABLE team_member (
        workspace_id UUID NOT NULL,
        team_id UUID NOT NULL,
        user_id UUID NOT NULL,
        CONSTRAINT pk_team_member PRIMARY KEY (workspace_id, team_id, user_id),
        CONSTRAINT fk_team_member_workspace_id_team_id FOREIGN KEY(workspace_id, team_id) REFERENCES team (workspace_id, id)
            ON DELETE CASCADE
    )""",
    "CREATE INDEX ix_team_member_workspace_id_user_id ON team_member (workspace_id, user_id)",
    *[
        statement
        for table in ("team", "team_member")
        for statement in (
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"""CREATE POLICY tenant ON {table} TO inbox_app, inbox_intake
                USING (workspace_id = {HERE}) WITH CHECK (workspace_id = {HERE})""",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO inbox_app",
        )
    ],
    "CREATE POLICY claim ON team FOR SELECT TO inbox_claim USING (true)",
    "GRANT SELECT (workspace_id, id) ON team TO inbox_claim",
    """ALTER TABLE membership ADD COLUMN capacity INTEGER,
        ADD COLUMN away_since TIMESTAMP WITH TIME ZONE,
        ADD COLUMN away_until TIMESTAMP WITH TIME ZONE,
        ADD COLUMN hands_back BOOLEAN DEFAULT false NOT NULL""",
    "CREATE POLICY claim ON membership FOR SELECT TO inbox_claim USING (true)",
    "GRANT SELECT (workspace_id, hands_back) ON membership TO inbox_claim",
    "ALTER TABLE channel ADD COLUMN team_id UUID",
    """ALTER TABLE conversation ADD COLUMN assigned_at TIMESTAMP WITH TIME ZONE,
        ADD COLUMN team_id UUID,
        ADD COLUMN hands_off BOOLEAN DEFAULT false NOT NULL""",
    """CREATE INDEX ix_conversation_team ON conversation (workspace_id, team_id, status, waiting_rank, id)
        WHERE team_id IS NOT NULL""",
    """CREATE INDEX ix_conversation_queue ON conversation (workspace_id, team_id, waiting_rank, id)
        WHERE assignee_id IS NULL AND team_id IS NOT NULL AND NOT hands_off AND status IN ('open', 'pending')""",
    """CREATE INDEX ix_conversation_teamless ON conversation (workspace_id, channel_id, waiting_rank, id)
        WHERE team_id IS NULL AND NOT hands_off AND status IN ('open', 'pending')""",
]


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
