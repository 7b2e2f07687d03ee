"""Colleagues named in a note: each finds the conversation under "Mentioned me" until they have read it.

A mention is of a person, not of a name: `name` is only how they were called in the note's text, so that whoever shows
it knows which words stand for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.ground.db import Connection, raw
from inbox.ground.errors import Invalid, NotFound
from inbox.people.access import SEE_ALL, Agent
from inbox.realtime import events

MOST = 50  # in one note

COLLEAGUES = """
SELECT user_id, name, role FROM membership
WHERE workspace_id = $1 AND active
    AND (role = ANY($3) OR 'everywhere' = ANY(rights) OR channel_ids IS NULL OR $2 = ANY(channel_ids))
"""


class ColleagueOut(msgspec.Struct, kw_only=True):
    """Somebody who works here and may see a conversation."""

    id: UUID
    name: str
    role: str


async def colleagues(session: AsyncSession, conversation_id: UUID, *, by: Agent) -> list[ColleagueOut]:
    """Everybody else who may see this conversation, by name."""
    connection = await raw(session)
    channel_id = await connection.fetchval(
        "SELECT channel_id FROM conversation WHERE workspace_id = $1 AND id = $2", by.workspace_id, conversation_id
    )
    if channel_id is None:
        raise NotFound("There is no such conversation.")
    by.must_see(channel_id, "conversation")
    found = await connection.fetch(
        COLLEAGUES + "AND user_id <> $4 ORDER BY name, user_id",
        by.workspace_id,
        channel_id,
        list(SEE_ALL),
        by.id,
    )
    return [ColleagueOut(id=row["user_id"], name=row["name"], role=row["role"]) for row in found]


async def name_in(
    session: AsyncSession,
    connection: Connection,
    conversation: asyncpg.Record,
    message_id: UUID,
    whom: Sequence[UUID],
    *,
    by: Agent,
) -> None:
    """Keep whom a note names, and tell each of them. Raises Invalid for who may not see it."""
    wanted = set(whom) - {by.id}
    if not wanted:
        return
    if len(wanted) > MOST:
        raise Invalid(f"A note names at most {MOST} colleagues.", field="mentions")
    seeing = {
        row["user_id"]: row["name"]
        for row in await connection.fetch(COLLEAGUES, by.workspace_id, conversation["channel_id"], list(SEE_ALL))
    }
    if not wanted <= seeing.keys():
        raise Invalid("Whom you name does not see this conversation.", field="mentions")
    ids = sorted(wanted)
    await connection.execute(
        """INSERT INTO mention (workspace_id, message_id, user_id, conversation_id, channel_id, name, at)
           SELECT $1, $2, g.user_id, m.conversation_id, m.channel_id, g.name, m.at
           FROM message m, unnest($3::uuid[], $4::text[]) AS g(user_id, name)
           WHERE m.workspace_id = $1 AND m.id = $2""",
        by.workspace_id,
        message_id,
        ids,
        [seeing[one] for one in ids],
    )
    for one in ids:
        events.publish(
            session,
            "message.mentioned",
            conversation=conversation["id"],
            message=message_id,
            user_id=one,
            by=by.person,
        )


async def read(connection: Connection, conversation_id: UUID, at: datetime, *, by: Agent) -> bool:
    """One's own mentions here up to `at` are read; gives whether there were any that were not."""
    changed = await connection.execute(
        """UPDATE mention SET read_at = clock_timestamp() WHERE workspace_id = $1 AND user_id = $2
               AND conversation_id = $3 AND read_at IS NULL AND at <= $4""",
        by.workspace_id,
        by.id,
        conversation_id,
        at,
    )
    return changed != "UPDATE 0"
