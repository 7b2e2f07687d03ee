"""One's own notifications: the list behind the bell, and what of it was read.

Whoever may not see a channel any more is told nothing of it, also not of what was told before.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import cursors
from inbox.ground.db import Connection, raw
from inbox.ground.errors import Forbidden, NotFound
from inbox.people.access import SEE_ALL, Agent
from inbox.realtime import events, feed, rows
from inbox.realtime.shapes import BellOut, ConversationOut, NotificationOut

MOST = 1000  # shown as 999+

UNREAD = """
SELECT m.user_id, (SELECT count(*) FROM (
    SELECT 1 FROM notification n
    WHERE n.workspace_id = $1 AND n.user_id = m.user_id AND n.read_at IS NULL AND n.in_app
        AND (m.channel_ids IS NULL OR m.role = ANY($3) OR 'everywhere' = ANY(m.rights) OR n.channel_id IS NULL
            OR n.channel_id = ANY(m.channel_ids))
    LIMIT $4) t) AS unread
FROM membership m WHERE m.workspace_id = $1 AND m.user_id = ANY($2)
"""
LIST = """
SELECT * FROM notification WHERE workspace_id = $1 AND user_id = $2 AND in_app
    AND ($3::uuid[] IS NULL OR channel_id IS NULL OR channel_id = ANY($3))
    AND ($4::timestamptz IS NULL OR (at, id) < ($4, $5::uuid))
ORDER BY at DESC, id DESC LIMIT $6
"""


class NotificationsOut(msgspec.Struct, kw_only=True):
    """The newest first. `unread`: how many of all, to 1000, which means "or more". `conversations`: those they name."""

    items: list[NotificationOut]
    conversations: list[ConversationOut]
    unread: int
    as_of: int
    next: str | None


async def page(session: AsyncSession, agent: Agent, *, cursor: str | None, limit: int) -> NotificationsOut:
    """One's own, the newest first."""
    person = whose(agent)
    connection = await raw(session)
    at, last = cursors.read(cursor, datetime) if cursor else (None, None)
    as_of = (await feed.head(connection, agent.workspace_id)).seq
    found = await connection.fetch(
        LIST,
        agent.workspace_id,
        person,
        None if agent.channel_ids is None else sorted(agent.channel_ids),
        at,
        last,
        limit + 1,
    )
    shown = [out(row) for row in found[:limit]]
    threads = {one.conversation_id for one in shown if one.conversation_id}
    known = await rows.conversations(connection, agent.workspace_id, sorted(threads))
    return NotificationsOut(
        items=shown,
        conversations=list(known.values()),
        unread=await _unread(connection, agent),
        as_of=as_of,
        next=cursors.write(shown[-1].at, shown[-1].id) if len(found) > limit else None,
    )


async def unread(connection: Connection, workspace_id: UUID, people: Sequence[UUID]) -> dict[UUID, int]:
    """How many of theirs are unread, to MOST, counting what they may see now."""
    found = await connection.fetch(UNREAD, workspace_id, list(people), list(SEE_ALL), MOST)
    return {row["user_id"]: row["unread"] for row in found}


async def _unread(connection: Connection, by: Agent) -> int:
    return (await unread(connection, by.workspace_id, [by.id])).get(by.id, 0)


async def read(session: AsyncSession, notification_id: UUID, *, by: Agent) -> BellOut:
    """This one was seen. Raises NotFound."""
    person = whose(by)
    connection = await raw(session)
    row = await connection.fetchrow(
        "SELECT * FROM notification WHERE workspace_id = $1 AND id = $2 AND user_id = $3 FOR NO KEY UPDATE",
        by.workspace_id,
        notification_id,
        person,
    )
    if row is None or (row["channel_id"] and not by.sees(row["channel_id"])):
        raise NotFound("There is no such notification.")
    if row["read_at"] is None:
        row = await connection.fetchrow(
            """UPDATE notification SET read_at = clock_timestamp(), mail_due_at = NULL, version = version + 1
               WHERE workspace_id = $1 AND id = $2 RETURNING *""",
            by.workspace_id,
            notification_id,
        )
        assert row is not None
        told = BellOut(unread=await _unread(connection, by), notification=out(row))
        events.publish(session, "notification.read", user_id=by.id, by=person, bell=told)
        return told
    return BellOut(unread=await _unread(connection, by), notification=out(row))


async def read_all(
    session: AsyncSession, until: datetime, *, by: Agent, conversation_id: UUID | None = None
) -> BellOut:
    """Everything up to `until` was seen, or what there is about one conversation."""
    person = whose(by)
    connection = await raw(session)
    changed = await connection.execute(
        """UPDATE notification SET read_at = clock_timestamp(), mail_due_at = NULL, version = version + 1
           WHERE workspace_id = $1 AND user_id = $2 AND read_at IS NULL AND at <= $3
               AND ($4::uuid IS NULL OR subject_id = $4)""",
        by.workspace_id,
        person,
        until,
        conversation_id,
    )
    told = BellOut(
        unread=await _unread(connection, by),
        read_until=until,
        read_in=conversation_id,
    )
    if changed != "UPDATE 0":
        events.publish(session, "notification.read", user_id=by.id, by=person, bell=told)
    return told


async def move(connection: Connection, workspace_id: UUID, stray: UUID, home: UUID) -> None:
    """Of two that are unread about what is now one conversation, the one that was told of the home stays."""
    await connection.execute(
        """UPDATE notification n SET read_at = clock_timestamp(), mail_due_at = NULL, version = version + 1
           WHERE workspace_id = $1 AND subject_id = $2 AND read_at IS NULL AND EXISTS (
               SELECT 1 FROM notification o WHERE o.workspace_id = $1 AND o.subject_id = $3 AND o.kind = n.kind
                   AND o.user_id = n.user_id AND o.read_at IS NULL)""",
        workspace_id,
        stray,
        home,
    )
    await connection.execute(
        """UPDATE notification SET subject_id = $3, conversation_id = $3, version = version + 1
           WHERE workspace_id = $1 AND subject_id = $2""",
        workspace_id,
        stray,
        home,
    )


def out(row: asyncpg.Record) -> NotificationOut:
    """One row of notification."""
    return NotificationOut(
        id=row["id"],
        version=row["version"],
        kind=row["kind"],
        at=row["at"],
        count=row["count"],
        conversation_id=row["conversation_id"],
        channel_id=row["channel_id"],
        message_id=row["message_id"],
        by=row["by"],
        read_at=row["read_at"],
        promise=row["promise"],
        in_app=row["in_app"],
    )


def whose(agent: Agent) -> UUID:
    """The person whose bell this is. Raises Forbidden for a program that acts for nobody."""
    if agent.person is None:
        raise Forbidden("Notifications belong to a person; this program acts for nobody.")
    return agent.person
