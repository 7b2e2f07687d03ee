"""A second pair of eyes: what waits until a colleague has read it, and what that colleague decides.

    await approvals.approve(session, message_id, seen=last_shown, by=supervisor)
    await approvals.reject(session, message_id, "We do not promise dates.", by=supervisor)

Its author never decides. The customer waits on meanwhile, and whatever is new to who decides is shown to them first.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import collisions, deliveries, lines
from inbox.desk.deliveries import AWAITING, QUEUED, REJECTED, Held
from inbox.ground import errors
from inbox.ground.db import Connection, raw
from inbox.people.access import Agent, Right
from inbox.platforms.base import clean
from inbox.realtime import events, rows
from inbox.realtime.shapes import MessageOut

LONGEST_REASON = 1000


async def approve(session: AsyncSession, message_id: UUID, *, seen: UUID | int, by: Agent) -> MessageOut:
    """It leaves, at the time its author chose or when this can no longer be undone. `seen`: the last message
    that was shown, or the feed number the page was up to.

    Raises NewsHere where something was written that was not shown, Forbidden to its author, Conflict.
    """
    connection, held, parts = await _hold(session, message_id, by)
    await _must_have_seen_all(connection, held, seen)
    undo = await connection.fetchval("SELECT undo_seconds FROM workspace WHERE id = $1", by.workspace_id)
    soon = held.now + timedelta(seconds=0 if by.token_id else max(0, undo))
    for part in parts:
        chosen = part.outbound["due_at"] if part.outbound["scheduled"] else soon
        due_at = max(chosen, held.now)
        await connection.execute(
            """UPDATE outbound_message SET state = 'queued', approved_by = $3, due_at = $4, seen_at = clock_timestamp(),
                   error = '', reason = '' WHERE workspace_id = $1 AND id = $2""",
            part.workspace_id,
            part.id,
            by.id,
            due_at,
        )
        await deliveries.tell(connection, part, QUEUED, due_at=due_at)
        await deliveries.count(connection, part, QUEUED)
        await _tell(session, connection, part, "approved", by)
    return await deliveries.shown(connection, held)


async def reject(session: AsyncSession, message_id: UUID, reason: str, *, by: Agent) -> MessageOut:
    """It goes back to its author, who reads why. Raises Forbidden to its author, Conflict, Invalid."""
    why = " ".join(clean(reason).split())[:LONGEST_REASON]
    if not why:
        raise errors.Invalid("Say why, so that its author can write it better.", field="reason")
    connection, held, parts = await _hold(session, message_id, by)
    for part in parts:
        await connection.execute(
            "UPDATE outbound_message SET state = 'rejected', reason = $3 WHERE workspace_id = $1 AND id = $2",
            part.workspace_id,
            part.id,
            why,
        )
        await deliveries.tell(connection, part, REJECTED, reason=why)
        await deliveries.count(connection, part, REJECTED, back=True)
        await _tell(session, connection, part, "rejected", by)
    return await deliveries.shown(connection, held)


async def _hold(session: AsyncSession, message_id: UUID, by: Agent) -> tuple[Connection, Held, list[Held]]:
    """The message, and all parts of its reply that wait with it."""
    by.needs(Right.APPROVE)
    connection = await raw(session)
    held = await deliveries.hold(connection, by.workspace_id, message_id)
    if held is None or not held.answers:
        raise errors.NotFound("There is no such message of ours.")
    by.must_see(held.conversation["channel_id"], "message")
    if held.state != AWAITING:
        raise errors.Conflict("It waits for no approval any more.")
    if by.person is not None and held.outbound["asked_by"] == by.person:
        raise errors.Forbidden("You wrote this yourself: a colleague must approve it.")
    if by.token_id is not None and held.outbound["token_id"] == by.token_id:
        raise errors.Forbidden("What this token wrote, somebody else must approve.")
    if held.outbound["group_id"] is None:
        return connection, held, [held]
    found = await connection.fetch(
        """SELECT id FROM outbound_message WHERE workspace_id = $1 AND conversation_id = $2 AND group_id = $3
               AND state = 'awaiting_approval' ORDER BY part""",
        held.workspace_id,
        held.conversation["id"],
        held.outbound["group_id"],
    )
    parts = [await deliveries.hold(connection, held.workspace_id, row["id"]) for row in found]
    return connection, held, [part for part in parts if part is not None]


async def _must_have_seen_all(connection: Connection, held: Held, seen: UUID | int) -> None:
    """Whoever approves has read what its author had not: an item or an answer that came meanwhile."""
    conversation_id: UUID = held.conversation["id"]
    items = await collisions.unseen_items(
        connection, held.workspace_id, conversation_id, seen=seen, answers=held.message["answers"]
    )
    answers = await collisions.unseen_answers(
        connection, held.workspace_id, conversation_id, seen=seen, author=held.outbound["asked_by"]
    )
    if newer := [*items, *answers]:
        found = await rows.messages(connection, held.workspace_id, newer)
        raise errors.NewsHere(
            "Something was written here meanwhile. Look at it, then approve this or send it back.",
            newer=[found[message_id] for message_id in newer],
        )


async def _tell(session: AsyncSession, connection: Connection, held: Held, verb: str, by: Agent) -> None:
    line = await lines.write(
        connection,
        held.workspace_id,
        verb,
        by=by.person,
        token_id=by.token_id,
        conversation_id=held.conversation["id"],
        message_id=held.message["id"],
        author=str(held.outbound["asked_by"] or ""),
    )
    events.publish(
        session,
        f"message.{verb}",
        conversation=held.conversation["id"],
        message=held.message["id"],
        by=by.person,
        activity=line,
    )
