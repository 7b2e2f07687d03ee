"""Telling supervisors that much more comes in than usual: once for each channel and rush.

await spiking.look(database, workspace_id)      # every minute, wherever enough came in
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from inbox.ground import clock
from inbox.ground.db import Database
from inbox.realtime import events, rows
from inbox.realtime.events import Happening
from inbox.reports import spikes
from inbox.reports.days import zone_of

QUIET_FOR = timedelta(hours=3)  # a rush is told of once

ENOUGH = """
SELECT count(*) >= $3 FROM (
    SELECT 1 FROM episode WHERE workspace_id = $1 AND opened_at >= $2 AND NOT before_connection LIMIT $3) few
"""
TOLD = """
UPDATE channel SET spiked_at = $3 WHERE workspace_id = $1 AND id = ANY($2)
    AND (spiked_at IS NULL OR spiked_at < $3::timestamptz - $4::interval) RETURNING *
"""


async def look_everywhere(database: Database) -> list[UUID]:
    """Every workspace; gives those in which something was told."""
    found = await database.claim.fetch("SELECT id FROM workspace ORDER BY id")
    return [row["id"] for row in found if await look(database, row["id"])]


async def look(database: Database, workspace_id: UUID) -> int:
    """One workspace; gives how many channels were told of."""
    now = clock.now()
    async with database.tenant(workspace_id) as connection:
        if not await connection.fetchval(ENOUGH, workspace_id, now - spikes.HOUR, spikes.FLOOR):
            return 0
        seen = await spikes.look(connection, workspace_id, None, now, await zone_of(connection, workspace_id))
        rushing = [one.channel_id for one in seen.channels if one.channel_id and one.spike.state == "spike"]
        told = await connection.fetch(TOLD, workspace_id, rushing, now, QUIET_FOR) if rushing else []
        happenings = [
            Happening("channel.spiked", channel_id=row["id"], channel=rows.channel(row), at=now) for row in told
        ]
        await events.number(connection, workspace_id, happenings)
        return len(told)
