"""What one agent has seen. A mark is nobody else's business: only its owner hears of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import mentions
from inbox.ground.db import Connection, raw
from inbox.ground.errors import NotFound
from inbox.people.access import Agent
from inbox.realtime import events
from inbox.realtime.shapes import ReadOut


async def marks(connection: Connection, agent: Agent, conversation_ids: Sequence[UUID]) -> list[ReadOut]:
    """One's own marks on these conversations, where there are any."""
    found = await connection.fetch(
        """SELECT conversation_id, at FROM read_mark
           WHERE workspace_id = $1 AND user_id = $2 AND conversation_id = ANY($3) ORDER BY conversation_id""",
        agent.workspace_id,
        agent.id,
        list(conversation_ids),
    )
    return [ReadOut(conversation_id=row["conversation_id"], at=row["at"]) for row in found]


async def read(session: AsyncSession, conversation_id: UUID, at: datetime, *, by: Agent) -> ReadOut:
    """Everything up to `at` was seen, also where one was named. A mark only moves forward, and never past what there
    is to see."""
    connection = await raw(session)
    channel_id = await _channel(connection, conversation_id, by)
    moved = await connection.fetchval(
        """INSERT INTO read_mark AS r (workspace_id, user_id, conversation_id, at)
           SELECT $1, $2, id, least($4, greatest(last_inbound_at, clock_timestamp())) FROM conversation
           WHERE workspace_id = $1 AND id = $3
           ON CONFLICT (workspace_id, user_id, conversation_id) DO UPDATE SET at = excluded.at
               WHERE r.at IS NULL OR r.at < excluded.at
           RETURNING at""",
        by.workspace_id,
        by.id,
        conversation_id,
        at,
    )
    was_named = await mentions.read(connection, conversation_id, at, by=by)
    if moved is None and was_named:
        moved = (await mark(connection, conversation_id, by)).at
    if moved is None:
        return await mark(connection, conversation_id, by)
    return _tell(session, conversation_id, channel_id, moved, by)


async def unread(session: AsyncSession, conversation_id: UUID, *, by: Agent) -> ReadOut:
    """Marked as not seen, to come back to it."""
    connection = await raw(session)
    channel_id = await _channel(connection, conversation_id, by)
    changed = await connection.fetchval(
        """INSERT INTO read_mark AS r (workspace_id, user_id, conversation_id, at) VALUES ($1, $2, $3, NULL)
           ON CONFLICT (workspace_id, user_id, conversation_id) DO UPDATE SET at = NULL WHERE r.at IS NOT NULL
           RETURNING true""",
        by.workspace_id,
        by.id,
        conversation_id,
    )
    if not changed:
        return ReadOut(conversation_id=conversation_id, at=None)
    return _tell(session, conversation_id, channel_id, None, by)


async def mark(connection: Connection, conversation_id: UUID, by: Agent) -> ReadOut:
    """One's own mark on one conversation; None where it was never opened."""
    found = await marks(connection, by, [conversation_id])
    return found[0] if found else ReadOut(conversation_id=conversation_id, at=None)


async def _channel(connection: Connection, conversation_id: UUID, by: Agent) -> UUID:
    channel_id: UUID | None = await connection.fetchval(
        "SELECT channel_id FROM conversation WHERE workspace_id = $1 AND id = $2", by.workspace_id, conversation_id
    )
    if channel_id is None:
        raise NotFound("There is no such conversation.")
    by.must_see(channel_id, "conversation")
    return channel_id


def _tell(session: AsyncSession, conversation_id: UUID, channel_id: UUID, at: datetime | None, by: Agent) -> ReadOut:
    told = ReadOut(conversation_id=conversation_id, at=at)
    events.publish(session, "conversation.read", channel_id=channel_id, user_id=by.id, by=by.person, read=told)
    return told
