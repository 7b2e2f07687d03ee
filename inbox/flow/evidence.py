"""What arrives about messages of ours from elsewhere: echoes, receipts, and a platform that changed its mind.

Evidence needs no fence, but writes only towards what it proves. The caller holds the conversation and numbers the
happenings with its own.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from inbox.desk import arrivals, deliveries
from inbox.ground.db import Connection
from inbox.platforms.base import Sent
from inbox.realtime.events import Happening

NEAR = timedelta(minutes=10)

# A reply in flight with the same words in the same thread, tried about that time; or one that an agent found there,
# whose outside id nobody has told us yet.
BY_WORDS = """
SELECT m.id, m.text FROM message m JOIN outbound_message o ON o.workspace_id = m.workspace_id AND o.id = m.id
WHERE m.workspace_id = $1 AND m.conversation_id = $2 AND m.channel_id = $3 AND m.external_id IS NULL
    AND (o.state IN ('sending', 'unknown', 'needs_decision', 'queued') OR (o.state = 'sent' AND m.at BETWEEN $4 AND $5))
    AND EXISTS (SELECT 1 FROM attempt a WHERE a.workspace_id = $1 AND a.outbound_id = o.id
                    AND a.started_at BETWEEN $4 AND $5)
ORDER BY o.created_at, o.id
"""


async def match_echo(
    connection: Connection,
    workspace_id: UUID,
    *,
    channel_id: UUID,
    conversation_id: UUID | None,
    external_id: str,
    correlation: str,
    text: str,
    at: datetime,
) -> UUID | None:
    """The message of ours that this post is: by its outside id, by the id we sent along, or by its words and time."""
    known: UUID | None = await connection.fetchval(
        """SELECT m.id FROM message m JOIN outbound_message o ON o.workspace_id = m.workspace_id AND o.id = m.id
           WHERE m.workspace_id = $1 AND m.channel_id = $2 AND m.external_id = $3""",
        workspace_id,
        channel_id,
        external_id,
    )
    if known is not None:
        return known
    if correlation:
        # What comes back is our own name for it, or the key under which we wrote it.
        known = await connection.fetchval(
            """SELECT m.id FROM message m JOIN outbound_message o ON o.workspace_id = m.workspace_id AND o.id = m.id
               WHERE m.workspace_id = $1 AND m.channel_id = $3 AND m.external_id IS NULL
                   AND (m.id = $2 OR (o.minted = $4 AND o.conversation_id = $5))""",
            workspace_id,
            _uuid(correlation),
            channel_id,
            correlation,
            conversation_id,
        )
        if known is not None:
            return known
    if conversation_id is None:
        return None
    words = normalised(text)
    candidates = await connection.fetch(BY_WORDS, workspace_id, conversation_id, channel_id, at - NEAR, at + NEAR)
    alike: list[UUID] = [row["id"] for row in candidates if normalised(row["text"]) == words]
    # Of two replies with the same words neither can be told apart: their answers, or a look, will name them.
    return alike[0] if len(alike) == 1 else None


async def accept(
    connection: Connection,
    workspace_id: UUID,
    message_id: UUID,
    external_id: str,
    at: datetime,
    permalink: str = "",
    thread: str = "",
) -> list[Happening]:
    """The platform shows that this message of ours is there, whatever we thought of it.

    `thread`: the private conversation its echo came from, which a private reply has opened.
    """
    held = await deliveries.hold(connection, workspace_id, message_id)
    if held is None:
        return []
    return await arrivals.sent(connection, held, Sent(external_id, at, permalink, thread)) or []


async def withdraw(
    connection: Connection, workspace_id: UUID, message_id: UUID, at: datetime, reason: str
) -> list[Happening]:
    """The platform says later that what it took did not arrive: the fact is taken back and the waiting goes on."""
    conversation_id = await connection.fetchval(
        "SELECT conversation_id FROM message WHERE workspace_id = $1 AND id = $2", workspace_id, message_id
    )
    await connection.execute(
        "SELECT 1 FROM conversation WHERE workspace_id = $1 AND id = $2 FOR NO KEY UPDATE",
        workspace_id,
        conversation_id,
    )
    message = await connection.fetchrow(
        """SELECT *, clock_timestamp() AS now FROM message
           WHERE workspace_id = $1 AND id = $2 AND direction = 'out' AND delivery = 'sent' FOR NO KEY UPDATE""",
        workspace_id,
        message_id,
    )
    if message is None:
        return []
    return await arrivals.withdrawn(connection, workspace_id, message, at, reason, message["now"])


def normalised(text: str) -> str:
    """Words as platforms give them back: case, spacing and link wrapping aside."""
    return " ".join(text.casefold().split())


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
