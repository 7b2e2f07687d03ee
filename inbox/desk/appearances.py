"""Where a person wrote: their conversations on every network, the newest first."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import cards, cursors
from inbox.ground.db import raw
from inbox.people.access import Agent
from inbox.realtime import rows
from inbox.realtime.shapes import ConversationOut

LOOKED_AT = 2000  # messages of one account, its newest: who wrote more wrote most of them in what they began
EVER = datetime.fromisoformat("9999-12-31T00:00:00+00:00")

# What they began, and where else they wrote last.
THEIRS = """
SELECT c.id, c.last_message_at FROM (
    SELECT o.id FROM conversation o WHERE o.workspace_id = $1 AND o.identity_id = ANY($2)
    UNION
    SELECT m.conversation_id FROM unnest($2::uuid[]) AS account(id), LATERAL (
        SELECT n.conversation_id FROM message n WHERE n.workspace_id = $1 AND n.identity_id = account.id
        ORDER BY n.id DESC LIMIT $6) m
) t, LATERAL (SELECT o.* FROM conversation o WHERE o.workspace_id = $1 AND o.id = t.id LIMIT 1) c
WHERE ($3::uuid[] IS NULL OR c.channel_id = ANY($3)) AND (c.last_message_at, c.id) < ($4::timestamptz, $5::uuid)
ORDER BY c.last_message_at DESC, c.id DESC LIMIT $7
"""


class AppearancePage(msgspec.Struct, kw_only=True):
    """`next` goes back as `cursor`; null: there is no more."""

    items: list[ConversationOut]
    next: str | None


async def page(session: AsyncSession, contact_id: UUID, *, by: Agent, cursor: str | None, limit: int) -> AppearancePage:
    """One page of them, in channels that the agent sees."""
    person = await cards.card(session, contact_id, by=by)
    connection = await raw(session)
    at, last = cursors.read(cursor, datetime) if cursor else (EVER, cards.LAST_ID)
    found = await connection.fetch(
        THEIRS,
        by.workspace_id,
        [one.id for one in person.identities],
        None if by.channel_ids is None else sorted(by.channel_ids),
        at,
        last,
        LOOKED_AT,
        limit + 1,
    )
    shown = await rows.conversations(connection, by.workspace_id, [row["id"] for row in found[:limit]])
    edge = found[limit - 1] if len(found) > limit else None
    return AppearancePage(
        items=[shown[row["id"]] for row in found[:limit] if row["id"] in shown],
        next=cursors.write(edge["last_message_at"], edge["id"]) if edge else None,
    )
