"""Letting the words of messages go, everywhere they lie, and putting them back; ids, times and numbers stay.

Both stand inside a transaction that has no other lock yet: conversations are held in order, then their messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

import asyncpg
import msgspec

from inbox.desk import sign_rows
from inbox.flow import names
from inbox.flow.letters import preview
from inbox.flow.likeness import said
from inbox.flow.quoting import unquote
from inbox.flow.scene import FETCHED
from inbox.ground.crypto import Hasher
from inbox.ground.db import Connection, Database, again
from inbox.ground.ids import new_id
from inbox.platforms.base import Attachment
from inbox.realtime.events import Happening
from inbox.realtime.rows import attachments

BATCH = 100  # messages of one transaction; what hangs from them makes a few hundred rows
FEED_BATCH = 500

HELD = """
SELECT id, conversation_id, channel_id, external_id, text, attachments, rating, said FROM message
WHERE workspace_id = $1 AND id = ANY($2) AND conversation_id = ANY($3) AND ($4 OR purge_due_at <= now())
ORDER BY id FOR NO KEY UPDATE
"""
NEWEST = """
SELECT k.id AS thread, m.* FROM unnest($2::uuid[]) AS k(id) LEFT JOIN LATERAL (
    SELECT text, attachments, unsupported FROM message
    WHERE workspace_id = $1 AND conversation_id = k.id AND deleted_at IS NULL
    ORDER BY at DESC, external_id DESC, id DESC LIMIT 1) m ON true
"""


@dataclass(frozen=True, slots=True)
class Back:
    """What a platform told again of a message whose words were let go."""

    message_id: UUID
    text: str
    attachments: list[Attachment]


async def redact(
    database: Database,
    workspace_id: UUID,
    threads: Sequence[UUID],
    messages: Sequence[UUID],
    people: Sequence[UUID] = (),
) -> None:
    """Take these words, and names, out of the feed beforehand, a few rows at a time: little is then left to do."""
    await again(partial(_forget_answers, database, workspace_id, threads))
    while await again(partial(_redact, database, workspace_id, threads, messages, people)) == FEED_BATCH:
        pass


async def _forget_answers(database: Database, workspace_id: UUID, threads: Sequence[UUID]) -> None:
    """Whatever an address that was told of them answered: it may have said their words again."""
    async with database.tenant(workspace_id) as connection:
        await connection.execute(
            """UPDATE webhook_delivery SET answer = ''
               WHERE workspace_id = $1 AND conversation_id = ANY($2) AND answer <> ''""",
            workspace_id,
            list(threads),
        )


async def _redact(
    database: Database,
    workspace_id: UUID,
    threads: Sequence[UUID],
    messages: Sequence[UUID],
    people: Sequence[UUID],
) -> int:
    async with database.tenant(workspace_id) as connection:
        changed: int = await connection.fetchval(
            "SELECT redact_feed($1, $2, $3, $4)", list(threads), list(messages), list(people), FEED_BATCH
        )
    return changed


async def let_go(
    connection: Connection,
    workspace_id: UUID,
    messages: Sequence[UUID],
    hasher: Hasher,
    *,
    erase: bool = False,
    people: Sequence[UUID] = (),
) -> list[Happening]:
    """Let the words of those of these messages go whose time has come: meanwhile they may stay longer.

    `erase`: all of them and for good, with their outside ids, as `people` asked.
    """
    threads = await _hold(connection, workspace_id, await _threads(connection, workspace_id, messages))
    held = await connection.fetch(HELD, workspace_id, messages, threads, erase)
    ids = [row["id"] for row in held]
    threads = sorted({row["conversation_id"] for row in held})
    told = [attachments(row["attachments"]) for row in held]
    earlier = await connection.fetch(
        "SELECT message_id, text FROM message_revision WHERE workspace_id = $1 AND message_id = ANY($2)",
        workspace_id,
        ids,
    )
    home = {row["id"]: row["conversation_id"] for row in held}
    spoken = [(row["conversation_id"], row["text"]) for row in held]
    spoken += [(home[row["message_id"]], row["text"]) for row in earlier]
    ours = await unquote(connection, workspace_id, spoken, hasher)
    await connection.execute(
        """UPDATE message m SET text = '', attachments = '[]', said = coalesce(m.said, g.said), purge_due_at = NULL,
               purged_at = coalesce(m.purged_at, now()), version = version + 1
           FROM unnest($2::uuid[], $3::bytea[]) AS g(id, said) WHERE m.workspace_id = $1 AND m.id = g.id""",
        workspace_id,
        ids,
        [said(hasher, row["text"], files, row["rating"]) for row, files in zip(held, told, strict=True)],
    )
    await connection.execute("SELECT forget_revisions($1)", ids)
    await connection.execute(
        """UPDATE attachment SET state = 'leaving', mime = '', reason = '',
               due_at = CASE WHEN state = 'due' THEN greatest(due_at, now()) ELSE now() END
           WHERE workspace_id = $1 AND message_id = ANY($2) AND state <> 'leaving'""",
        workspace_id,
        ids,
    )
    await sign_rows.forget_sources(connection, workspace_id, ids)
    if erase:
        await _unname(connection, workspace_id, held, hasher)
    await _show_last(connection, workspace_id, threads)
    await connection.execute(
        "SELECT redact_feed($1, $2, $3, $4)", threads, [*ids, *(one for _, one in ours)], list(people), 2**31 - 1
    )
    verb = "message.erased" if erase else "message.purged"
    happenings = [Happening(verb, row["conversation_id"], row["id"]) for row in held]
    return happenings + [Happening("message.redacted", thread, one) for thread, one in ours]


async def put_back(
    connection: Connection, workspace_id: UUID, thread: UUID, found: Sequence[Back], until: datetime | None
) -> list[Happening]:
    """Words that the platform told again stay `until`; nothing else about their messages changes."""
    if not found or not await _hold(connection, workspace_id, [thread]):
        return []
    told = {back.message_id: back for back in found}
    rows = await connection.fetch(
        """SELECT id, channel_id FROM message WHERE workspace_id = $1 AND conversation_id = $2 AND id = ANY($3)
               AND purged_at IS NOT NULL AND deleted_at IS NULL AND NOT erased ORDER BY id FOR NO KEY UPDATE""",
        workspace_id,
        thread,
        list(told),
    )
    backs = [told[row["id"]] for row in rows]
    await connection.execute(
        """UPDATE message m SET text = g.text, attachments = g.attachments::jsonb, said = NULL, purged_at = NULL,
               purge_due_at = $5, version = version + 1
           FROM unnest($2::uuid[], $3::text[], $4::text[]) AS g(id, text, attachments)
           WHERE m.workspace_id = $1 AND m.id = g.id""",
        workspace_id,
        [back.message_id for back in backs],
        [back.text for back in backs],
        [msgspec.json.encode(back.attachments).decode() for back in backs],
        until,
    )
    files = [
        (row, position)
        for row, back in zip(rows, backs, strict=True)
        for position, one in enumerate(back.attachments)
        if one.type in FETCHED and (one.url or one.external_id)
    ]
    await connection.execute(
        """INSERT INTO attachment (workspace_id, id, message_id, channel_id, position)
           SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::smallint[])""",
        workspace_id,
        [new_id() for _ in files],
        [row["id"] for row, _ in files],
        [row["channel_id"] for row, _ in files],
        [position for _, position in files],
    )
    await _show_last(connection, workspace_id, [thread])
    return [Happening("message.refetched", thread, row["id"]) for row in rows]


async def _threads(connection: Connection, workspace_id: UUID, messages: Sequence[UUID]) -> list[UUID]:
    rows = await connection.fetch(
        "SELECT DISTINCT conversation_id AS id FROM message WHERE workspace_id = $1 AND id = ANY($2)",
        workspace_id,
        list(messages),
    )
    return sorted(row["id"] for row in rows)


async def _hold(connection: Connection, workspace_id: UUID, threads: Sequence[UUID]) -> list[UUID]:
    rows = await connection.fetch(
        "SELECT id FROM conversation WHERE workspace_id = $1 AND id = ANY($2) ORDER BY id FOR NO KEY UPDATE",
        workspace_id,
        list(threads),
    )
    return [row["id"] for row in rows]


async def _unname(connection: Connection, workspace_id: UUID, held: Sequence[asyncpg.Record], hasher: Hasher) -> None:
    """What is told of these messages later finds nobody, and what was told stays one."""
    hashed = [names.erased(hasher, row["external_id"]) if row["external_id"] else None for row in held]
    await connection.execute(
        """UPDATE message m SET erased = true, external_id = g.name, permalink = '', reread_due_at = NULL
           FROM unnest($2::uuid[], $3::text[]) AS g(id, name) WHERE m.workspace_id = $1 AND m.id = g.id""",
        workspace_id,
        [row["id"] for row in held],
        hashed,
    )
    named = [(row, name) for row, name in zip(held, hashed, strict=True) if name]
    await connection.execute(
        """UPDATE message m SET parent_external_id = g.name
           FROM unnest($2::uuid[], $3::text[], $4::text[]) AS g(thread, was, name)
           WHERE m.workspace_id = $1 AND m.conversation_id = g.thread AND m.parent_external_id = g.was""",
        workspace_id,
        [row["conversation_id"] for row, _ in named],
        [row["external_id"] for row, _ in named],
        [name for _, name in named],
    )
    await connection.execute(
        """UPDATE post p SET text = '', picture_url = '', permalink = '', external_id = g.name
           FROM unnest($2::uuid[], $3::text[], $4::text[]) AS g(channel, was, name)
           WHERE p.workspace_id = $1 AND p.channel_id = g.channel AND p.external_id = g.was""",
        workspace_id,
        [row["channel_id"] for row, _ in named],
        [row["external_id"] for row, _ in named],
        [name for _, name in named],
    )


async def _show_last(connection: Connection, workspace_id: UUID, threads: Sequence[UUID]) -> None:
    """The last line of these conversations, from the newest message that still stands."""
    rows = await connection.fetch(NEWEST, workspace_id, list(threads))
    await connection.execute(
        """UPDATE conversation c SET preview = g.line, version = version + 1
           FROM unnest($2::uuid[], $3::text[]) AS g(id, line) WHERE c.workspace_id = $1 AND c.id = g.id""",
        workspace_id,
        [row["thread"] for row in rows],
        [_line(row) for row in rows],
    )


def _line(row: asyncpg.Record) -> str:
    if row["text"] is None:
        return ""  # nothing stands there any more
    return preview(row["text"], attachments(row["attachments"]), row["unsupported"])
