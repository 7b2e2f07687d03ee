"""Signs that two accounts are one person's, the pairs they make likely, and what people said of them.

Revision ID: 2026_11_27_twins
Revises: 2026_11_27_channel_audits
"""

from alembic import op

revision = "2026_11_27_twins"
down_revision = "2026_11_27_channel_audits"
branch_labels = None
depends_on = None

HERE = "nullif(current_setting('app.workspace_id', true), '')::uuid"
PAIR = """workspace_id UUID NOT NULL,
    one_id UUID NOT NULL,
    other_id UUID NOT NULL"""
OF_PAIR = """CONSTRAINT pk_{0} PRIMARY KEY (workspace_id, one_id, other_id),
    CONSTRAINT fk_{0}_workspace_id_one_id FOREIGN KEY(workspace_id, one_id)
        REFERENCES contact_identity (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_{0}_workspace_id_other_id FOREIGN KEY(workspace_id, other_id)
        REFERENCES contact_identity (workspace_id, id) ON DELETE CASCADE"""

TABLES = {
    "contact_sign": """CREATE TABLE contact_sign (
        workspace_id UUID NOT NULL,
        identity_id UUID NOT NULL,
        source_id UUID NOT NULL,
        kind TEXT COLLATE "C" NOT NULL,
        key TEXT COLLATE "C" NOT NULL,
        plain TEXT DEFAULT '' NOT NULL,
        channel_id UUID,
        is_open BOOLEAN DEFAULT false NOT NULL,
        CONSTRAINT pk_contact_sign PRIMARY KEY (workspace_id, identity_id, source_id, kind, key),
        CONSTRAINT fk_contact_sign_workspace_id_identity_id FOREIGN KEY(workspace_id, identity_id)
            REFERENCES contact_identity (workspace_id, id) ON DELETE CASCADE
    )""",
    "contact_twin": f"""CREATE TABLE contact_twin (
        {PAIR},
        score SMALLINT NOT NULL,
        {OF_PAIR.format("contact_twin")}
    )""",
    "contact_apart": f"""CREATE TABLE contact_apart (
        {PAIR},
        at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        by UUID,
        token_id UUID,
        {OF_PAIR.format("contact_apart")}
    )""",
    "contact_consent": """CREATE TABLE contact_consent (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        contact_id UUID NOT NULL,
        how TEXT DEFAULT '' NOT NULL,
        at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        by UUID,
        token_id UUID,
        withdrawn_at TIMESTAMP WITH TIME ZONE,
        withdrawn_by UUID,
        CONSTRAINT pk_contact_consent PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_contact_consent_workspace_id_contact_id FOREIGN KEY(workspace_id, contact_id)
            REFERENCES contact (workspace_id, id) ON DELETE CASCADE
    )""",
    "contact_sign_walk": """CREATE TABLE contact_sign_walk (
        workspace_id UUID NOT NULL,
        last_id UUID NOT NULL,
        CONSTRAINT pk_contact_sign_walk PRIMARY KEY (workspace_id),
        CONSTRAINT fk_contact_sign_walk_workspace_id FOREIGN KEY(workspace_id)
            REFERENCES workspace (id) ON DELETE CASCADE
    )""",
}
INDEXES = [
    "CREATE INDEX ix_contact_sign_key ON contact_sign (workspace_id, kind, key, identity_id)",
    "CREATE INDEX ix_contact_sign_source ON contact_sign (workspace_id, source_id)",
    "CREATE INDEX ix_contact_twin_other ON contact_twin (workspace_id, other_id)",
    "CREATE INDEX ix_contact_twin_score ON contact_twin (workspace_id, score, one_id, other_id)",
    "CREATE INDEX ix_contact_apart_other ON contact_apart (workspace_id, other_id)",
    "CREATE INDEX ix_contact_apart_at ON contact_apart (workspace_id, at, one_id, other_id)",
    "CREATE INDEX ix_contact_consent_contact_id ON contact_consent (workspace_id, contact_id, id)",
]
# Whoever is known already is walked through; of what comes from now on the reader is told.
BEGIN = [
    "INSERT INTO feed_reader (workspace_id, name, seq) SELECT workspace_id, 'twins', seq FROM feed_head",
    """INSERT INTO contact_sign_walk (workspace_id, last_id)
       SELECT id, '00000000-0000-0000-0000-000000000000' FROM workspace""",
]


def upgrade() -> None:
    for table, statement in TABLES.items():
        op.execute(statement)
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenant ON {table} TO inbox_app, inbox_intake"
            f" USING (workspace_id = {HERE}) WITH CHECK (workspace_id = {HERE})"
        )
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO inbox_app")
    op.execute("CREATE POLICY claim ON contact_sign_walk FOR SELECT TO inbox_claim USING (true)")
    op.execute("GRANT SELECT (workspace_id) ON contact_sign_walk TO inbox_claim")
    for statement in (*INDEXES, *BEGIN):
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
