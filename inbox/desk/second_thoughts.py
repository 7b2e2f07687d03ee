"""What an agent may still do with a message of ours that has not arrived: take it back, try again, or decide."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import arrivals, deliveries, lines
from inbox.desk.deliveries import (
    AWAITING,
    CANCELLED,
    FAILED,
    NEEDS_DECISION,
    NEWER_ANSWER,
    PART_BEFORE,
    QUEUED,
    REJECTED,
    UNKNOWN,
    Held,
)
from inbox.ground import errors
from inbox.ground.db import Connection, raw
from inbox.people.access import Agent, Right
from inbox.platforms.base import Sent, clean
from inbox.realtime import events
from inbox.realtime.shapes import MessageOut


async def cancel(session: AsyncSession, message_id: UUID, *, by: Agent) -> MessageOut:
    """Take back what has not left, with the later parts of the same reply. Raises AlreadyLeft.

    A message that failed for certain is nowhere either, and may be put away; so may one that nobody has approved.
    """
    connection, held = await _hold(session, message_id, by)
    if not _is_nowhere(held):
        raise errors.AlreadyLeft("It has already left for the platform.")
    for one in [held, *await _later_parts(connection, held)]:
        await _drop(connection, one)
        events.publish(
            session, "message.cancelled", conversation=held.conversation["id"], message=one.message["id"], by=by.person
        )
    await _audit(connection, held, "cancelled", by)
    await _show_last(connection, held)
    return await deliveries.shown(connection, held)


async def retry(session: AsyncSession, message_id: UUID, *, by: Agent) -> MessageOut:
    """Put a failed message back in the queue; everything is checked again before it leaves."""
    connection, held = await _hold(session, message_id, by)
    if held.state != FAILED:
        raise errors.Conflict("Only a message that failed can be tried again.")
    if held.message["external_id"] is not None:
        raise errors.Conflict("The platform had taken this message and withdrew it later. Write it anew.")
    await _queue_again(session, connection, held, by)
    for part in await _later_parts(connection, held):
        if part.state == FAILED and part.outbound["error"] == PART_BEFORE:
            await _queue_again(session, connection, part, by)
    await _audit(connection, held, "tried_again", by)
    return await deliveries.shown(connection, held)


async def it_is_there(session: AsyncSession, message_id: UUID, *, by: Agent, permalink: str = "") -> MessageOut:
    """An agent has looked on the platform and found it: the clock stops at the time we asked for it to be posted."""
    connection, held = await _hold(session, message_id, by)
    _must_be_open(held)
    if held.outbound["error"] == NEWER_ANSWER:
        raise errors.Conflict("This message has never left. Send it anyway, or take it back.")
    asked_at = await connection.fetchval(
        "SELECT max(started_at) FROM attempt WHERE workspace_id = $1 AND outbound_id = $2", by.workspace_id, held.id
    )
    found = Sent("", asked_at or held.outbound["created_at"], _address(permalink))
    happenings = await arrivals.sent(connection, held, found, as_seen=True, by=by.person)
    for happening in happenings or []:
        events.publish(
            session,
            happening.name,
            conversation=happening.conversation,
            message=happening.message,
            by=by.person,
            activity=happening.activity,
        )
    await _audit(connection, held, "found_it_there", by)
    return await deliveries.shown(connection, held)


async def post_again(session: AsyncSession, message_id: UUID, *, by: Agent) -> MessageOut:
    """An agent decides that it shall be posted (again), having seen what colleagues answered."""
    connection, held = await _hold(session, message_id, by)
    _must_be_open(held)
    await connection.execute(
        "UPDATE outbound_message SET seen_at = clock_timestamp() WHERE workspace_id = $1 AND id = $2",
        held.workspace_id,
        held.id,
    )
    await _queue_again(session, connection, held, by)
    await _audit(connection, held, "posted_again", by)
    return await deliveries.shown(connection, held)


async def _hold(session: AsyncSession, message_id: UUID, by: Agent) -> tuple[Connection, Held]:
    by.needs(Right.ANSWER)
    connection = await raw(session)
    held = await deliveries.hold(connection, by.workspace_id, message_id)
    if held is None or not held.answers:
        raise errors.NotFound("There is no such message of ours.")
    by.must_see(held.conversation["channel_id"], "message")
    return connection, held


def _is_nowhere(held: Held) -> bool:
    """Whether we know for certain that nothing of it is on the platform."""
    never_left = held.state == NEEDS_DECISION and held.outbound["error"] == NEWER_ANSWER
    failed = held.state == FAILED and held.message["external_id"] is None
    return held.state in (QUEUED, AWAITING, REJECTED) or never_left or failed


def _must_be_open(held: Held) -> None:
    if held.state not in (UNKNOWN, NEEDS_DECISION):
        raise errors.Conflict("There is nothing to decide about this message any more.")


async def _later_parts(connection: Connection, held: Held) -> list[Held]:
    if held.outbound["group_id"] is None:
        return []
    found = await connection.fetch(
        """SELECT id FROM outbound_message WHERE workspace_id = $1 AND conversation_id = $2 AND group_id = $3
               AND part > $4 AND state IN ('queued', 'failed', 'awaiting_approval', 'rejected') ORDER BY part""",
        held.workspace_id,
        held.conversation["id"],
        held.outbound["group_id"],
        held.outbound["part"],
    )
    parts = [await deliveries.hold(connection, held.workspace_id, row["id"]) for row in found]
    return [part for part in parts if part is not None and _is_nowhere(part)]


async def _queue_again(session: AsyncSession, connection: Connection, held: Held, by: Agent) -> None:
    await connection.execute(
        "UPDATE outbound_message SET attempts = 0 WHERE workspace_id = $1 AND id = $2",
        held.workspace_id,
        held.id,
    )
    await deliveries.waits(connection, held, 0)
    events.publish(
        session, "message.delayed", conversation=held.conversation["id"], message=held.message["id"], by=by.person
    )


async def _drop(connection: Connection, held: Held) -> None:
    await connection.execute(
        """UPDATE outbound_message SET state = 'cancelled', look_at = NULL, lease_until = NULL, template = NULL
           WHERE workspace_id = $1 AND id = $2""",
        held.workspace_id,
        held.id,
    )
    await connection.execute(
        """UPDATE message SET delivery = 'cancelled', delivery_reason = '', delivery_error = '', due_at = NULL,
               version = version + 1 WHERE workspace_id = $1 AND id = $2""",
        held.workspace_id,
        held.message["id"],
    )
    await connection.execute(
        """UPDATE conversation SET message_count = greatest(0, message_count - 1), version = version + 1,
               problems = greatest(0, problems - $3) WHERE workspace_id = $1 AND id = $2""",
        held.workspace_id,
        held.conversation["id"],
        int(held.state in deliveries.PROBLEMS),
    )


async def _show_last(connection: Connection, held: Held) -> None:
    """Lists show the last thing that was said, and this was not."""
    await connection.execute(
        f"""UPDATE conversation c SET preview = left(regexp_replace(l.text, '\\s+', ' ', 'g'), 160),
                preview_by = CASE WHEN l.visibility = 'note' THEN 'note' WHEN l.direction = 'out' THEN 'us'
                    ELSE 'customer' END
            FROM (SELECT text, visibility, direction FROM message
                  WHERE workspace_id = $1 AND conversation_id = $2 AND deleted_at IS NULL
                      AND delivery IS DISTINCT FROM '{CANCELLED}'
                  ORDER BY at DESC, id DESC LIMIT 1) l
            WHERE c.workspace_id = $1 AND c.id = $2""",
        held.workspace_id,
        held.conversation["id"],
    )


async def _audit(connection: Connection, held: Held, verb: str, by: Agent) -> None:
    await lines.write(
        connection,
        held.workspace_id,
        verb,
        by=by.person,
        token_id=by.token_id,
        conversation_id=held.conversation["id"],
        message_id=held.message["id"],
    )


def _address(permalink: str) -> str:
    """A link an agent pasted, if it is one."""
    text = clean(permalink).strip()
    return text[:2000] if text.startswith(("https://", "http://")) else ""
