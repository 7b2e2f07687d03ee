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
WRITTEN = ["queued", "awaiting_approval", *ON_ITS_WAY]

ANSWERED = ["message.queued", "message.submitted", "message.elsewhere"]
WROTE = ["message.received", "message.edited"]

NEWER = """
SELECT m.id FROM message m
WHERE m.workspace_id = $1 AND m.conversation_id = $2 AND m.recorded_at > coalesce($3, '-infinity'::timestamptz)
    AND m.at > now() - interval '30 days' AND m.direction = 'out' AND m.visibility <> 'note'
    AND m.deleted_at IS NULL AND NOT m.before_connection AND m.delivery = ANY($5)
    AND (m.elsewhere = 'person' OR (m.agent_id IS NOT NULL AND m.agent_id IS DISTINCT FROM $4))
ORDER BY m.at, m.id
"""
ITEMS = """
SELECT m.id FROM message m
WHERE m.workspace_id = $1 AND m.conversation_id = $2
    AND m.recorded_at > coalesce($3::timestamptz, '-infinity'::timestamptz)
    AND ($5::uuid[] IS NULL OR m.id = ANY($5))
    AND m.at > now() - interval '30 days' AND m.direction = 'in' AND m.deleted_at IS NULL AND NOT m.before_connection
    AND (m.kind = 'dm' OR m.identity_id IN (
        SELECT a.identity_id FROM message a WHERE a.workspace_id = $1 AND a.id = ANY($4)))
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
    since = await _recorded(connection, workspace_id, conversation_id, seen)
    found = await connection.fetch(NEWER, workspace_id, conversation_id, since, author, WRITTEN)
    if not isinstance(seen, int):
        return [row["id"] for row in found]
    announced = await _announced_after(connection, workspace_id, conversation_id, seen, ANSWERED)
    return [row["id"] for row in found if row["id"] in announced]


async def newer_items(
    connection: Connection, workspace_id: UUID, conversation_id: UUID, *, since: datetime | None, answers: list[UUID]
) -> list[UUID]:
    """What those who are answered have written since (database time): in a private conversation, whatever came."""
    found = await connection.fetch(ITEMS, workspace_id, conversation_id, since, answers, None)
    return [row["id"] for row in found]


async def unseen_items(
    connection: Connection, workspace_id: UUID, conversation_id: UUID, *, seen: UUID | int, answers: list[UUID]
) -> list[UUID]:
    """... and what of it a page had not shown; where it names a feed number, also what was edited since."""
    if isinstance(seen, int):
        told = await _announced_after(connection, workspace_id, conversation_id, seen, WROTE)
        found = await connection.fetch(ITEMS, workspace_id, conversation_id, None, answers, sorted(told))
        return [row["id"] for row in found]
    since = await _recorded(connection, workspace_id, conversation_id, seen)
    return await newer_items(connection, workspace_id, conversation_id, since=since, answers=answers)


async def _recorded(
    connection: Connection, workspace_id: UUID, conversation_id: UUID, seen: UUID | int | None
) -> datetime | None:
    if not isinstance(seen, UUID):
        return None
    since: datetime | None = await connection.fetchval(
        "SELECT recorded_at FROM message WHERE workspace_id = $1 AND id = $2 AND conversation_id = $3",
        workspace_id,
        seen,
        conversation_id,
    )
    return since


async def _announced_after(
    connection: Connection, workspace_id: UUID, conversation_id: UUID, seq: int, names: list[str]
) -> set[UUID]:
    """Messages of which readers of the feed were told so after this number."""
    bodies = await connection.fetch(
        """SELECT body FROM event WHERE workspace_id = $1 AND seq > $2 AND conversation_id = $3 AND name = ANY($4)""",
        workspace_id,
        seq,
        conversation_id,
        names,
    )
    told = [msgspec.json.decode(row["body"], type=EventOut) for row in bodies]
    return {event.message.id for event in told if event.message is not None}
