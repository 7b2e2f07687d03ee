"""The collision guard: what colleagues have answered that the author of a reply had not seen.

A customer's newer message never stops a reply; a colleague's answer does. Told by when our rows were made, under the
conversation's lock, so the platforms' clocks and late echoes change nothing.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from inbox.ground.db import Connection
from inbox.realtime.shapes import EventOut

ON_ITS_WAY = ["sending", "sent", "unknown", "needs_decision"]
WRITTEN = ["queued", *ON_ITS_WAY]

NEWER = """
SELECT m.id FROM message m
WHERE m.workspace_id = $1 AND m.conversation_id = $2 AND m.recorded_at > coalesce($3, '-infinity'::timestamptz)
    AND m.at > now() - interval '30 days' AND m.direction = 'out' AND m.visibility <> 'note'
    AND m.deleted_at IS NULL AND NOT m.before_connection AND m.delivery = ANY($5)
    AND (m.elsewhere = 'person' OR (m.agent_id IS NOT NULL AND m.agent_id IS DISTINCT FROM $4))
ORDER BY m.at, m.id
"""


async def newer_answers(
    connection: Connection,
    workspace_id: UUID,
    conversation_id: UUID,
    *,
    since: datetime,
    author: UUID | None,
    states: list[str],
) -> list[UUID]:
    """Answers of others made after `since` (database time), of those in these delivery states."""
    found = await connection.fetch(NEWER, workspace_id, conversation_id, since, author, states)
    return [row["id"] for row in found]


async def unseen_answers(
    connection: Connection, workspace_id: UUID, conversation_id: UUID, *, seen: UUID | int | None, author: UUID | None
) -> list[UUID]:
    """Answers of others that a composer had not shown: `seen` is the last message or feed number it had, or nothing."""
    since: datetime | None = None
    announced: set[UUID] | None = None
    if isinstance(seen, UUID):
        since = await connection.fetchval(
            "SELECT recorded_at FROM message WHERE workspace_id = $1 AND id = $2 AND conversation_id = $3",
            workspace_id,
            seen,
            conversation_id,
        )
    elif seen is not None:
        announced = await _announced_after(connection, workspace_id, conversation_id, seen)
    found = await connection.fetch(
        NEWER,
        workspace_id,
        conversation_id,
        since,
        author,
        WRITTEN,
    )
    return [row["id"] for row in found if announced is None or row["id"] in announced]


async def _announced_after(connection: Connection, workspace_id: UUID, conversation_id: UUID, seq: int) -> set[UUID]:
    """Messages that began to exist for readers of the feed after this number."""
    bodies = await connection.fetch(
        """SELECT body FROM event WHERE workspace_id = $1 AND seq > $2 AND conversation_id = $3
               AND name IN ('message.queued', 'message.elsewhere')""",
        workspace_id,
        seq,
        conversation_id,
    )
    told = [msgspec.json.decode(row["body"], type=EventOut) for row in bodies]
    return {event.message.id for event in told if event.message is not None}
