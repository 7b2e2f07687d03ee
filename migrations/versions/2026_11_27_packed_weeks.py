"""Weeks of waitings packed for reports, which tell them apart by language and tags too; the index of what began when
needs to hold no more than that.

Revision ID: 2026_11_27_packed_weeks
Revises: 2026_11_27_twins
"""

from alembic import op

revision = "2026_11_27_packed_weeks"
down_revision = "2026_11_27_twins"
branch_labels = None
depends_on = None

HERE = "nullif(current_setting('app.workspace_id', true), '')::uuid"
BYTES = ("groups", "opened", "ended", "due")

# What each conversation wears, as its facts tell it.
WORN = """
UPDATE episode e SET tags = worn.tags FROM (
    SELECT DISTINCT ON (workspace_id, conversation_id) workspace_id, conversation_id,
           array_to_string(ARRAY(SELECT jsonb_array_elements_text(
               coalesce(convert_from(data, 'UTF8')::jsonb -> 'tags', '[]'))), ' ') AS tags
    FROM fact WHERE kind = 'labelled' ORDER BY workspace_id, conversation_id, at DESC, rank DESC, tie DESC) worn
WHERE e.workspace_id = worn.workspace_id AND e.conversation_id = worn.conversation_id AND worn.tags <> ''
"""


def upgrade() -> None:
    # What is outside a transaction first, each so that it may be done again.
    with op.get_context().autocommit_block():
        for table in ("episode", "episode_past"):
            for column in ("language", "tags"):
                op.execute(
                    f"""ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {column} TEXT COLLATE "C" DEFAULT '' NOT NULL"""
                )
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_episode_report_slim")
        op.execute("CREATE INDEX CONCURRENTLY ix_episode_report_slim ON episode (workspace_id, opened_at)")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_episode_report")
        op.execute("ALTER INDEX ix_episode_report_slim RENAME TO ix_episode_report")
    op.execute(WORN)
    op.execute(f"""CREATE TABLE packed_week (
        workspace_id UUID NOT NULL,
        week INTEGER NOT NULL,
        begun_at TIMESTAMP WITH TIME ZONE NOT NULL,
        packed_at TIMESTAMP WITH TIME ZONE,
        {", ".join(f"{name} BYTEA DEFAULT '' NOT NULL" for name in BYTES)},
        CONSTRAINT pk_packed_week PRIMARY KEY (workspace_id, week),
        CONSTRAINT fk_packed_week_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id) ON DELETE CASCADE
    )""")
    for name in BYTES:  # instants hardly shrink, and would have to be unpacked each time
        op.execute(f"ALTER TABLE packed_week ALTER COLUMN {name} SET STORAGE EXTERNAL")
    op.execute("ALTER TABLE packed_week ENABLE ROW LEVEL SECURITY")
    op.execute(f"""CREATE POLICY tenant ON packed_week TO inbox_app, inbox_intake
                   USING (workspace_id = {HERE}) WITH CHECK (workspace_id = {HERE})""")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON packed_week TO inbox_app")


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
