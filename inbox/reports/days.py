"""Days as a workspace counts them: in the one zone of its reports."""

from __future__ import annotations

from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from inbox.ground.db import Connection


async def zone_of(connection: Connection, workspace_id: UUID) -> str:
    """The zone of its reports."""
    return str(await connection.fetchval("SELECT time_zone FROM workspace WHERE id = $1", workspace_id))


def midnight(day: date, zone: str) -> datetime:
    """The instant at which a day begins there."""
    return datetime.combine(day, time(), ZoneInfo(zone))
