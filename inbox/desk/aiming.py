"""What a reply is aimed at: the item it stands under, and everything it covers."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import asyncpg

from inbox.ground import errors
from inbox.ground.db import Connection
from inbox.platforms.base import Kind

SHOWN = 100  # items of one author that an answer covers when nobody says which


async def target(connection: Connection, conversation: asyncpg.Record, reply_to: UUID | None) -> asyncpg.Record | None:
    """What it replies to: the item named, else whoever waits longest, else the newest item."""
    found = await connection.fetchrow(
        """SELECT id, external_id, direction, identity_id, recorded_at FROM message
           WHERE workspace_id = $1 AND conversation_id = $2 AND visibility <> 'note' AND external_id IS NOT NULL
               AND CASE WHEN $3::uuid IS NULL THEN direction = 'in' AND deleted_at IS NULL AND NOT erased
                    ELSE id = $3 END
           ORDER BY needs_reply AND NOT answered DESC, CASE WHEN needs_reply AND NOT answered THEN at END, at DESC
           LIMIT 1""",
        conversation["workspace_id"],
        conversation["id"],
        reply_to,
    )
    if found is None and (reply_to is not None or conversation["kind"] != Kind.DM):
        raise errors.Invalid("What this replies to is not in this conversation.")
    return found


async def answers(
    connection: Connection,
    conversation: asyncpg.Record,
    target: asyncpg.Record | None,
    *,
    named: list[UUID] | None,
    seen: UUID | int | None,
) -> list[UUID]:
    """The items it covers: those named, or the one replied to with what else the composer showed of its author."""
    if named is not None:
        known = await connection.fetch(
            """SELECT id FROM message WHERE workspace_id = $1 AND conversation_id = $2 AND id = ANY($3)
                   AND direction = 'in'""",
            conversation["workspace_id"],
            conversation["id"],
            named,
        )
        if len(known) != len(set(named)):
            raise errors.Invalid("A reply can only answer what customers wrote in this conversation.")
        return list(dict.fromkeys(named))
    if target is None or target["direction"] != "in":
        return []
    shown = await connection.fetch(
        """SELECT id FROM message
           WHERE workspace_id = $1 AND conversation_id = $2 AND direction = 'in' AND deleted_at IS NULL
               AND (id = $3 OR (identity_id = $4 AND NOT answered AND recorded_at <= coalesce($5, $6::timestamptz)))
           ORDER BY at DESC, id DESC LIMIT $7""",
        conversation["workspace_id"],
        conversation["id"],
        target["id"],
        target["identity_id"],
        await _seen_at(connection, conversation, seen),
        target["recorded_at"],
        SHOWN,
    )
    found = [row["id"] for row in shown]
    return found if target["id"] in found else [target["id"], *found]


async def _seen_at(connection: Connection, conversation: asyncpg.Record, seen: UUID | int | None) -> datetime | None:
    """Until when the composer showed what had come, by the database's clock."""
    if seen is None:
        return None
    at: datetime | None
    if isinstance(seen, UUID):
        at = await connection.fetchval(
            "SELECT recorded_at FROM message WHERE workspace_id = $1 AND id = $2 AND conversation_id = $3",
            conversation["workspace_id"],
            seen,
            conversation["id"],
        )
    else:
        # The next event began its transaction after this one was visible: what is older than that had been shown.
        at = await connection.fetchval(
            """SELECT coalesce(min(at), clock_timestamp()) FROM event
               WHERE workspace_id = $1 AND seq > $2 AND conversation_id = $3""",
            conversation["workspace_id"],
            seen,
            conversation["id"],
        )
    return at
