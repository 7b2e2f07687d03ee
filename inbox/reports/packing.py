"""Weeks of waitings as the columns that reports are made of, so that years of them are read in a tenth of a second.

    await packing.pack(database, workspace_id)      # now and then: what is over for long, and not packed
    packed = await packing.read(connection, workspace_id, start, end, at)

A packed week says what its rows say, to the microsecond: whatever writes one of them throws it away (sla.packed_weeks),
and until it is packed anew the rows are read. A report as of an instant before it was packed reads the rows as well.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec
import numpy as np

from inbox.ground import clock
from inbox.ground.db import Connection, Database
from inbox.reports import as_of, columns
from inbox.reports.columns import NEVER, Columns, Group
from inbox.sla.packed_weeks import SETTLED, WEEK, beginning, week_of

AT_ONCE = 30  # weeks that are marked together, and then packed one by one
LEFT = timedelta(minutes=10)  # after which one that was begun counts as given up

FIRST = "SELECT opened_at FROM episode WHERE workspace_id = $1 ORDER BY opened_at LIMIT 1"
MARK = """
INSERT INTO packed_week (workspace_id, week, begun_at)
SELECT $1, week, $4 FROM generate_series($2::int, $3::int) AS s(week)
WHERE NOT EXISTS (SELECT 1 FROM packed_week p WHERE p.workspace_id = $1 AND p.week = s.week
                  AND (p.packed_at IS NOT NULL OR p.begun_at > $5))
ORDER BY week DESC LIMIT $6
ON CONFLICT (workspace_id, week) DO UPDATE SET begun_at = excluded.begun_at WHERE packed_week.packed_at IS NULL
RETURNING week
"""
FILL = """
UPDATE packed_week SET packed_at = $4, groups = $5, opened = $6, ended = $7, due = $8
WHERE workspace_id = $1 AND week = $2 AND begun_at = $3
"""
READ = """
SELECT week, groups, opened, ended, due FROM packed_week
WHERE workspace_id = $1 AND week >= $2 AND week <= $3 AND packed_at <= $4 ORDER BY week
"""


class Counted(msgspec.Struct, frozen=True, array_like=True):
    """How many in a row are of a group."""

    group: Group
    n: int


async def pack(database: Database, workspace_id: UUID) -> int:
    """Every week that is over for long enough; gives how many were packed."""
    done = 0
    while marked := await _mark(database, workspace_id):
        begun_at, weeks = marked
        for week in weeks:
            async with database.tenant(workspace_id) as connection:
                if not await _fill(connection, workspace_id, week, begun_at):
                    return done  # somebody wrote there, or still does: the next round is as good
            done += 1
    return done


async def _mark(database: Database, workspace_id: UUID) -> tuple[datetime, list[int]] | None:
    """Say which are being packed, in a transaction of its own, so that whoever writes from now on sees it."""
    now = clock.now()
    async with database.tenant(workspace_id) as connection:
        first = await connection.fetchval(FIRST, workspace_id)
        if first is None:
            return None
        last = week_of(now - SETTLED) - 1
        rows = await connection.fetch(MARK, workspace_id, week_of(first), last, now, now - LEFT, AT_ONCE)
    return (now, [row["week"] for row in rows]) if rows else None


async def _fill(connection: Connection, workspace_id: UUID, week: int, begun_at: datetime) -> bool:
    since = clock.now()
    at = await as_of.settled(connection, workspace_id)
    if at < since:
        return False  # somebody has been writing since before they could see that it is being packed
    start = beginning(week)
    rows = await columns.rows(connection, workspace_id, start, start + WEEK, None, "any", "UTC", at)
    found = columns.of_rows(rows)
    many = [Counted(group, row["n"]) for group, row in zip(found.groups, rows, strict=True)]
    filled = await connection.execute(
        FILL,
        workspace_id,
        week,
        begun_at,
        at,
        msgspec.json.encode(many),
        found.opened.astype("<i8").tobytes(),
        found.ended.astype("<i8").tobytes(),
        found.due.astype("<i8").tobytes() if (found.due != NEVER).any() else b"",
    )
    return str(filled) == "UPDATE 1"


async def read(
    connection: Connection, workspace_id: UUID, start: datetime, end: datetime, at: datetime
) -> dict[int, Columns]:
    """By week, all that began in a week that lies between `start` and `end` at least in part, as known at `at`."""
    rows = await connection.fetch(READ, workspace_id, week_of(start), week_of(end), at)
    return {row["week"]: _unpacked(row) for row in rows}


def _unpacked(row: asyncpg.Record) -> Columns:
    many = msgspec.json.decode(row["groups"], type=list[Counted])
    opened = np.frombuffer(row["opened"], dtype="<i8")
    return Columns(
        [one.group for one in many],
        np.repeat(np.arange(len(many), dtype=np.int32), [one.n for one in many]),
        opened,
        np.frombuffer(row["ended"], dtype="<i8"),
        np.frombuffer(row["due"], dtype="<i8") if row["due"] else np.full(len(opened), NEVER),
    )
