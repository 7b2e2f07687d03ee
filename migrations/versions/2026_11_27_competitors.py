"""Other brands that are watched, and what was read of them.

Revision ID: 2026_11_27_competitors
Revises: 2026_11_27_push
"""

from alembic import op

revision = "2026_11_27_competitors"
down_revision = "2026_11_27_push"
branch_labels = None
depends_on = None

HERE = "nullif(current_setting('app.workspace_id', true), '')::uuid"
TIME = "TIMESTAMP WITH TIME ZONE"
KEY = 'TEXT COLLATE "C" NOT NULL'

TABLES = {
    "competitor": f"""CREATE TABLE competitor (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        name VARCHAR NOT NULL,
        added_at {TIME} DEFAULT now() NOT NULL,
        added_by UUID,
        CONSTRAINT pk_competitor PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_competitor_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id) ON DELETE CASCADE
    )""",
    "competitor_account": f"""CREATE TABLE competitor_account (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        competitor_id UUID NOT NULL,
        platform {KEY},
        external_id {KEY},
        handle TEXT DEFAULT '' NOT NULL,
        name TEXT DEFAULT '' NOT NULL,
        url TEXT DEFAULT '' NOT NULL,
        added_at {TIME} DEFAULT now() NOT NULL,
        due_at {TIME} DEFAULT now() NOT NULL,
        lease_until {TIME},
        listed_at {TIME},
        page TEXT DEFAULT '' NOT NULL,
        asked_on DATE,
        requests INTEGER DEFAULT 0 NOT NULL,
        trouble TEXT DEFAULT '' NOT NULL,
        trouble_since {TIME},
        CONSTRAINT pk_competitor_account PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_competitor_account_workspace_id_competitor_id FOREIGN KEY(workspace_id, competitor_id)
            REFERENCES competitor (workspace_id, id) ON DELETE CASCADE,
        CONSTRAINT uq_competitor_account_workspace_id_platform_external_id UNIQUE (workspace_id, platform, external_id)
    )""",
    "competitor_post": f"""CREATE TABLE competitor_post (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        account_id UUID NOT NULL,
        external_id {KEY},
        at {TIME} NOT NULL,
        read_at {TIME},
        due_at {TIME} DEFAULT now() NOT NULL,
        gone_at {TIME},
        CONSTRAINT pk_competitor_post PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_competitor_post_workspace_id_account_id FOREIGN KEY(workspace_id, account_id)
            REFERENCES competitor_account (workspace_id, id) ON DELETE CASCADE,
        CONSTRAINT uq_competitor_post_workspace_id_account_id_external_id UNIQUE (workspace_id, account_id, external_id)
    )""",
    "competitor_fact": f"""CREATE TABLE competitor_fact (
        workspace_id UUID NOT NULL,
        post_id UUID NOT NULL,
        kind {KEY},
        tie BIGINT NOT NULL,
        data BYTEA NOT NULL,
        CONSTRAINT pk_competitor_fact PRIMARY KEY (workspace_id, post_id, kind, tie),
        CONSTRAINT fk_competitor_fact_workspace_id_post_id FOREIGN KEY(workspace_id, post_id)
            REFERENCES competitor_post (workspace_id, id) ON DELETE CASCADE
    )""",
    "competitor_waiting": f"""CREATE TABLE competitor_waiting (
        workspace_id UUID NOT NULL,
        post_id UUID NOT NULL,
        key {KEY},
        account_id UUID NOT NULL,
        kind {KEY},
        state {KEY},
        opened_at {TIME} NOT NULL,
        ended_at {TIME},
        CONSTRAINT pk_competitor_waiting PRIMARY KEY (workspace_id, post_id, key),
        CONSTRAINT fk_competitor_waiting_workspace_id_post_id FOREIGN KEY(workspace_id, post_id)
            REFERENCES competitor_post (workspace_id, id) ON DELETE CASCADE
    )""",
}
INDEXES = [
    "CREATE INDEX ix_competitor_account_workspace_id_competitor_id ON competitor_account (workspace_id, competitor_id)",
    "CREATE INDEX ix_competitor_account_due ON competitor_account (due_at)",
    "CREATE INDEX ix_competitor_post_due ON competitor_post (workspace_id, account_id, due_at)",
    "CREATE INDEX ix_competitor_waiting_opened ON competitor_waiting (workspace_id, account_id, opened_at)",
]
CLAIMED = "workspace_id, id, due_at, lease_until"


def upgrade() -> None:
    for table, statement in TABLES.items():
        op.execute(statement)
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenant ON {table} TO inbox_app, inbox_intake"
            f" USING (workspace_id = {HERE}) WITH CHECK (workspace_id = {HERE})"
        )
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO inbox_app")
    op.execute("CREATE POLICY claim ON competitor_account FOR SELECT TO inbox_claim USING (true)")
    op.execute(f"GRANT SELECT ({CLAIMED}) ON competitor_account TO inbox_claim")
    for statement in INDEXES:
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
