"""The private conversation that a private reply opens, and what ties it to the public one."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import asyncpg

from inbox.desk import status
from inbox.ground.db import Connection
from inbox.ground.ids import new_id
from inbox.platforms.base import Kind, Sent
from inbox.realtime import rows
from inbox.realtime.events import Happening
from inbox.sla import facts as f
from inbox.sla.facts import tie_of


async def link(
    connection: Connection,
    workspace_id: UUID,
    public: asyncpg.Record,
    outbound: asyncpg.Record,
    text: str,
    found: Sent,
    now: datetime,
) -> tuple[list[f.AnyFact], list[Happening]]:
    """A private reply opened a private conversation: both know each other, before the customer writes there."""
    item = await connection.fetchrow(
        """SELECT m.id, m.identity_id, i.contact_id, i.external_id, i.name, i.handle, i.avatar_url, i.platform
           FROM message m LEFT JOIN contact_identity i ON i.workspace_id = m.workspace_id AND i.id = m.identity_id
           WHERE m.workspace_id = $1 AND m.id = $2""",
        workspace_id,
        outbound["target_id"],
    )
    if item is None:
        return [], []
    identity_id = await _private_identity(connection, workspace_id, public["platform"], found.thread, item)
    await connection.execute(
        f"""INSERT INTO conversation (workspace_id, id, channel_id, platform, kind, thread_key, status, identity_id,
               participants, preview, preview_by, last_message_at, linked_id, waiting_rank)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, 'us', $10::timestamptz, $11,
                   {rows.NOBODY_WAITS} - extract(epoch FROM $10::timestamptz))
           ON CONFLICT (workspace_id, channel_id, thread_key, kind) DO NOTHING""",
        workspace_id,
        new_id(),
        public["channel_id"],
        public["platform"],
        Kind.DM,
        found.thread,
        status.PENDING,
        identity_id,
        " ".join(text.split())[:160],
        found.at,
        public["id"],
    )
    private: UUID = await connection.fetchval(
        """UPDATE conversation SET linked_id = coalesce(linked_id, $5), version = version + 1
           WHERE workspace_id = $1 AND channel_id = $2 AND thread_key = $3 AND kind = $4 RETURNING id""",
        workspace_id,
        public["channel_id"],
        found.thread,
        Kind.DM,
        public["id"],
    )
    await connection.execute(
        "UPDATE conversation SET linked_id = coalesce(linked_id, $3) WHERE workspace_id = $1 AND id = $2",
        workspace_id,
        public["id"],
        private,
    )
    facts: list[f.AnyFact] = [
        f.Linked(
            conversation=str(here),
            at=found.at,
            recorded_at=now,
            tie=tie_of(f"linked:{outbound['id']}"),
            item=str(item["id"]),
            author=str(item["identity_id"] or ""),
            private=str(private),
            private_author=str(identity_id),
            public=str(public["id"]),
            reply=str(outbound["id"]),
        )
        for here in (public["id"], private)
    ]
    return facts, [Happening("conversation.linked", private)]


async def _private_identity(
    connection: Connection, workspace_id: UUID, platform: str, external_id: str, public: asyncpg.Record
) -> UUID:
    """The same person under the name private messages know them by; often, but not always, the public one."""
    known: UUID | None = await connection.fetchval(
        """INSERT INTO contact_identity (workspace_id, id, contact_id, platform, external_id, name, handle, avatar_url)
           SELECT $1, $2, $3::uuid, $4, $5, $6, $7, $8 WHERE $3::uuid IS NOT NULL
           ON CONFLICT (workspace_id, platform, external_id) DO NOTHING RETURNING id""",
        workspace_id,
        new_id(),
        public["contact_id"],
        platform,
        external_id,
        public["name"],
        public["handle"],
        public["avatar_url"],
    )
    if known is None:
        known = await connection.fetchval(
            "SELECT id FROM contact_identity WHERE workspace_id = $1 AND platform = $2 AND external_id = $3",
            workspace_id,
            platform,
            external_id,
        )
    if known is None:  # nobody is known to have written the comment
        contact_id = new_id()
        await connection.execute("INSERT INTO contact (workspace_id, id) VALUES ($1, $2)", workspace_id, contact_id)
        known = await connection.fetchval(
            """INSERT INTO contact_identity (workspace_id, id, contact_id, platform, external_id)
               VALUES ($1, $2, $3, $4, $5) RETURNING id""",
            workspace_id,
            new_id(),
            contact_id,
            platform,
            external_id,
        )
    assert known is not None
    return known
