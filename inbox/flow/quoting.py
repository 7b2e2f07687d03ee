"""What of a customer's words was copied into ours: a note, a draft, a reply. Ours stay; the quoted part goes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from inbox.flow.likeness import said
from inbox.ground.crypto import Hasher
from inbox.ground.db import Connection
from inbox.realtime.rows import attachments

SHORTEST = 20  # characters: less than this anybody may say by themselves
LEFT_OUT = "[…]"


async def unquote(
    connection: Connection, workspace_id: UUID, spoken: Sequence[tuple[UUID, str]], hasher: Hasher
) -> list[tuple[UUID, UUID]]:
    """Take what was said in these conversations out of ours there; gives conversation and message of those changed.

    What has not left yet is not touched: it is sent as its author wrote it. An earlier wording goes whole.
    """
    pieces: defaultdict[UUID, set[str]] = defaultdict(set)
    for thread, text in spoken:
        pieces[thread] |= {one.strip() for one in (text, *text.splitlines()) if len(one.strip()) >= SHORTEST}
    asked = [(thread, piece) for thread, some in pieces.items() for piece in some]
    if not asked:
        return []
    threads, words = [thread for thread, _ in asked], [piece for _, piece in asked]
    ours = await connection.fetch(
        """SELECT id, conversation_id, text, attachments, rating FROM message m
           WHERE workspace_id = $1 AND conversation_id = ANY($2) AND direction = 'out'
               AND (delivery IS NULL OR delivery IN ('sent', 'cancelled'))
               AND EXISTS (SELECT 1 FROM unnest($2::uuid[], $3::text[]) AS g(thread, piece)
                           WHERE g.thread = m.conversation_id AND position(g.piece in m.text) > 0)
           ORDER BY id FOR NO KEY UPDATE""",
        workspace_id,
        threads,
        words,
    )
    await connection.execute(
        """UPDATE message m SET text = g.text, said = coalesce(m.said, g.said), version = version + 1
           FROM unnest($2::uuid[], $3::text[], $4::bytea[]) AS g(id, text, said)
           WHERE m.workspace_id = $1 AND m.id = g.id""",
        workspace_id,
        [row["id"] for row in ours],
        [_without(row["text"], pieces[row["conversation_id"]]) for row in ours],
        [said(hasher, row["text"], attachments(row["attachments"]), row["rating"]) for row in ours],
    )
    earlier = await connection.fetch(
        """SELECT DISTINCT m.id, m.conversation_id FROM message m
           JOIN message_revision r ON r.workspace_id = m.workspace_id AND r.message_id = m.id
           WHERE m.workspace_id = $1 AND m.conversation_id = ANY($2) AND m.direction = 'out' AND m.revisions > 0
               AND EXISTS (SELECT 1 FROM unnest($2::uuid[], $3::text[]) AS g(thread, piece)
                           WHERE g.thread = m.conversation_id AND position(g.piece in r.text) > 0)""",
        workspace_id,
        threads,
        words,
    )
    await connection.execute("SELECT forget_revisions($1)", [row["id"] for row in earlier])
    drafts = await connection.fetch(
        "SELECT conversation_id, user_id, text FROM draft WHERE workspace_id = $1 AND conversation_id = ANY($2)",
        workspace_id,
        threads,
    )
    for row in drafts:
        if (text := _without(row["text"], pieces[row["conversation_id"]])) != row["text"]:
            await connection.execute(
                "UPDATE draft SET text = $4 WHERE workspace_id = $1 AND conversation_id = $2 AND user_id = $3",
                workspace_id,
                row["conversation_id"],
                row["user_id"],
                text,
            )
    return sorted({(row["conversation_id"], row["id"]) for row in (*ours, *earlier)})


def _without(text: str, pieces: set[str]) -> str:
    for piece in sorted(pieces, key=len, reverse=True):
        text = text.replace(piece, LEFT_OUT)
    return text
