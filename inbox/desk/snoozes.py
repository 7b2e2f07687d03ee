"""Snoozes that are over: the conversation is open again, and the thread says why."""

from __future__ import annotations

from uuid import UUID

from inbox.ground.db import Database
from inbox.ground.ids import new_id
from inbox.realtime import events, rows

BATCH = 200


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
                   SELECT id FROM conversation
                   WHERE workspace_id = $1 AND status = 'snoozed' AND snoozed_until <= now()
                   ORDER BY id LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
               ) UPDATE conversation c SET status = 'open', snoozed_until = NULL, version = version + 1
                 FROM due WHERE c.workspace_id = $1 AND c.id = due.id RETURNING c.id""",
            workspace_id,
            BATCH,
        )
        lines = await connection.fetch(
            """INSERT INTO audit_entry (workspace_id, id, verb, conversation_id)
               SELECT $1, g.id, 'snooze_over', g.conversation_id
               FROM unnest($2::uuid[], $3::uuid[]) AS g(id, conversation_id) RETURNING *""",
            workspace_id,
            [new_id() for _ in woken],
            [row["id"] for row in woken],
        )
        happenings = [
            events.Happening(
                "conversation.snooze_over", conversation=line["conversation_id"], activity=rows.activity(line)
            )
            for line in lines
        ]
        await events.number(connection, workspace_id, happenings)
        return len(woken)
