"""A channel has opening hours of its own, from an instant on.

Revision ID: 2026_11_27_channel_hours
Revises: 2026_11_27_macro_team
"""

from alembic import op

revision = "2026_11_27_channel_hours"
down_revision = "2026_11_27_macro_team"
branch_labels = None
depends_on = None

HERE = "nullif(current_setting('app.workspace_id', true), '')::uuid"

CHANNEL_HOURS = """CREATE TABLE channel_hours (
    workspace_id UUID NOT NULL,
    channel_id UUID NOT NULL,
    valid_from TIMESTAMP WITH TIME ZONE NOT NULL,
    calendar_id UUID,
    created_by UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_channel_hours PRIMARY KEY (workspace_id, channel_id, valid_from),
    CONSTRAINT fk_channel_hours_workspace_id_channel_id FOREIGN KEY(workspace_id, channel_id)
        REFERENCES channel (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_channel_hours_workspace_id_calendar_id FOREIGN KEY(workspace_id, calendar_id)
        REFERENCES calendar (workspace_id, id) ON DELETE CASCADE
)"""


def upgrade() -> None:
    op.execute(CHANNEL_HOURS)
    op.execute("ALTER TABLE channel_hours ENABLE ROW LEVEL SECURITY")
    op.execute(f"""CREATE POLICY tenant ON channel_hours TO inbox_app, inbox_intake
                   USING (workspace_id = {HERE}) WITH CHECK (workspace_id = {HERE})""")
    op.execute("GRANT SELECT, INSERT ON channel_hours TO inbox_app")


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
