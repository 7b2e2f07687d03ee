"""Words can be let go: what a message said is known again by a keyed hash, and the feed and old wordings give theirs up.

Revision ID: 2026_11_25_words_let_go
Revises: 2026_11_25_channels_kept
"""

from alembic import op

revision = "2026_11_25_words_let_go"
down_revision = "2026_11_25_channels_kept"
branch_labels = None
depends_on = None

COLUMNS = {
    "message": ["said BYTEA", "erased BOOLEAN DEFAULT false NOT NULL"],
    "contact_identity": [
        "named_at TIMESTAMP WITH TIME ZONE DEFAULT now()",
        "erased_at TIMESTAMP WITH TIME ZONE",
    ],
}

INDEXES = [
    "CREATE INDEX ix_message_identity ON message (workspace_id, identity_id, id) WHERE identity_id IS NOT NULL",
    "CREATE INDEX ix_event_conversation ON event (workspace_id, conversation_id, seq)",
    "CREATE INDEX ix_attachment_leaving ON attachment (due_at) WHERE state = 'leaving'",
    """CREATE INDEX ix_contact_identity_named ON contact_identity (workspace_id, platform, named_at)
       WHERE named_at IS NOT NULL""",
]

HERE = "nullif(current_setting('app.workspace_id', true), '')::uuid"

FUNCTIONS = [
    # One event's body without the words of these messages and the names of these people. What cannot be read is
    # emptied: better a page that loads a thread again than words that stay.
    """CREATE FUNCTION redacted(body bytea, name text, at timestamptz, messages uuid[], people uuid[]) RETURNS bytea
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public AS $$
    DECLARE
        told jsonb;
        nobody CONSTANT jsonb := '{"name": "", "handle": "", "avatar_url": ""}';
    BEGIN
        told := convert_from(body, 'UTF8')::jsonb;
        IF jsonb_typeof(told -> 'conversation') = 'object' THEN
            told := jsonb_set(told, '{conversation,preview}', '""');
            IF (told #>> '{conversation,person,identity_id}')::uuid = ANY (people) THEN
                told := jsonb_set(told, '{conversation,person}', (told #> '{conversation,person}') || nobody);
                told := jsonb_set(told, '{conversation,permalink}', '""');
            END IF;
        END IF;
        IF jsonb_typeof(told -> 'message') = 'object' THEN
            IF (told #>> '{message,id}')::uuid = ANY (messages) THEN
                told := jsonb_set(told, '{message}', (told -> 'message') || '{"text": "", "attachments": []}');
            END IF;
            IF (told #>> '{message,author,identity_id}')::uuid = ANY (people) THEN
                told := jsonb_set(told, '{message,author}', (told #> '{message,author}') || nobody);
                told := jsonb_set(told, '{message,permalink}', '""');
            END IF;
        END IF;
        RETURN convert_to('{"seq":0,' || substr((told - 'seq')::text, 2), 'UTF8');
    EXCEPTION WHEN data_exception THEN
        RETURN emptied(name, at);
    END $$""",
    """CREATE FUNCTION emptied(name text, at timestamptz) RETURNS bytea
    LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
        SELECT convert_to(
            '{"seq":0,"name":' || to_json(name)::text || ',"at":' || to_json(at)::text || '}', 'UTF8')
    $$""",
    # Events of these conversations that pages may still be told; gives how many were changed, `most` at once.
    f"""CREATE FUNCTION redact_feed(threads uuid[], messages uuid[], people uuid[], most int) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    DECLARE changed int;
    BEGIN
        WITH spoken AS (
            SELECT e.seq, e.at, redacted(e.body, e.name, e.at, messages, people) AS body
            FROM event e, feed_head h
            WHERE h.workspace_id = {HERE} AND e.workspace_id = h.workspace_id AND e.seq >= h.min_seq
                AND e.conversation_id = ANY (threads)
                AND redacted(e.body, e.name, e.at, messages, people) <> e.body
            LIMIT most
        )
        UPDATE event e SET body = s.body FROM spoken s
        WHERE e.workspace_id = {HERE} AND e.seq = s.seq AND e.at = s.at;
        GET DIAGNOSTICS changed = ROW_COUNT;
        RETURN changed;
    END $$""",
    # What is older than a platform lets its data stay: no page is told it any more, and of these channels nothing is
    # left but that something happened. Gives how far the feed was walked; 0 where there is nothing older.
    f"""CREATE FUNCTION forget_feed(before timestamptz, channels uuid[], most int) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    DECLARE first bigint; beyond bigint;
    BEGIN
        SELECT min_seq INTO first FROM feed_head WHERE workspace_id = {HERE};
        SELECT max(seq) + 1 INTO beyond FROM (
            SELECT seq FROM event WHERE workspace_id = {HERE} AND seq >= first AND at < before
            ORDER BY seq LIMIT most) older;
        IF beyond IS NULL THEN
            RETURN 0;
        END IF;
        UPDATE feed_head SET min_seq = greatest(min_seq, beyond) WHERE workspace_id = {HERE};
        UPDATE event SET body = emptied(name, at)
        WHERE workspace_id = {HERE} AND seq >= first AND seq < beyond AND at < before AND channel_id = ANY (channels);
        RETURN beyond - first;
    END $$""",
    # Earlier wordings are append-only for everybody; they keep their times.
    f"""CREATE FUNCTION forget_revisions(messages uuid[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
        UPDATE message_revision SET text = '', attachments = '[]'
        WHERE workspace_id = {HERE} AND message_id = ANY (messages) AND (text <> '' OR attachments <> '[]')
    $$""",
]

NAMES = [
    "redacted(bytea, text, timestamptz, uuid[], uuid[])",
    "emptied(text, timestamptz)",
    "redact_feed(uuid[], uuid[], uuid[], int)",
    "forget_feed(timestamptz, uuid[], int)",
    "forget_revisions(uuid[])",
]


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        op.execute(f"ALTER TABLE {table} " + ", ".join(f"ADD COLUMN {column}" for column in columns))
    for statement in INDEXES:
        op.execute(statement)
    for statement in FUNCTIONS:
        op.get_bind().exec_driver_sql(statement)  # their JSON holds colons, which op.execute takes for parameters
    op.execute(f"REVOKE ALL ON FUNCTION {', '.join(NAMES)} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {', '.join(NAMES[2:])} TO inbox_app")


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
