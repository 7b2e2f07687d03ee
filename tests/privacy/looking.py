"""Looking into every corner: what lies anywhere, and what is counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from inbox.ground.db import Connection
from inbox.ground.settings import Settings

COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, NULL) AS kind FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
"""
COUNTED = (
    "SELECT * FROM episode ORDER BY opened_at, key",
    "SELECT id, kind, key, data FROM fact ORDER BY at, rank, tie",
    """SELECT id, message_count, participants, waiting_count, waiting_since, last_message_at, status
       FROM conversation ORDER BY id""",
    "SELECT id, at, received_at, needs_reply, answered, rating, revisions FROM message ORDER BY id",
)


async def dump(owner: Connection, settings: Settings) -> bytes:
    """Every value of every column of every table, bytes as they are, and every file that is kept."""
    found: list[bytes] = []
    for column in await owner.fetch(COLUMNS):
        name = f'"{column["attname"]}"'
        asked = name if column["kind"] == "bytea" else f"convert_to({name}::text, 'UTF8')"
        rows = await owner.fetch(f'SELECT {asked} FROM "{column["relname"]}" WHERE {name} IS NOT NULL')
        found += [row[0] for row in rows]
    return b"\n".join([*found, *_files(settings)])


async def numbers(owner: Connection) -> list[tuple[Any, ...]]:
    """Waitings and facts, conversations and their counts."""
    return [tuple(row) for sql in COUNTED for row in await owner.fetch(sql)]


def _files(settings: Settings) -> list[bytes]:
    folder = Path(unquote(urlsplit(settings.attachments_url).path))
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
