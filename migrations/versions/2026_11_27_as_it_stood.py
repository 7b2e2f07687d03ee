"""A report stays what it was: a waiting says since when it is known, and what was known of it before is kept.

Revision ID: 2026_11_27_as_it_stood
Revises: 2026_11_27_spikes
"""

from alembic import op

revision = "2026_11_27_as_it_stood"
down_revision = "2026_11_27_spikes"
branch_labels = None
depends_on = None

HERE = "nullif(current_setting('app.workspace_id', true), '')::uuid"

COLUMNS = (
    # What is there already was known before anybody could ask.
    """ALTER TABLE episode
        ADD COLUMN IF NOT EXISTS known_from TIMESTAMP WITH TIME ZONE DEFAULT '-infinity' NOT NULL,
        ADD COLUMN IF NOT EXISTS end_known_from TIMESTAMP WITH TIME ZONE""",
    "ALTER TABLE workspace ADD COLUMN IF NOT EXISTS remembers_from TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL",
)
EPISODE_PAST = """CREATE TABLE episode_past (
    workspace_id UUID NOT NULL,
    conversation_id UUID NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    known_from TIMESTAMP WITH TIME ZONE NOT NULL,
    known_until TIMESTAMP WITH TIME ZONE NOT NULL,
    end_known_from TIMESTAMP WITH TIME ZONE,
    channel_id UUID NOT NULL,
    thread_kind TEXT COLLATE "C" NOT NULL,
    author TEXT COLLATE "C" NOT NULL,
    before_connection BOOLEAN NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    cause TEXT COLLATE "C" NOT NULL,
    customer_waited INTERVAL,
    team_took INTERVAL,
    agent TEXT COLLATE "C" NOT NULL,
    team TEXT COLLATE "C" NOT NULL,
    closed_unanswered BOOLEAN NOT NULL,
    policy TEXT COLLATE "C" NOT NULL,
    policy_version INTEGER NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_episode_past PRIMARY KEY (workspace_id, conversation_id, key, known_from)
)"""
REPORT = """episode (workspace_id, opened_at)
    INCLUDE (ended_at, state, kind, channel_id, thread_kind, closed_unanswered, before_connection, due_at, known_from,
             end_known_from)"""


def upgrade() -> None:
    # What is outside a transaction first, each so that it may be done again.
    with op.get_context().autocommit_block():
        for statement in COLUMNS:
            op.execute(statement)
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_episode_report_known")
        op.execute(f"CREATE INDEX CONCURRENTLY ix_episode_report_known ON {REPORT}")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_episode_report")
        op.execute("ALTER INDEX ix_episode_report_known RENAME TO ix_episode_report")
    op.execute(EPISODE_PAST)
    op.execute("CREATE INDEX ix_episode_past_until ON episode_past (workspace_id, known_until)")
    op.execute("ALTER TABLE episode_past ENABLE ROW LEVEL SECURITY")
    op.execute(f"""CREATE POLICY tenant ON episode_past TO inbox_app, inbox_intake
                   USING (workspace_id = {HERE}) WITH CHECK (workspace_id = {HERE})""")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON episode_past TO inbox_app")


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
