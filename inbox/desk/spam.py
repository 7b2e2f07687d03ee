"""Spam: out of every queue, and whatever comes in it later asks for nothing; found under Spam, and taken back whole.

    await spam.mark(session, conversation_id, by=agent)
    await spam.unmark(session, conversation_id, by=agent)

Nothing is deleted, and nothing happens on the platform.
"""

from __future__ import annotations

from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import decisions, landings, threads
from inbox.desk.holding import hold
from inbox.desk.status import OPEN, RESOLVED
from inbox.people.access import Agent
from inbox.realtime import rows
from inbox.realtime.shapes import ConversationOut
from inbox.sla import facts as f
from inbox.sla.needs_reply import IN_SPAM, decide

REASON = "An agent says that it is spam."

DISMISSED = """
SELECT m.id, m.kind, m.text, m.attachments, m.rating, m.unsupported, coalesce(m.edited_at, m.at) AS seen
FROM message m WHERE m.workspace_id = $1 AND m.conversation_id = $2 AND m.direction = 'in' AND NOT m.needs_reply
    AND m.deleted_at IS NULL AND m.needs_reply_reason = ANY($3)
"""


async def mark(session: AsyncSession, conversation_id: UUID, *, by: Agent) -> ConversationOut:
    """Whoever waits in it never asked for anything, in the numbers too."""
    held = await hold(session, conversation_id, by=by)
    if held.row["is_spam"]:
        return await held.out()
    waiting = await threads.who_waits(held.connection, held.workspace_id, held.id)
    items = [UUID(item) for row in waiting for item in row["waiting_items"]]
    shown = await landings.shown(held.connection, held.workspace_id, items, held.now)
    await decisions.say(held, shown, needs_reply=False, reason=REASON)
    if held.row["status"] != RESOLVED:
        await held.remember([f.Resolved(**held.act())])
    await held.change(
        "is_spam = true, status = $3, resolved_at = $4, snoozed_until = NULL, snoozed_by = NULL", RESOLVED, held.now
    )
    await held.tells("conversation.spammed", "spammed")
    return await held.out()


async def unmark(session: AsyncSession, conversation_id: UUID, *, by: Agent) -> ConversationOut:
    """What only its being spam had silenced is judged as it would have been; whoever waits then is on the queue."""
    held = await hold(session, conversation_id, by=by)
    if not held.row["is_spam"]:
        return await held.out()
    channel = await held.connection.fetchrow(
        "SELECT name, handle, settings FROM channel WHERE workspace_id = $1 AND id = $2",
        held.workspace_id,
        held.row["channel_id"],
    )
    assert channel is not None
    found = await held.connection.fetch(DISMISSED, held.workspace_id, held.id, [REASON, IN_SPAM.reason])
    asks = [row for row in found if _asks(row, channel)]
    shown = await landings.shown(held.connection, held.workspace_id, [row["id"] for row in asks], held.now)
    await held.remember([f.Reopened(**held.act())])
    await decisions.say(held, shown, needs_reply=True, reason="It was taken for spam, and is none.")
    if held.waiting:
        await held.change("is_spam = false, status = $3, resolved_at = NULL", OPEN)
    else:
        await held.change("is_spam = false")
    await held.tells("conversation.unspammed", "unspammed")
    return await held.out()


def _asks(row: asyncpg.Record, channel: asyncpg.Record) -> bool:
    return decide(
        kind=row["kind"],
        text=row["text"],
        attachments=tuple(attachment.type for attachment in rows.attachments(row["attachments"])),
        rating=row["rating"],
        unsupported=bool(row["unsupported"]),
        ours=tuple(name for name in (channel["name"], channel["handle"]) if name),
        settings=rows.filtering(channel["settings"]),
    ).needs_reply
