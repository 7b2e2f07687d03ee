"""A message of ours has arrived, or is gone again: what the waiting, the thread and the queue make of it.

As in `deliveries`, every verb stands inside a transaction that holds conversation, message and outbound row.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import asyncpg

from inbox.desk import deliveries, landings, lines, links, status
from inbox.desk.deliveries import PART_BEFORE, SENT, Held
from inbox.ground.db import Connection
from inbox.platforms.base import Action, Sent
from inbox.realtime.events import Happening
from inbox.sla import facts as f
from inbox.sla import storage
from inbox.sla.facts import tie_of

WITHDRAWN = "withdrawn"


async def sent(
    connection: Connection,
    held: Held,
    found: Sent,
    *,
    as_seen: bool = False,
    own: bool = False,
    by: UUID | None = None,
) -> list[Happening] | None:
    """It is there: the clock of those it answers stops at the platform's time.

    Needs no fence, for it writes only what is proved, and only once. None if what was found is another message of
    ours with the same words. `as_seen`: an agent says so, and the platform gave no time. `own`: the platform's answer
    to the send itself, which knows better than an echo that was matched by its words.
    """
    if held.state == SENT:
        return await _renamed(connection, held, found, own=own)
    if held.outbound["error"] == WITHDRAWN:
        return []  # the platform had it, and then said that it has it no more: an older word changes nothing
    if not held.answers:
        return await landings.done(connection, held.workspace_id, held.outbound, held.message, found)
    first = await landings.twin(connection, held.workspace_id, held.message, found.external_id)
    if first is not None and first["is_ours"]:
        return None
    await connection.execute(
        """UPDATE outbound_message SET state = 'sent', sent_at = clock_timestamp(), lease_until = NULL, look_at = NULL,
               error = '', reason = '', template = NULL WHERE workspace_id = $1 AND id = $2""",
        held.workspace_id,
        held.id,
    )
    tie = tie_of(f"answered:{found.external_id or held.id}")
    happenings: list[Happening] = []
    message_id: UUID = held.message["id"]
    if first is None:
        await _name(connection, held, found)
        await deliveries.tell(connection, held, SENT)
    else:
        # An echo came first and was taken for somebody else's writing: that row is the message, and ours joins it.
        message_id, tie = first["id"], tie_of(f"answered:{found.external_id}:ours")
        happenings = await landings.join(connection, held.workspace_id, held.outbound, held.message, first)
    covers = await landings.shown(connection, held.workspace_id, held.message["answers"], held.outbound["created_at"])
    said = f.Answered(
        conversation=str(held.conversation["id"]),
        at=found.at,
        recorded_at=held.now,
        tie=tie,
        as_seen=as_seen,
        answer=str(message_id),
        human=held.outbound["asked_by"] is not None,
        by=str(held.outbound["asked_by"] or ""),
        covers=covers,
    )
    facts: list[f.AnyFact] = [said]
    if held.action is Action.PRIVATE_REPLY and found.thread:
        linked, told = await links.link(
            connection, held.workspace_id, held.conversation, held.outbound, held.message["text"], found, held.now
        )
        facts, happenings = facts + linked, happenings + told
    waiting = await storage.remember(connection, held.workspace_id, facts)
    happenings += storage.news(waiting)
    waits = (
        waiting[held.conversation["id"]].count
        if held.conversation["id"] in waiting
        else int(held.conversation["waiting_count"])
    )
    await deliveries.count(connection, held, SENT, at=found.at)
    await wake_parts(connection, held)
    if said.human and not await _more_parts(connection, held):
        happenings += await _after_answer(connection, held, waits)
    return [Happening("message.sent", held.conversation["id"], message_id, by=by), *happenings]


async def withdrawn(
    connection: Connection, workspace_id: UUID, message: asyncpg.Record, at: datetime, reason: str, now: datetime
) -> list[Happening]:
    """The platform had taken it and has it no more: nobody was answered, so the waiting goes on."""
    await connection.execute(
        """UPDATE outbound_message SET state = 'failed', error = $4, reason = $3
           WHERE workspace_id = $1 AND id = $2 AND state = 'sent'""",
        workspace_id,
        message["id"],
        reason,
        WITHDRAWN,
    )
    await connection.execute(
        """UPDATE message SET delivery = 'failed', delivery_reason = $3, version = version + 1
           WHERE workspace_id = $1 AND id = $2""",
        workspace_id,
        message["id"],
        reason,
    )
    gone = f.Withdrawn(
        conversation=str(message["conversation_id"]),
        at=at,
        recorded_at=now,
        tie=tie_of(f"failed:{message['external_id']}"),
        answer=str(message["id"]),
        why="failed",
    )
    turned = await landings.taken_back(connection, workspace_id, gone)
    await connection.execute(
        """UPDATE conversation SET problems = problems + 1, version = version + 1, resolved_at = NULL,
               status = CASE WHEN status IN ('pending', 'resolved') THEN 'open' ELSE status END
           WHERE workspace_id = $1 AND id = $2""",
        workspace_id,
        message["conversation_id"],
    )
    return [Happening("message.failed", message["conversation_id"], message["id"]), *turned]


async def wake_parts(connection: Connection, held: Held) -> None:
    """The parts that waited for this one go on, also those that had been given up with it."""
    if held.outbound["group_id"] is None:
        return
    given_up = await connection.fetch(
        """SELECT id FROM outbound_message WHERE workspace_id = $1 AND conversation_id = $2 AND group_id = $3
               AND part > $4 AND state = 'failed' AND error = $5""",
        held.workspace_id,
        held.conversation["id"],
        held.outbound["group_id"],
        held.outbound["part"],
        PART_BEFORE,
    )
    for row in given_up:
        if part := await deliveries.hold(connection, held.workspace_id, row["id"]):
            await deliveries.waits(connection, part, 0)
    await connection.execute(
        """UPDATE outbound_message SET due_at = clock_timestamp() WHERE workspace_id = $1 AND conversation_id = $2
               AND group_id = $3 AND part > $4 AND state = 'queued' AND error = $5""",
        held.workspace_id,
        held.conversation["id"],
        held.outbound["group_id"],
        held.outbound["part"],
        PART_BEFORE,
    )


async def _renamed(connection: Connection, held: Held, found: Sent, *, own: bool) -> list[Happening]:
    """What is sent already may still learn its name, and from the answer to its own send a better one."""
    known = held.message["external_id"]
    if not held.answers or found.external_id in ("", known) or not (own or known is None):
        return []
    if await landings.twin(connection, held.workspace_id, held.message, found.external_id) is not None:
        return []
    await _name(connection, held, found)
    return [Happening("message.sent", held.conversation["id"], held.message["id"])]


async def _name(connection: Connection, held: Held, found: Sent) -> None:
    await connection.execute(
        """UPDATE message SET external_id = coalesce(nullif($3, ''), external_id), at = $4,
               permalink = coalesce(nullif($5, ''), permalink), version = version + 1
           WHERE workspace_id = $1 AND id = $2""",
        held.workspace_id,
        held.message["id"],
        found.external_id,
        found.at,
        found.permalink,
    )


async def _more_parts(connection: Connection, held: Held) -> bool:
    if held.outbound["group_id"] is None:
        return False
    more: bool = await connection.fetchval(
        """SELECT EXISTS (SELECT 1 FROM outbound_message WHERE workspace_id = $1 AND conversation_id = $2
               AND group_id = $3 AND part > $4 AND state NOT IN ('sent', 'cancelled'))""",
        held.workspace_id,
        held.conversation["id"],
        held.outbound["group_id"],
        held.outbound["part"],
    )
    return more


async def _after_answer(connection: Connection, held: Held, waiting: int) -> list[Happening]:
    """A sent answer moves the conversation: pending in a DM, done in public once nobody waits there."""
    before = str(held.conversation["status"])
    after = status.after_answer(
        before, held.conversation["kind"], waiting=waiting, and_resolve=held.outbound["and_resolve"]
    )
    if after == before:
        return []
    resolved = after == status.RESOLVED
    await connection.execute(
        """UPDATE conversation SET status = $3, version = version + 1,
               resolved_at = CASE WHEN $4 THEN clock_timestamp() END,
               snoozed_until = CASE WHEN $3 = 'snoozed' THEN snoozed_until END
           WHERE workspace_id = $1 AND id = $2""",
        held.workspace_id,
        held.conversation["id"],
        after,
        resolved,
    )
    if not resolved:
        return []
    asked_by = held.outbound["asked_by"]
    fact = f.Resolved(
        conversation=str(held.conversation["id"]),
        at=held.now,
        recorded_at=held.now,
        tie=tie_of(f"resolved:{held.id}"),
        by=str(asked_by or "") if held.outbound["and_resolve"] else "",
    )
    await storage.remember(connection, held.workspace_id, [fact])
    line = await lines.write(
        connection,
        held.workspace_id,
        "resolved",
        by=asked_by,
        token_id=held.outbound["token_id"],
        conversation_id=held.conversation["id"],
        after="answer",
    )
    return [Happening("conversation.resolved", held.conversation["id"], by=asked_by, activity=line)]
