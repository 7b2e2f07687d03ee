"""Hiding, liking and deleting what was written: asked of the platform through the same outbox as every reply.

The message changes, and the audit log says so, once the platform has done it.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import composing, deliveries
from inbox.ground import errors
from inbox.ground.db import Connection, raw
from inbox.ground.ids import new_id
from inbox.people.access import Agent, Right
from inbox.platforms import registry
from inbox.platforms.base import Action, Connector, Kind
from inbox.realtime import events, rows
from inbox.realtime.shapes import MessageOut

# Acts that undo each other: of those on one message only the last one asked for counts.
FAMILIES = (
    frozenset({Action.HIDE, Action.UNHIDE}),
    frozenset({Action.LIKE, Action.UNLIKE}),
    frozenset({Action.DELETE}),
)


async def act(
    session: AsyncSession,
    message_id: UUID,
    action: Action,
    *,
    by: Agent,
    platforms: Mapping[str, Connector] | None = None,
) -> MessageOut:
    """Ask the platform to hide, show, like, unlike or delete a message. Raises NotPossibleHere."""
    by.needs(Right.MODERATE)
    connection = await raw(session)
    message = await _lock(connection, message_id, by)
    if not await _is_settled(connection, message, action):
        outbound_id = await _queue(
            connection, message, action, by, registry.platforms() if platforms is None else platforms
        )
        if outbound_id:
            events.publish(session, "message.act_queued", conversation=message["conversation_id"], message=message_id)
    return (await rows.messages(connection, by.workspace_id, [message_id]))[message_id]


def family(action: Action) -> list[str]:
    """The acts that would undo this one, and itself."""
    return sorted(next(members for members in FAMILIES if action in members))


async def _lock(connection: Connection, message_id: UUID, by: Agent) -> asyncpg.Record:
    home = await connection.fetchval(
        "SELECT conversation_id FROM message WHERE workspace_id = $1 AND id = $2", by.workspace_id, message_id
    )
    conversation = await connection.fetchrow(
        "SELECT id, channel_id FROM conversation WHERE workspace_id = $1 AND id = $2 FOR NO KEY UPDATE",
        by.workspace_id,
        home,
    )
    message = await connection.fetchrow(
        "SELECT * FROM message WHERE workspace_id = $1 AND id = $2 FOR NO KEY UPDATE", by.workspace_id, message_id
    )
    if conversation is None or message is None or message["visibility"] == "note":
        raise errors.NotFound("There is no such message.")
    by.must_see(conversation["channel_id"], "message")
    if message["external_id"] is None:
        raise errors.NotPossibleHere("This message is not on the platform.")
    return message


async def _is_settled(connection: Connection, message: asyncpg.Record, action: Action) -> bool:
    """Whether nothing needs to be asked: it is so already, or about to be. An opposite act that waits is dropped."""
    waiting = await connection.fetch(
        """SELECT id, action, state FROM outbound_message WHERE workspace_id = $1 AND conversation_id = $2
               AND message_id = $3 AND action = ANY($4) AND state IN ('queued', 'sending', 'unknown')
           ORDER BY created_at, id FOR NO KEY UPDATE""",
        message["workspace_id"],
        message["conversation_id"],
        message["id"],
        family(action),
    )
    if waiting and waiting[-1]["action"] == action:
        return True
    await connection.execute(
        """UPDATE outbound_message SET state = 'cancelled' WHERE workspace_id = $1 AND id = ANY($2)
               AND state = 'queued'""",
        message["workspace_id"],
        [row["id"] for row in waiting],
    )
    if any(row["state"] != "queued" for row in waiting):
        return False
    match action:
        case Action.HIDE | Action.UNHIDE:
            return bool(message["hidden"]) is (action is Action.HIDE)
        case Action.LIKE | Action.UNLIKE:
            return bool(message["liked"]) is (action is Action.LIKE)
        case _:
            return message["deleted_at"] is not None


async def _queue(
    connection: Connection, message: asyncpg.Record, action: Action, by: Agent, platforms: Mapping[str, Connector]
) -> UUID:
    channel = await connection.fetchrow(
        "SELECT id, platform, state, settings FROM channel WHERE workspace_id = $1 AND id = $2",
        by.workspace_id,
        message["channel_id"],
    )
    connector = platforms.get(channel["platform"]) if channel else None
    if channel is None or connector is None or channel["state"] == "disabled":
        raise errors.NotPossibleHere("This channel is switched off.")
    kind = Kind(message["kind"])
    if action not in connector.capabilities.actions.get(kind, []):
        raise errors.NotPossibleHere(f"{connector.title} does not offer this here.")
    outbound_id = new_id()
    await connection.execute(
        """INSERT INTO outbound_message (workspace_id, id, conversation_id, channel_id, message_id, action, due_at,
               correlation, target_id, asked_by, token_id, rule_id, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp(), $7, $5, $8, $9, $10, clock_timestamp())""",
        by.workspace_id,
        outbound_id,
        message["conversation_id"],
        message["channel_id"],
        message["id"],
        action,
        str(outbound_id),
        by.person,
        by.token_id,
        by.rule_id,
    )
    held = await deliveries.hold(connection, by.workspace_id, outbound_id)
    assert held is not None
    composed = await composing.compose(connection, held, connector, channel)
    if no := composing.refusal(connector, composed, held.now):
        raise errors.NotPossibleHere(no.reason)
    await connection.execute(
        "UPDATE outbound_message SET minted = $3 WHERE workspace_id = $1 AND id = $2",
        by.workspace_id,
        outbound_id,
        connector.mint(composed.outgoing),
    )
    return outbound_id
