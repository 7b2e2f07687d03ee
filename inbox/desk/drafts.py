"""What somebody has written and not sent: one draft for each agent and conversation, theirs alone."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import threads
from inbox.desk.replies import LONGEST_TEXT
from inbox.ground.db import raw
from inbox.ground.errors import TooLong
from inbox.people.access import Agent, Right
from inbox.platforms.base import clean


class DraftOut(msgspec.Struct, kw_only=True):
    """A composer as it was left. `reply_to`: the message it answers."""

    visibility: Literal["public", "private", "note"]
    text: str
    reply_to: UUID | None
    updated_at: datetime


async def read(session: AsyncSession, conversation_id: UUID, *, by: Agent) -> DraftOut | None:
    """One's own draft here, if there is one."""
    connection = await raw(session)
    await threads.find(connection, conversation_id, by)
    row = await connection.fetchrow(
        "SELECT * FROM draft WHERE workspace_id = $1 AND user_id = $2 AND conversation_id = $3",
        by.workspace_id,
        by.id,
        conversation_id,
    )
    return _out(row) if row else None


async def keep(
    session: AsyncSession, conversation_id: UUID, *, visibility: str, text: str, reply_to: UUID | None, by: Agent
) -> DraftOut:
    """Keep what the composer holds; the last one kept counts."""
    by.needs(Right.ANSWER)
    connection = await raw(session)
    await threads.find(connection, conversation_id, by)
    if len(text) > LONGEST_TEXT:
        raise TooLong(f"A draft may have at most {LONGEST_TEXT} characters.")
    row = await connection.fetchrow(
        """INSERT INTO draft (workspace_id, user_id, conversation_id, visibility, text, reply_to)
           VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (workspace_id, user_id, conversation_id) DO UPDATE SET visibility = excluded.visibility,
               text = excluded.text, reply_to = excluded.reply_to, updated_at = now()
           RETURNING *""",
        by.workspace_id,
        by.id,
        conversation_id,
        visibility,
        clean(text),
        reply_to,
    )
    assert row is not None
    return _out(row)


async def drop(session: AsyncSession, conversation_id: UUID, *, by: Agent) -> None:
    """Throw one's own draft away."""
    connection = await raw(session)
    await threads.find(connection, conversation_id, by)
    await connection.execute(
        "DELETE FROM draft WHERE workspace_id = $1 AND user_id = $2 AND conversation_id = $3",
        by.workspace_id,
        by.id,
        conversation_id,
    )


def _out(row: asyncpg.Record) -> DraftOut:
    return DraftOut(
        visibility=row["visibility"], text=row["text"], reply_to=row["reply_to"], updated_at=row["updated_at"]
    )
