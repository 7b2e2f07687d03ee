"""The rows of what we write: a note for ourselves, or a message with its row in the outbox, as a thread shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from inbox.ground.db import Connection
from inbox.ground.ids import new_id
from inbox.people.access import Agent
from inbox.platforms.base import Action, Kind, Template
from inbox.realtime import rows

PREVIEW = 160


async def note(connection: Connection, conversation: asyncpg.Record, text: str, by: Agent) -> UUID:
    """Only colleagues see it: it leaves nowhere, and stops no clock."""
    message_id = new_id()
    await connection.execute(
        """INSERT INTO message (workspace_id, id, conversation_id, channel_id, direction, visibility, kind, agent_id,
               text, at) VALUES ($1, $2, $3, $4, 'out', 'note', $5, $6, $7, clock_timestamp())""",
        by.workspace_id,
        message_id,
        conversation["id"],
        conversation["channel_id"],
        conversation["kind"],
        by.person,
        text,
    )
    await show(connection, conversation, text, "note", 1)
    return message_id


async def message(
    connection: Connection,
    conversation: asyncpg.Record,
    *,
    text: str,
    visibility: str,
    action: Action,
    target: asyncpg.Record | None,
    answers: Sequence[UUID],
    by: Agent,
    now: datetime,
    due_at: datetime | None,
    scheduled: bool,
    state: str,
    group: UUID | None,
    part: int,
    and_resolve: bool,
    template: Template | None,
) -> UUID:
    """One part of a reply, and what is asked of the platform for it."""
    message_id = new_id()
    await connection.execute(
        """INSERT INTO message (workspace_id, id, conversation_id, channel_id, direction, visibility, kind, agent_id,
               text, at, received_at, delivery, due_at, answers, parent_id, parent_external_id, template,
               scheduled)
           VALUES ($1, $2, $3, $4, 'out', $5, $6, $7, $8, $9, $9, $16, $10, $11, $12, $13, $14, $15)""",
        conversation["workspace_id"],
        message_id,
        conversation["id"],
        conversation["channel_id"],
        visibility,
        conversation["kind"] if action is not Action.PRIVATE_REPLY else Kind.DM,
        by.person,
        text,
        now + timedelta(microseconds=part),
        due_at,
        list(answers),
        target["id"] if target else None,
        target["external_id"] if target else None,
        template.name if template else "",
        scheduled,
        state,
    )
    await connection.execute(
        """INSERT INTO outbound_message (workspace_id, id, conversation_id, channel_id, message_id, action, group_id,
               part, due_at, correlation, target_id, seen_at, asked_by, token_id, and_resolve, created_at, template,
               scheduled, state)
           VALUES ($1, $2, $3, $4, $2, $5, $6, $7, coalesce($8::timestamptz, $14::timestamptz), $9, $10,
               clock_timestamp(), $11, $12, $13, $14, $15::jsonb, $16, $17)""",
        conversation["workspace_id"],
        message_id,
        conversation["id"],
        conversation["channel_id"],
        action,
        group,
        part,
        due_at,
        str(message_id),
        target["id"] if target else None,
        by.person,
        by.token_id,
        and_resolve,
        now,
        msgspec.json.encode(template).decode() if template else None,
        scheduled,
        state,
    )
    return message_id


async def show(connection: Connection, conversation: asyncpg.Record, text: str, by: str, count: int) -> None:
    """Lists show the last thing that was said."""
    await connection.execute(
        f"""UPDATE conversation SET message_count = message_count + $3, preview = $4, preview_by = $5,
               last_message_at = greatest(last_message_at, clock_timestamp()), version = version + 1,
               waiting_rank = {rows.RANK.format(last="greatest(last_message_at, clock_timestamp())")}
           WHERE workspace_id = $1 AND id = $2""",
        conversation["workspace_id"],
        conversation["id"],
        count,
        " ".join(text.split())[:PREVIEW],
        by,
    )
