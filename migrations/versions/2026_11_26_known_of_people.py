"""What agents know of a person: notes, tags, and fields that a workspace defines.

Revision ID: 2026_11_26_known_of_people
Revises: 2026_11_26_contact_merges
"""

from alembic import op

revision = "2026_11_26_known_of_people"
down_revision = "2026_11_26_contact_merges"
branch_labels = None
depends_on = None

HERE = "nullif(current_setting('app.workspace_id', true), '')::uuid"
OF_CONTACT = "FOREIGN KEY(workspace_id, contact_id) REFERENCES contact (workspace_id, id) ON DELETE CASCADE"

TABLES = {
    "contact_note": f"""CREATE TABLE contact_note (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        contact_id UUID NOT NULL,
        text VARCHAR NOT NULL,
        by UUID,
        at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        edited_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_contact_note PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_contact_note_workspace_id_contact_id {OF_CONTACT}
    )""",
    "contact_tag": f"""CREATE TABLE contact_tag (
        workspace_id UUID NOT NULL,
        contact_id UUID NOT NULL,
        name TEXT COLLATE "C" NOT NULL,
        worn BOOLEAN DEFAULT true NOT NULL,
        CONSTRAINT pk_contact_tag PRIMARY KEY (workspace_id, contact_id, name),
        CONSTRAINT fk_contact_tag_workspace_id_contact_id {OF_CONTACT}
    )""",
    "contact_field": """CREATE TABLE contact_field (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        title VARCHAR NOT NULL,
        kind TEXT COLLATE "C" NOT NULL,
        choices TEXT[] DEFAULT '{}' NOT NULL,
        position INTEGER DEFAULT 0 NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_contact_field PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_contact_field_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id) ON DELETE CASCADE
    )""",
    "contact_value": f"""CREATE TABLE contact_value (
        workspace_id UUID NOT NULL,
        contact_id UUID NOT NULL,
        field_id UUID NOT NULL,
        value TEXT COLLATE "C",
        at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_contact_value PRIMARY KEY (workspace_id, contact_id, field_id),
        CONSTRAINT fk_contact_value_workspace_id_contact_id {OF_CONTACT},
        CONSTRAINT fk_contact_value_workspace_id_field_id FOREIGN KEY(workspace_id, field_id)
            REFERENCES contact_field (workspace_id, id) ON DELETE CASCADE
    )""",
}
INDEXES = [
    "CREATE INDEX ix_contact_note_workspace_id_contact_id_id ON contact_note (workspace_id, contact_id, id)",
    "CREATE INDEX ix_contact_tag_workspace_id_name_contact_id ON contact_tag (workspace_id, name, contact_id)",
    "CREATE INDEX ix_contact_value_workspace_id_field_id ON contact_value (workspace_id, field_id)",
]


def upgrade() -> None:
    for name, table in TABLES.items():
        op.execute(table)
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"""CREATE POLICY tenant ON {name} TO inbox_app, inbox_intake
                USING (workspace_id = {HERE}) WITH CHECK (workspace_id = {HERE})"""
        )
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO inbox_app")
    for index in INDEXES:
        op.execute(index)


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
