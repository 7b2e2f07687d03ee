"""Comments are listed by post, those under which somebody waits first.

Revision ID: 2026_11_27_by_post
Revises: 2026_11_27_claiming
"""

from alembic import op

revision = "2026_11_27_by_post"
down_revision = "2026_11_27_claiming"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""CREATE INDEX ix_conversation_by_post ON conversation
                  (workspace_id, post_id, status, waiting_rank, id) WHERE post_id IS NOT NULL""")
    op.execute("DROP INDEX ix_conversation_post")
    op.execute("""CREATE INDEX ix_conversation_post_waiting ON conversation (workspace_id, post_id)
                  INCLUDE (channel_id, waiting_count, waiting_since, imported)
                  WHERE post_id IS NOT NULL AND waiting_since IS NOT NULL""")
    op.execute("CREATE INDEX ix_post_recent ON post (workspace_id, created_at, id)")


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
