"""Sleeping conversations: out of Mine until a time, then open again, and the thread says why. No number knows."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk.holding import hold
from inbox.desk.status import OPEN, RESOLVED, SNOOZED
from inbox.ground.db import Database
from inbox.ground.errors import Conflict, Invalid
from inbox.ground.ids import new_id
from inbox.people.access import Agent
from inbox.realtime import events, rows
from inbox.realtime.shapes import ConversationOut
from inbox.sla import facts as f

BATCH = 200
LONGEST = timedelta(days=366)


async def snooze(session: AsyncSession, conversation_id: UUID, until: datetime, *, by: Agent) -> ConversationOut:
    """Put a conversation to sleep until a time to come, a year ahead at most. What needs a reply wakes it earlier."""
    held = await hold(session, conversation_id, by=by)
    if until <= held.now:
        raise Invalid("Choose a time that is still to come.", field="until")
    if until > held.now + LONGEST:
        raise Invalid("A conversation sleeps for a year at most.", field="until")
    if held.row["status"] == RESOLVED:
        raise Conflict("This conversation is resolved. Reopen it first.")
    if (held.row["status"], held.row["snoozed_until"]) != (SNOOZED, until):
        await held.remember([f.Snoozed(**held.act(), until=until)])
        await held.change("status = $3, snoozed_until = $4, snoozed_by = $5", SNOOZED, until, by.person)
        await held.tells("conversation.snoozed", "snoozed", until=until.isoformat())
    return await held.out()


async def unsnooze(session: AsyncSession, conversation_id: UUID, *, by: Agent) -> ConversationOut:
    """Wake a conversation before its time."""
    held = await hold(session, conversation_id, by=by)
    if held.row["status"] == SNOOZED:
        await held.remember([f.Snoozed(**held.act())])
        await held.change("status = $3, snoozed_until = NULL, snoozed_by = NULL", OPEN)
        await held.tells("conversation.woken", "woke")
    return await held.out()


async def over(database: Database) -> list[UUID]:
    """Workspaces in which a snooze has run out."""
    found = await database.claim.fetch(
        "SELECT DISTINCT workspace_id FROM conversation WHERE status = 'snoozed' AND snoozed_until <= now()"
    )
    return [row["workspace_id"] for row in found]


async def wake(database: Database, workspace_id: UUID) -> int:
    """Open what has slept long enough; gives how many. No number about waiting changes."""
    async with database.tenant(workspace_id) as connection:
        woken = await connection.fetch(
            """WITH due AS (
                   SELECT id, snoozed_by FROM conversation
                   WHERE workspace_id = $1 AND status = 'snoozed' AND snoozed_until <= now()
                   ORDER BY id LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
               ) UPDATE conversation c SET status = 'open', snoozed_until = NULL, snoozed_by = NULL,
                     version = version + 1
                 FROM due WHERE c.workspace_id = $1 AND c.id = due.id RETURNING c.id, due.snoozed_by""",
            workspace_id,
            BATCH,
        )
        lines = await connection.fetch(
            """INSERT INTO audit_entry (workspace_id, id, verb, conversation_id, data)
               SELECT $1, g.id, 'snooze_over', g.conversation_id,
                      CASE WHEN g.by IS NULL THEN '{}' ELSE jsonb_build_object('snoozed_by', g.by) END
               FROM unnest($2::uuid[], $3::uuid[], $4::uuid[]) AS g(id, conversation_id, by) RETURNING *""",
            workspace_id,
            [new_id() for _ in woken],
            [row["id"] for row in woken],
            [row["snoozed_by"] for row in woken],
        )
        happenings = [
            events.Happening(
                "conversation.snooze_over", conversation=line["conversation_id"], activity=rows.activity(line)
            )
            for line in lines
        ]
        await events.number(connection, workspace_id, happenings)
        return len(woken)
