"""What became of each telling of an address, and sending it again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import cursors, lines, webhooks
from inbox.ground.db import raw
from inbox.ground.errors import NotFound
from inbox.people.access import Agent, Right

LOG = """
SELECT * FROM webhook_delivery WHERE workspace_id = $1 AND webhook_id = $2
    AND ($3::timestamptz IS NULL OR (created_at, id) < ($3, $4::uuid)) {only}
ORDER BY created_at DESC, id DESC LIMIT $5
"""
ONLY_FAILED = "AND state = 'failed'"


class DeliveryOut(msgspec.Struct, kw_only=True):
    """One telling. `state`: pending, delivered, failed. `status`, `took_ms`, `answer`: of the last try.

    `error`: unreachable, timeout, refused (not a public address), redirect, status, switched_off, "".
    """

    id: UUID
    kind: str
    at: datetime
    conversation_id: UUID | None
    state: str
    tries: int
    tried_at: datetime | None
    due_at: datetime | None
    status: int | None
    took_ms: int | None
    answer: str
    error: str


class LogOut(msgspec.Struct, kw_only=True):
    """The newest first; `next` goes back as `cursor`."""

    items: list[DeliveryOut]
    next: str | None


async def page(
    session: AsyncSession, webhook_id: UUID, *, by: Agent, failed: bool, cursor: str | None, limit: int
) -> LogOut:
    """A page of the log of one address, or of what nobody took of it. Raises NotFound."""
    by.needs(Right.SETTINGS)
    connection = await raw(session)
    await webhooks.read(connection, webhook_id, by)
    at, last = cursors.read(cursor, datetime) if cursor else (None, None)
    sql = LOG.format(only=ONLY_FAILED if failed else "")
    found = await connection.fetch(sql, by.workspace_id, webhook_id, at, last, limit + 1)
    shown = found[:limit]
    more = len(found) > limit
    return LogOut(
        items=[_out(row) for row in shown],
        next=cursors.write(shown[-1]["created_at"], shown[-1]["id"]) if more else None,
    )


async def replay(session: AsyncSession, webhook_id: UUID, delivery_id: UUID, *, by: Agent) -> DeliveryOut:
    """Send this one again, under its own id. Raises NotFound, Switched."""
    by.needs(Right.SETTINGS)
    connection = await raw(session)
    await webhooks.hold_on(connection, webhook_id, by)
    row = await connection.fetchrow(
        """UPDATE webhook_delivery SET state = 'pending', due_at = now(), tries = 0, error = ''
           WHERE workspace_id = $1 AND webhook_id = $2 AND id = $3 RETURNING *""",
        by.workspace_id,
        webhook_id,
        delivery_id,
    )
    if row is None:
        raise NotFound("There is no such delivery any more.")
    return _out(row)


async def replay_failed(session: AsyncSession, webhook_id: UUID, since: datetime, *, by: Agent) -> int:
    """Send everything again that nobody took since then; gives how many. Raises NotFound, Switched."""
    by.needs(Right.SETTINGS)
    connection = await raw(session)
    await webhooks.hold_on(connection, webhook_id, by)
    changed = await connection.execute(
        """UPDATE webhook_delivery SET state = 'pending', due_at = now(), tries = 0, error = ''
           WHERE workspace_id = $1 AND webhook_id = $2 AND state = 'failed' AND created_at >= $3""",
        by.workspace_id,
        webhook_id,
        since,
    )
    number = int(changed.rpartition(" ")[2])
    if number:
        await lines.note(
            connection, by.workspace_id, "webhook_replayed", by=by.person, token_id=by.token_id, number=str(number)
        )
    return number


def _out(row: asyncpg.Record) -> DeliveryOut:
    return DeliveryOut(
        id=row["id"],
        kind=row["kind"],
        at=row["at"],
        conversation_id=row["conversation_id"],
        state=row["state"],
        tries=row["tries"],
        tried_at=row["tried_at"],
        due_at=row["due_at"],
        status=row["status"],
        took_ms=row["took_ms"],
        answer=row["answer"],
        error=row["error"],
    )
