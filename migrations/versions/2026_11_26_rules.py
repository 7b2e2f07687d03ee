"""Rules a workspace makes for itself, what they are to look at, what they found and did; who is asked to hide by one.

Revision ID: 2026_11_26_rules
Revises: 2026_11_26_audit_is_read
"""

from alembic import op

revision = "2026_11_26_rules"
down_revision = "2026_11_26_audit_is_read"
branch_labels = None
depends_on = None

HERE = "nullif(current_setting('app.workspace_id', true), '')::uuid"

TABLES = [
    """CREATE TABLE rule (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        title VARCHAR NOT NULL,
        position INTEGER NOT NULL,
        edition INTEGER DEFAULT 1 NOT NULL,
        running INTEGER,
        on_since TIMESTAMP WITH TIME ZONE,
        on_by UUID,
        off_reason TEXT DEFAULT '' NOT NULL,
        version INTEGER DEFAULT 1 NOT NULL,
        created_by UUID,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        removed_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_rule PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_rule_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id) ON DELETE CASCADE
    )""",
    "CREATE INDEX ix_rule_order ON rule (workspace_id, position, id)",
    """CREATE TABLE rule_edition (
        workspace_id UUID NOT NULL,
        rule_id UUID NOT NULL,
        edition INTEGER NOT NULL,
        trigger TEXT COLLATE "C" NOT NULL,
        tag TEXT COLLATE "C" DEFAULT '' NOT NULL,
        minutes INTEGER DEFAULT 0 NOT NULL,
        conditions JSONB NOT NULL,
        actions JSONB NOT NULL,
        stop BOOLEAN DEFAULT false NOT NULL,
        made_by UUID,
        made_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_rule_edition PRIMARY KEY (workspace_id, rule_id, edition),
        CONSTRAINT fk_rule_edition_workspace_id_rule_id FOREIGN KEY(workspace_id, rule_id)
            REFERENCES rule (workspace_id, id) ON DELETE CASCADE
    )""",
    """CREATE TABLE rule_due (
        workspace_id UUID NOT NULL,
        name TEXT COLLATE "C" NOT NULL,
        trigger TEXT COLLATE "C" NOT NULL,
        conversation_id UUID NOT NULL,
        message_id UUID,
        tag TEXT COLLATE "C" DEFAULT '' NOT NULL,
        rule_id UUID,
        waiting_since TIMESTAMP WITH TIME ZONE,
        depth SMALLINT DEFAULT 0 NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        due_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_rule_due PRIMARY KEY (workspace_id, name)
    )""",
    "CREATE INDEX ix_rule_due_here ON rule_due (workspace_id, due_at, name)",
    "CREATE INDEX ix_rule_due_rule ON rule_due (workspace_id, rule_id) WHERE rule_id IS NOT NULL",
    """CREATE TABLE rule_firing (
        workspace_id UUID NOT NULL,
        rule_id UUID NOT NULL,
        subject TEXT COLLATE "C" NOT NULL,
        edition INTEGER NOT NULL,
        caused_at TIMESTAMP WITH TIME ZONE NOT NULL,
        at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_rule_firing PRIMARY KEY (workspace_id, rule_id, subject)
    )""",
    "CREATE INDEX ix_rule_firing_old ON rule_firing (at)",
    "CREATE INDEX ix_rule_firing_time ON rule_firing (workspace_id, rule_id, caused_at)",
    """CREATE TABLE rule_look (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        conversation_id UUID NOT NULL,
        message_id UUID,
        trigger TEXT COLLATE "C" NOT NULL,
        verdicts JSONB NOT NULL,
        at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_rule_look PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_rule_look_workspace_id_conversation_id FOREIGN KEY(workspace_id, conversation_id)
            REFERENCES conversation (workspace_id, id) ON DELETE CASCADE
    )""",
    "CREATE INDEX ix_rule_look_conversation ON rule_look (workspace_id, conversation_id, at, id)",
    "CREATE INDEX ix_rule_look_old ON rule_look (at)",
    """CREATE TABLE rule_trial (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        rule_id UUID NOT NULL,
        edition INTEGER NOT NULL,
        state TEXT COLLATE "C" DEFAULT 'due' NOT NULL,
        since TIMESTAMP WITH TIME ZONE NOT NULL,
        looked INTEGER DEFAULT 0 NOT NULL,
        fired INTEGER DEFAULT 0 NOT NULL,
        days JSONB DEFAULT '{}' NOT NULL,
        examples JSONB DEFAULT '[]' NOT NULL,
        asked_by UUID,
        asked_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        lease_until TIMESTAMP WITH TIME ZONE,
        done_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_rule_trial PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_rule_trial_workspace_id_rule_id FOREIGN KEY(workspace_id, rule_id)
            REFERENCES rule (workspace_id, id) ON DELETE CASCADE
    )""",
    "CREATE INDEX ix_rule_trial_due ON rule_trial (asked_at) WHERE state = 'due'",
    "CREATE INDEX ix_rule_trial_rule ON rule_trial (workspace_id, rule_id, asked_at)",
    "ALTER TABLE outbound_message ADD COLUMN rule_id UUID",
]
RIGHTS = {
    "rule": "SELECT, INSERT, UPDATE, DELETE",
    "rule_edition": "SELECT, INSERT",
    "rule_due": "SELECT, INSERT, UPDATE, DELETE",
    "rule_firing": "SELECT, INSERT, UPDATE, DELETE",
    "rule_look": "SELECT, INSERT, UPDATE, DELETE",
    "rule_trial": "SELECT, INSERT, UPDATE, DELETE",
}
CLAIM = {
    "rule_due": "workspace_id, due_at",
    "rule_firing": "workspace_id, at",
    "rule_look": "workspace_id, at",
    "rule_trial": "workspace_id, id, state, asked_at, lease_until",
}

# Rules begin with what comes from now on.
BEGIN = "INSERT INTO feed_reader (workspace_id, name, seq) SELECT workspace_id, 'rules', seq FROM feed_head"


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    for table, rights in RIGHTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenant ON {table} TO inbox_app, inbox_intake"
            f" USING (workspace_id = {HERE}) WITH CHECK (workspace_id = {HERE})"
        )
        op.execute(f"GRANT {rights} ON {table} TO inbox_app")
    for table, columns in CLAIM.items():
        op.execute(f"CREATE POLICY claim ON {table} FOR SELECT TO inbox_claim USING (true)")
        op.execute(f"GRANT SELECT ({columns}) ON {table} TO inbox_claim")
    op.execute(BEGIN)


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
