"""What finding words and people rests on: how a text is taken apart into words, and a moment into days.

The language does not matter: words are compared as they are written, without case and accents, and those of scripts
that put no space between words are taken apart by letter. An address, a handle or an order's number falls into its
parts, so that each of them is found.
"""

from typing import Any

from sqlalchemy import Connection, MetaData, event

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


def prepare(metadata: MetaData) -> None:
    """Tables made from these models find all of this made before them, as the migration makes it."""

    @event.listens_for(metadata, "before_create")
    def _(target: MetaData, connection: Connection, **_: Any) -> None:
        for statement in NEEDED:
            connection.exec_driver_sql(statement)
