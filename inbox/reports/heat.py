"""When customers write: how many began to wait in each hour of the week, over the last eight weeks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from inbox.ground.db import Connection
from inbox.reports.days import midnight

LOOKS_BACK = timedelta(weeks=8)
HOURS = 24

# Quarters of an hour first, for every zone is whole quarters off: there are few of them to be told in local time.
HEAT = """
SELECT extract(isodow FROM q.at AT TIME ZONE $5)::int AS day, extract(hour FROM q.at AT TIME ZONE $5)::int AS hour,
       sum(q.n)::int AS n, min(q.at) AS first
FROM (
    SELECT date_bin('15 minutes', e.opened_at, '2000-01-01Z') AS at, count(*) AS n FROM episode e
    WHERE e.workspace_id = $1 AND e.opened_at >= $2 AND e.opened_at < $3
        AND ($4::uuid[] IS NULL OR e.channel_id = ANY($4)) AND e.state <> 'never_asked' AND NOT e.before_connection
    GROUP BY 1) q
GROUP BY 1, 2
"""


class HeatOut(msgspec.Struct, kw_only=True):
    """Whole local days from `first` to `last`, both included; null where nobody asked anything yet.

    `cells`: 168 counts, Monday 00:00 first. `days`: how many Mondays to Sundays these days are.
    """

    first: date | None
    last: date | None
    cells: list[int]
    days: list[int]


async def look(
    connection: Connection, workspace_id: UUID, channel_ids: Sequence[UUID] | None, now: datetime, zone: str
) -> HeatOut:
    """Of these channels (None: all), up to yesterday in the zone of the workspace."""
    today = now.astimezone(ZoneInfo(zone)).date()
    start, end = midnight(today - LOOKS_BACK, zone), midnight(today, zone)
    rows = await connection.fetch(HEAT, workspace_id, start, end, channel_ids, zone)
    cells = [0] * (7 * HOURS)
    for row in rows:
        cells[(row["day"] - 1) * HOURS + row["hour"]] = row["n"]
    if not rows:
        return HeatOut(first=None, last=None, cells=cells, days=[0] * 7)
    first = min(row["first"] for row in rows).astimezone(ZoneInfo(zone)).date()
    days = [0] * 7
    for number in range((today - first).days):
        days[(first + timedelta(days=number)).weekday()] += 1
    return HeatOut(first=first, last=today - timedelta(days=1), cells=cells, days=days)
