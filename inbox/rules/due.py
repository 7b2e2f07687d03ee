"""What rules are to look at, and when: made of what the feed tells, in the transaction that moves the reader on.

A message and a tag are looked at at once; a waiting at the instant at which it has lasted as long as a rule says. Each
has a name, so that what is told twice is looked at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from inbox.ground.db import Connection
from inbox.realtime.rows import EPOCH, NOBODY_WAITS
from inbox.realtime.shapes import EventOut

RECEIVED, TAGGED = "message.received", "conversation.tagged"
PROMISES = {"conversation.at_risk": "at_risk", "conversation.breached": "breached"}  # told of what rings, once for each

ON = """
SELECT r.id, r.on_since, e.trigger, e.minutes FROM rule r
JOIN rule_edition e ON e.workspace_id = r.workspace_id AND e.rule_id = r.id AND e.edition = r.running
WHERE r.workspace_id = $1 AND r.running IS NOT NULL AND r.removed_at IS NULL
"""
STORE = """
INSERT INTO rule_due (workspace_id, name, trigger, conversation_id, message_id, tag, rule_id, waiting_since, depth, at,
    due_at)
SELECT $1, g.* FROM unnest($2::text[], $3::text[], $4::uuid[], $5::uuid[], $6::text[], $7::uuid[], $8::timestamptz[],
                           $9::smallint[], $10::timestamptz[], $11::timestamptz[])
    AS g(name, trigger, conversation_id, message_id, tag, rule_id, waiting_since, depth, at, due_at)
WHERE g.rule_id IS NULL OR NOT EXISTS (
    SELECT 1 FROM rule_firing f WHERE f.workspace_id = $1 AND f.rule_id = g.rule_id AND f.subject = g.name)
ORDER BY g.name ON CONFLICT DO NOTHING
"""
# Whoever waits already, where the instant is still to come: a rule that is switched on says nothing of what was.
SEED = f"""
INSERT INTO rule_due (workspace_id, name, trigger, conversation_id, rule_id, waiting_since, at, due_at)
SELECT $1, 'waiting ' || r.id || ' ' || c.id || ' ' || (extract(epoch FROM c.waiting_since) * 1000000)::bigint,
       'waiting', c.id, r.id, c.waiting_since, c.waiting_since + e.minutes * interval '1 minute',
       c.waiting_since + e.minutes * interval '1 minute'
FROM rule r JOIN rule_edition e ON e.workspace_id = r.workspace_id AND e.rule_id = r.id AND e.edition = r.running,
     unnest(ARRAY['open', 'pending', 'snoozed']) AS s(status), LATERAL (
         SELECT id, waiting_since FROM conversation
         WHERE workspace_id = $1 AND status = s.status AND waiting_rank < {NOBODY_WAITS / 2:.0f}
             AND waiting_since > now() - e.minutes * interval '1 minute' AND waiting_since <= now() AND NOT imported) c
WHERE r.workspace_id = $1 AND r.id = $2 AND e.trigger = 'waiting'
ON CONFLICT (workspace_id, name) DO UPDATE SET due_at = excluded.due_at
"""


class Timer(msgspec.Struct, frozen=True):
    """A rule about waiting. What was too long already when it was switched on is none of its business."""

    rule_id: UUID
    allowed: timedelta
    on_since: datetime


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to look at."""

    name: str
    trigger: str
    conversation_id: UUID
    at: datetime
    due_at: datetime
    message_id: UUID | None = None
    tag: str = ""
    rule_id: UUID | None = None
    waiting_since: datetime | None = None
    depth: int = 0


async def remember(connection: Connection, workspace_id: UUID, told: Sequence[tuple[str, bytes]]) -> int:
    """Store what these events, names and bodies, give the rules that run to look at; gives how much."""
    running = await connection.fetch(ON, workspace_id)
    if not running:
        return 0
    triggers = {row["trigger"] for row in running}
    timers = [
        Timer(row["id"], timedelta(minutes=row["minutes"]), row["on_since"])
        for row in running
        if row["trigger"] == "waiting"
    ]
    found: dict[str, Due] = {}
    for name, body in told:
        if timers or name in (RECEIVED, TAGGED, *PROMISES):
            event = msgspec.json.decode(body, type=EventOut)
            found |= {one.name: one for one in of(event, triggers, timers)}
    if found:
        await _store(connection, workspace_id, list(found.values()))
    return len(found)


def of(event: EventOut, triggers: set[str], timers: Sequence[Timer]) -> list[Due]:
    """What one event gives. Pure."""
    thread, message, line = event.conversation, event.message, event.activity
    if thread is None:
        return []
    found: list[Due] = []
    is_theirs = message is not None and message.direction == "in" and not message.before_connection
    if event.name == RECEIVED and "message" in triggers and message is not None and is_theirs:
        found.append(
            Due(
                name=f"message {message.id}",
                trigger="message",
                conversation_id=thread.id,
                message_id=message.id,
                at=message.at,
                due_at=event.at,
            )
        )
    if event.name == TAGGED and "tagged" in triggers and line is not None:
        found.append(
            Due(
                name=f"tagged {line.id}",
                trigger="tagged",
                conversation_id=thread.id,
                tag=line.data.get("tag", ""),
                depth=int(line.data.get("rule_depth", 0)),
                at=event.at,
                due_at=event.at,
            )
        )
    rung = PROMISES.get(event.name)
    if rung and thread.due_at is not None:  # else somebody was quicker
        of_which = " resolution" if event.promise == "resolution" else ""
        found += [
            Due(
                name=f"{trigger}{of_which} {thread.id} {_micros(thread.due_at)}",
                trigger=trigger,
                conversation_id=thread.id,
                at=event.at,
                due_at=event.at,
            )
            for trigger in (rung, *([f"resolution_{rung}"] if of_which else []))
            if trigger in triggers
        ]
    since = thread.waiting_since
    if since is not None and not thread.imported:
        found += [
            Due(
                name=f"waiting {timer.rule_id} {thread.id} {_micros(since)}",
                trigger="waiting",
                conversation_id=thread.id,
                rule_id=timer.rule_id,
                waiting_since=since,
                at=since + timer.allowed,
                due_at=since + timer.allowed,
            )
            for timer in timers
            if since + timer.allowed > timer.on_since
        ]
    return found


def _micros(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)


async def time_those_who_wait(connection: Connection, workspace_id: UUID, rule_id: UUID) -> None:
    """A rule about waiting was switched on: those who wait already have an instant too, if it is still to come."""
    await connection.execute("DELETE FROM rule_due WHERE workspace_id = $1 AND rule_id = $2", workspace_id, rule_id)
    await connection.execute(SEED, workspace_id, rule_id)


async def _store(connection: Connection, workspace_id: UUID, found: Sequence[Due]) -> None:
    columns: list[list[Any]] = [
        [getattr(one, name) for one in found]
        for name in (
            "name",
            "trigger",
            "conversation_id",
            "message_id",
            "tag",
            "rule_id",
            "waiting_since",
            "depth",
            "at",
            "due_at",
        )
    ]
    await connection.execute(STORE, workspace_id, *columns)
