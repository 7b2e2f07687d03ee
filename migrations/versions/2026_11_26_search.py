"""Everything that was ever written can be found, by its words in any language and by who wrote it.

No table is written anew: the indexes are made beside the work that goes on, which takes minutes where there are
millions of messages. What was begun and broken off is begun again.

Revision ID: 2026_11_26_search
Revises: 2026_11_26_rules
"""

from alembic import op

revision = "2026_11_26_search"
down_revision = "2026_11_26_rules"
branch_labels = None
depends_on = None

HERE = "nullif(current_setting('app.workspace_id', true), '')::uuid"

NEEDED = [
    "CREATE EXTENSION IF NOT EXISTS btree_gin SCHEMA public",
    # Without it accents matter, and nothing else.
    """DO $$ BEGIN
        CREATE EXTENSION IF NOT EXISTS unaccent SCHEMA public;
    EXCEPTION WHEN undefined_file OR feature_not_supported OR insufficient_privilege THEN
        RAISE NOTICE 'unaccent cannot be made here: accents matter when words are searched for';
    END $$""",
    """DO $$ BEGIN
        IF EXISTS (SELECT 1 FROM pg_ts_config WHERE cfgname = 'words' AND cfgnamespace = 'public'::regnamespace) THEN
            RETURN;
        END IF;
        CREATE TEXT SEARCH CONFIGURATION public.words (COPY = pg_catalog.simple);
        IF EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'unaccent') THEN
            ALTER TEXT SEARCH CONFIGURATION public.words
                ALTER MAPPING FOR hword, hword_part, word, numword, numhword WITH public.unaccent, pg_catalog.simple;
        END IF;
    END $$""",
    # A word of a script without spaces would otherwise be the whole sentence. Beyond 50,000 letters nobody searches.
    r"""CREATE OR REPLACE FUNCTION public.words_of(written text) RETURNS tsvector
        LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 2000
        RETURN to_tsvector('public.words'::regconfig, regexp_replace(
            translate(left(written, 50000), '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', repeat(' ', 32)),
            '([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff])', ' \1 ', 'g'))""",
    """CREATE OR REPLACE FUNCTION public.day_of(moment timestamptz) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE
        RETURN floor(extract(epoch FROM moment) / 86400)::int""",
]

INDEXES = {
    "ix_message_time": "message (workspace_id, at, id)",
    "ix_message_words": """message USING gin (workspace_id, day_of(at), words_of(text))
        WITH (gin_pending_list_limit = 256) WHERE deleted_at IS NULL""",
    "ix_contact_identity_words": """contact_identity USING gin
        (workspace_id, words_of(left(name, 100) || ' ' || left(handle, 100))) WITH (gin_pending_list_limit = 256)""",
}

# Behind the walls Postgres looks for no word along an index: so these two, of the tables' owner, look for it, in the
# workspace that is set and in no other.
PEOPLE = f"""CREATE OR REPLACE FUNCTION search_people(wanted text, most int) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
        SELECT i.id FROM contact_identity i
        WHERE i.workspace_id = {HERE}
          AND words_of(left(i.name, 100) || ' ' || left(i.handle, 100)) @@ to_tsquery('public.words', wanted)
        LIMIT most
    $$"""

# Messages in which these words stand, the newest first: at `since` or later and before (upto, upto_id), `most` of them.
# `by_day`: day by day, which is quicker where the days are few and the words many; else along the words alone.
MESSAGES = f"""CREATE OR REPLACE FUNCTION search_messages(
        wanted text, since timestamptz, upto timestamptz, upto_id uuid, by_day boolean, writers uuid[], most int)
    RETURNS TABLE (id uuid, conversation_id uuid, channel_id uuid, at timestamptz)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
    #variable_conflict use_column
    DECLARE
        here uuid := {HERE};
        query tsquery := to_tsquery('public.words', wanted);
        given int := 0;
        met int;
    BEGIN
        IF writers IS NOT NULL THEN
            RETURN QUERY WITH theirs AS MATERIALIZED (
                SELECT m.id, m.conversation_id, m.channel_id, m.at, m.text FROM message m
                WHERE m.workspace_id = here AND m.deleted_at IS NULL AND m.identity_id = ANY (writers)
                  AND m.at >= since AND (m.at, m.id) < (upto, upto_id))
            SELECT m.id, m.conversation_id, m.channel_id, m.at FROM theirs m WHERE words_of(m.text) @@ query
            ORDER BY m.at DESC, m.id DESC LIMIT most;
        ELSIF by_day THEN
            FOR day IN REVERSE day_of(upto)..day_of(since) LOOP
                RETURN QUERY SELECT m.id, m.conversation_id, m.channel_id, m.at FROM message m
                WHERE m.workspace_id = here AND m.deleted_at IS NULL AND words_of(m.text) @@ query
                  AND day_of(m.at) = day AND m.at >= since AND (m.at, m.id) < (upto, upto_id)
                ORDER BY m.at DESC, m.id DESC LIMIT most - given;
                GET DIAGNOSTICS met = ROW_COUNT;
                given := given + met;
                EXIT WHEN given >= most;
            END LOOP;
        ELSE
            RETURN QUERY SELECT m.id, m.conversation_id, m.channel_id, m.at FROM message m
            WHERE m.workspace_id = here AND m.deleted_at IS NULL AND words_of(m.text) @@ query
              AND m.at >= since AND (m.at, m.id) < (upto, upto_id)
            ORDER BY m.at DESC, m.id DESC LIMIT most;
        END IF;
    END $$"""

RIGHTS = "search_people(text, int), search_messages(text, timestamptz, timestamptz, uuid, boolean, uuid[], int)"


def upgrade() -> None:
    run = op.get_bind().exec_driver_sql
    for statement in NEEDED:
        run(statement)
    with op.get_context().autocommit_block():
        for name, on in INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON {on}")
    run = op.get_bind().exec_driver_sql
    for statement in (PEOPLE, MESSAGES):
        run(statement)
    run(f"REVOKE ALL ON FUNCTION {RIGHTS} FROM PUBLIC")
    run(f"GRANT EXECUTE ON FUNCTION {RIGHTS} TO inbox_app")


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
