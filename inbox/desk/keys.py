"""Idempotency keys: the same key of the same person or program is the same message, however often it is sent."""

from __future__ import annotations

import hashlib
from uuid import UUID

import msgspec

from inbox.ground import errors
from inbox.ground.db import Connection
from inbox.people.access import Agent

LONGEST_KEY = 200


async def given_before(
    connection: Connection, conversation_id: UUID, said: msgspec.Struct, by: Agent, key: str
) -> UUID | None:
    """The message this key stands for already. Of two requests with one key the second waits for the first."""
    if not key or len(key) > LONGEST_KEY:
        raise errors.Invalid(f"Send a header Idempotency-Key of 1 to {LONGEST_KEY} characters with every message.")
    body = hashlib.sha256(msgspec.json.encode([str(conversation_id), said])).digest()
    fresh = await connection.fetchval(
        """INSERT INTO idempotency (workspace_id, actor, key, body_hash) VALUES ($1, $2, $3, $4)
           ON CONFLICT DO NOTHING RETURNING true""",
        by.workspace_id,
        actor(by),
        key,
        body,
    )
    if fresh:
        return None
    known = await connection.fetchrow(
        "SELECT body_hash, message_id FROM idempotency WHERE workspace_id = $1 AND actor = $2 AND key = $3",
        by.workspace_id,
        actor(by),
        key,
    )
    if known is None or known["body_hash"] != body:
        raise errors.IdempotencyMismatch("This Idempotency-Key was used for another message.")
    return UUID(str(known["message_id"]))


async def is_known(connection: Connection, by: Agent, key: str) -> bool:
    """Whether this key stands for a message; what it costs to make one need then not be paid again."""
    found = await connection.fetchval(
        "SELECT message_id IS NOT NULL FROM idempotency WHERE workspace_id = $1 AND actor = $2 AND key = $3",
        by.workspace_id,
        actor(by),
        key,
    )
    return bool(found)


def actor(by: Agent) -> str:
    return f"token:{by.token_id}" if by.token_id else f"user:{by.id}"


async def stands_for(connection: Connection, by: Agent, key: str, message_id: UUID) -> None:
    """Remember which message a key has become."""
    await connection.execute(
        "UPDATE idempotency SET message_id = $4 WHERE workspace_id = $1 AND actor = $2 AND key = $3",
        by.workspace_id,
        actor(by),
        key,
        message_id,
    )
