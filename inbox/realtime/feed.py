"""Reading the feed of one workspace: in order, without a hole, from any number on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import asyncpg

from inbox.ground import clock
from inbox.ground.db import Connection, Database

PAGE = 500
DAYS_AHEAD = timedelta(days=1)  # partitions lie ready for weeks, and every one that is asked costs time
UNNUMBERED = b'{"seq":0,'


@dataclass(frozen=True, slots=True)
class Head:
    """Where a feed stands. `min_seq`: the oldest number still kept. A new epoch: nothing known before holds."""

    epoch: UUID
    seq: int
    min_seq: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored event, ready to be sent. `channel_id`, `user_id`: who may see it, None for everybody."""

    seq: int
    channel_id: UUID | None
    user_id: UUID | None
    conversation_id: UUID | None
    name: str
    body: bytes


async def head(connection: Connection, workspace_id: UUID) -> Head:
    """The newest committed number."""
    row = await connection.fetchrow("SELECT epoch, seq, min_seq FROM feed_head WHERE workspace_id = $1", workspace_id)
    if row is None:
        raise LookupError("This workspace has no feed.")
    return Head(row["epoch"], row["seq"], row["min_seq"])


async def after(database: Database, workspace_id: UUID, last: int, *, limit: int = PAGE) -> list[Entry]:
    """Events behind `last`, in order. The counter row is taken last in every transaction, so none can appear later."""
    async with database.tenant(workspace_id) as connection:
        return await read(connection, workspace_id, last, limit=limit)


async def read(connection: Connection, workspace_id: UUID, last: int, *, limit: int = PAGE) -> list[Entry]:
    """The same inside somebody's own transaction."""
    found = await connection.fetch(
        """SELECT seq, channel_id, user_id, conversation_id, name, body FROM event
           WHERE workspace_id = $1 AND seq > $2 AND at < $4 ORDER BY seq LIMIT $3""",
        workspace_id,
        last,
        limit,
        clock.now() + DAYS_AHEAD,
    )
    return [
        Entry(row["seq"], row["channel_id"], row["user_id"], row["conversation_id"], row["name"], _numbered(row))
        for row in found
    ]


def _numbered(row: asyncpg.Record) -> bytes:
    """Events are stored before they know their number; it stands first in their JSON."""
    body: bytes = row["body"]
    return b'{"seq":%d,' % row["seq"] + body.removeprefix(UNNUMBERED)
