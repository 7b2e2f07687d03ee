"""Reports read the waitings of a stretch of time out of one index.

Revision ID: 2026_11_26_reports
Revises: 2026_11_26_known_of_people
"""

from alembic import op

revision = "2026_11_26_reports"
down_revision = "2026_11_26_known_of_people"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE episode ADD COLUMN thread_kind TEXT COLLATE \"C\" DEFAULT '' NOT NULL")
    op.execute("""UPDATE episode e SET thread_kind = c.kind FROM conversation c
                  WHERE c.workspace_id = e.workspace_id AND c.id = e.conversation_id""")
    op.execute("""CREATE INDEX ix_episode_report ON episode (workspace_id, opened_at)
                  INCLUDE (ended_at, state, kind, channel_id, thread_kind, closed_unanswered, before_connection)""")


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
