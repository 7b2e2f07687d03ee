"""The feed forgets also what no page is told any more, and no temporary table stands before one of ours.

Revision ID: 2026_11_26_feed_forgets_all
Revises: 2026_11_25_held_for_review
"""

from alembic import op

revision = "2026_11_26_feed_forgets_all"
down_revision = "2026_11_25_held_for_review"
branch_labels = None
depends_on = None

HERE = "nullif(current_setting('app.workspace_id', true), '')::uuid"

FUNCTIONS = [
    # Events of these conversations, as long as they lie anywhere; gives how many were changed, `most` at once.
    f"""CREATE OR REPLACE FUNCTION redact_feed(threads uuid[], messages uuid[], people uuid[], most int) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER AS $$
    DECLARE changed int;
    BEGIN
        WITH spoken AS (
            SELECT e.seq, e.at, redacted(e.body, e.name, e.at, messages, people) AS body
            FROM event e
            WHERE e.workspace_id = {HERE} AND e.conversation_id = ANY (threads)
                AND redacted(e.body, e.name, e.at, messages, people) <> e.body
            LIMIT most
        )
        UPDATE event e SET body = s.body FROM spoken s
        WHERE e.workspace_id = {HERE} AND e.seq = s.seq AND e.at = s.at;
        GET DIAGNOSTICS changed = ROW_COUNT;
        RETURN changed;
    END $$""",
    # What is older than a platform lets its data stay: no page is told it any more, and of these channels nothing is
    # left but that something happened. Gives how far the feed was walked; 0 where there is nothing older. An event is
    # as old as its transaction, so a younger one may stand among older: it goes with them, for nobody comes back.
    f"""CREATE OR REPLACE FUNCTION forget_feed(before timestamptz, channels uuid[], most int) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER AS $$
    DECLARE first bigint; beyond bigint;
    BEGIN
        SELECT min_seq INTO first FROM feed_head WHERE workspace_id = {HERE};
        SELECT max(seq) + 1 INTO beyond FROM (
            SELECT seq FROM event WHERE workspace_id = {HERE} AND seq >= first AND at < before
            ORDER BY seq LIMIT most) older;
        IF beyond IS NULL THEN
            RETURN 0;
        END IF;
        UPDATE event SET body = emptied(name, at)
        WHERE workspace_id = {HERE} AND seq >= first AND seq < beyond AND channel_id = ANY (channels);
        UPDATE feed_head SET min_seq = greatest(min_seq, beyond) WHERE workspace_id = {HERE};
        RETURN beyond - first;
    END $$""",
    # Whoever may make temporary tables could stand one before ours: unless told otherwise Postgres looks there first.
    """DO $$
    DECLARE made regprocedure;
    BEGIN
        FOR made IN SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef LOOP
            EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, public, pg_temp', made);
        END LOOP;
    END $$""",
]


def upgrade() -> None:
    for statement in FUNCTIONS:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
