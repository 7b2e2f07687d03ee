"""A day of deliveries or of the feed is put away once nobody needs it; days that are missing are made around what came.

Revision ID: 2026_11_25_days_are_put_away
Revises: 2026_11_25_words_let_go
"""

from alembic import op

revision = "2026_11_25_days_are_put_away"
down_revision = "2026_11_25_words_let_go"
branch_labels = None
depends_on = None

HERE = "nullif(current_setting('app.workspace_id', true), '')::uuid"

READERS = [
    """CREATE TABLE feed_reader (
        workspace_id UUID NOT NULL,
        name TEXT COLLATE "C" NOT NULL,
        seq BIGINT DEFAULT 0 NOT NULL,
        CONSTRAINT pk_feed_reader PRIMARY KEY (workspace_id, name),
        CONSTRAINT fk_feed_reader_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id) ON DELETE CASCADE
    )""",
    "ALTER TABLE feed_reader ENABLE ROW LEVEL SECURITY",
    f"CREATE POLICY tenant ON feed_reader TO inbox_app, inbox_intake USING (workspace_id = {HERE})"
    f" WITH CHECK (workspace_id = {HERE})",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON feed_reader TO inbox_app",
]

FUNCTIONS = [
    # Which column a table is cut into days by.
    """CREATE FUNCTION day_column(parent text) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public AS $$
        SELECT CASE parent WHEN 'inbound_delivery' THEN 'received_at' WHEN 'event' THEN 'at' END
    $$""",
    # A day that was not made in time cannot be made while the net holds rows of it: they move into it with their lock.
    """CREATE OR REPLACE FUNCTION make_days(ahead int) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET timezone = 'UTC' AS $$
    DECLARE day date; fell date[]; parent text; child text; net text; made int := 0;
    BEGIN
        PERFORM pg_advisory_xact_lock(hashtext('earshot days'));
        FOREACH parent IN ARRAY ARRAY['inbound_delivery', 'event'] LOOP
            net := parent || '_default';
            EXECUTE format('SELECT coalesce(array_agg(DISTINCT %I::date), ''{}'') FROM public.%I', day_column(parent), net)
                INTO fell;
            FOR day IN SELECT unnest(fell) UNION
                       SELECT generate_series(current_date - 1, current_date + ahead, interval '1 day')::date
                       ORDER BY 1 LOOP
                child := parent || '_' || to_char(day, 'YYYYMMDD');
                CONTINUE WHEN to_regclass('public.' || child) IS NOT NULL;
                IF day = ANY (fell) THEN
                    EXECUTE format('LOCK TABLE public.%I IN ACCESS EXCLUSIVE MODE', net);
                    EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING ALL)', child, parent);
                    EXECUTE format('WITH moved AS (DELETE FROM public.%I WHERE %I >= %L AND %I < %L RETURNING *)'
                        ' INSERT INTO public.%I SELECT * FROM moved',
                        net, day_column(parent), day::timestamptz, day_column(parent), (day + 1)::timestamptz, child);
                    EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                        parent, child, day::timestamptz, (day + 1)::timestamptz);
                ELSE
                    EXECUTE format('CREATE TABLE public.%I PARTITION OF public.%I FOR VALUES FROM (%L) TO (%L)',
                        child, parent, day::timestamptz, (day + 1)::timestamptz);
                END IF;
                made := made + 1;
            END LOOP;
        END LOOP;
        RETURN made;
    END $$""",
    # How far days are made, and how much lies in the net beside them.
    """CREATE FUNCTION days_made() RETURNS TABLE (parent text, until date, beside bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    BEGIN
        FOREACH parent IN ARRAY ARRAY['inbound_delivery', 'event'] LOOP
            SELECT max(to_date(right(c.relname, 8), 'YYYYMMDD')) INTO until
                FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = to_regclass('public.' || parent) AND c.relname ~ '_[0-9]{8}$';
            EXECUTE format('SELECT count(*) FROM (SELECT 1 FROM public.%I LIMIT 10000) x', parent || '_default')
                INTO beside;
            RETURN NEXT;
        END LOOP;
    END $$""",
    # The oldest day that nobody needs, gone whole; NULL when there is none. Nothing is written into a day that is over,
    # so what was found before the lock still holds under it. Whoever writes meanwhile waits, so we wait only briefly.
    """CREATE FUNCTION put_day_away(parent text, keep int) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public SET timezone = 'UTC' SET lock_timeout = '1s' AS $$
    DECLARE child text; needed boolean;
    BEGIN
        IF day_column(parent) IS NULL THEN
            RAISE EXCEPTION 'Only days of inbound_delivery and event are put away.';
        END IF;
        FOR child IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                     WHERE i.inhparent = to_regclass('public.' || parent) AND c.relname ~ '_[0-9]{8}$'
                       AND to_date(right(c.relname, 8), 'YYYYMMDD') < current_date - greatest(keep, 7)
                     ORDER BY c.relname LOOP
            IF parent = 'inbound_delivery' THEN
                EXECUTE format('SELECT EXISTS (SELECT 1 FROM public.%I WHERE state <> ''done'')', child) INTO needed;
                CONTINUE WHEN needed;
            ELSE
                EXECUTE format('SELECT EXISTS (SELECT 1 FROM feed_reader r WHERE r.seq < (SELECT max(e.seq)'
                    ' FROM public.%I e WHERE e.workspace_id = r.workspace_id))', child) INTO needed;
                EXIT WHEN needed;  -- what is kept of the feed has no hole
            END IF;
            EXECUTE format('LOCK TABLE ONLY public.%I IN ACCESS EXCLUSIVE MODE', parent);
            IF parent = 'event' THEN
                EXECUTE format('UPDATE feed_head h SET min_seq = greatest(h.min_seq, gone.seq + 1) FROM ('
                    ' SELECT k.workspace_id, (SELECT max(e.seq) FROM public.%I e WHERE e.workspace_id = k.workspace_id)'
                    ' AS seq FROM feed_head k) gone WHERE gone.workspace_id = h.workspace_id AND gone.seq IS NOT NULL',
                    child);
            END IF;
            EXECUTE format('DROP TABLE public.%I', child);
            RETURN child;
        END LOOP;
        RETURN NULL;
    END $$""",
    "REVOKE ALL ON FUNCTION day_column(text), days_made(), put_day_away(text, int) FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION days_made(), put_day_away(text, int) TO inbox_claim",
]


def upgrade() -> None:
    for statement in READERS + FUNCTIONS:
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
