"""Days as a workspace counts them: in the one zone of its reports."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from inbox.ground.db import Connection

MORNING = time(9)


async def zone_of(connection: Connection, workspace_id: UUID) -> str:
    """The zone of its reports."""
    return str(await connection.fetchval("SELECT time_zone FROM workspace WHERE id = $1", workspace_id))


def midnight(day: date, zone: str) -> datetime:
    """The instant at which a day begins there."""
    return datetime.combine(day, time(), ZoneInfo(zone))


def monday_after(at: datetime, weeks: int, zone: str, *, end: datetime) -> datetime | None:
    """The Monday morning so many weeks after the one before `at`; `end` where that comes sooner, None where it is over.

    In the zone of the workspace.
    """
    if end <= at:
        return None
    here = at.astimezone(ZoneInfo(zone))
    monday = here.date() - timedelta(days=here.weekday()) + timedelta(weeks=weeks)
    return min(datetime.combine(monday, MORNING, ZoneInfo(zone)).astimezone(UTC), end)
