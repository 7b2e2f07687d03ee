"""The feed turned into deliveries: what happened, for each address that wants to be told of it.

A delivery names the rows it is about and holds none of their words: those are read when it is sent, as they are then.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from inbox.desk.webhooks import CALLED, KINDS
from inbox.ground.db import Connection
from inbox.ground.ids import new_id
from inbox.realtime.events import Happening
from inbox.realtime.feed import Entry

TELLABLE = frozenset({*KINDS, CALLED})
# What is off because it failed keeps its log, so that nothing is missing once it is mended.
WEBHOOKS = """
SELECT id, kinds, from_seq, state FROM webhook
WHERE workspace_id = $1 AND (state = 'on' OR off_reason IN ('gone', 'failing'))
"""
STORE = """
INSERT INTO webhook_delivery (workspace_id, id, webhook_id, seq, kind, at, by, conversation_id, message_id, activity_id,
                              channel_id, goal_id, promise, state, due_at, error)
SELECT $1, g.id, g.webhook_id, g.seq, g.kind, g.at, g.by, g.conversation_id, g.message_id, g.activity_id, g.channel_id,
       g.goal_id, g.promise, CASE WHEN g.is_on THEN 'pending' ELSE 'failed' END, CASE WHEN g.is_on THEN now() END,
       CASE WHEN g.is_on THEN '' ELSE 'switched_off' END
FROM unnest($2::uuid[], $3::uuid[], $4::bigint[], $5::text[], $6::timestamptz[], $7::uuid[], $8::uuid[], $9::uuid[],
            $10::uuid[], $11::uuid[], $12::uuid[], $13::text[], $14::bool[])
    AS g(id, webhook_id, seq, kind, at, by, conversation_id, message_id, activity_id, channel_id, goal_id, promise,
         is_on)
JOIN webhook w ON w.workspace_id = $1 AND w.id = g.webhook_id
ON CONFLICT (workspace_id, webhook_id, seq) WHERE seq > 0 DO NOTHING
"""


class Named(msgspec.Struct):
    """A row of an event, by its name alone; and of a line which webhook a rule called."""

    id: UUID
    before_connection: bool = False
    data: dict[str, str] = {}


class Told(msgspec.Struct):
    """What of an event is needed to find its rows again."""

    at: datetime
    by: UUID | None = None
    message: Named | None = None
    activity: Named | None = None
    channel: Named | None = None
    goal: Named | None = None
    promise: str = ""


class Webhooks:
    """The reader."""

    name = "webhooks"

    async def take(self, connection: Connection, workspace_id: UUID, entries: Sequence[Entry]) -> list[Happening]:
        """A delivery for each event and address that wants it; nobody else is told anything."""
        wanted = [one for one in entries if one.name in TELLABLE and one.user_id is None]
        if not wanted:
            return []
        hooks = await connection.fetch(WEBHOOKS, workspace_id)
        if not hooks:
            return []
        told = [(one, msgspec.json.decode(one.body, type=Told)) for one in wanted]
        rows = [
            (
                new_id(),
                hook["id"],
                one.seq,
                one.name,
                news.at,
                news.by,
                one.conversation_id,
                news.message.id if news.message else None,
                news.activity.id if news.activity else None,
                news.channel.id if news.channel else None,
                news.goal.id if news.goal else None,
                news.promise,
                hook["state"] == "on",
            )
            for one, news in told
            if not (news.message and news.message.before_connection)  # what was written before us is no news
            for hook in hooks
            if _is_for(hook, one, news) and one.seq > hook["from_seq"]
        ]
        if rows:
            await connection.execute(STORE, workspace_id, *(list(column) for column in zip(*rows, strict=True)))
        return []


def _is_for(hook: asyncpg.Record, entry: Entry, news: Told) -> bool:
    if entry.name == CALLED:
        return news.activity is not None and news.activity.data.get("webhook") == str(hook["id"])
    return entry.name in hook["kinds"]
