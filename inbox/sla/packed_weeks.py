"""Weeks of waitings that reports keep packed, and what makes one of them worthless: anything written in it.

Whoever writes a waiting calls `spoil` in the same transaction. Only weeks long over are packed, so mostly it asks
nothing of Postgres.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from inbox.ground import clock
from inbox.ground.db import Connection

WEEK = timedelta(days=7)
SETTLED = timedelta(days=14)  # after its end a week may be packed; by then most of what is asked in it is answered
AHEAD = timedelta(days=1)  # that the clock of whoever packs may be ahead of ours
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def week_of(at: datetime) -> int:
    """The week an instant lies in, counted from 1970, a Thursday."""
    return (at - EPOCH) // WEEK


def beginning(week: int) -> datetime:
    """The first instant of a week."""
    return EPOCH + week * WEEK


async def spoil(connection: Connection, workspace_id: UUID, opened: Iterable[datetime]) -> None:
    """Throw away the weeks in which these waitings began. Call it after they were written, before COMMIT.

    Whoever packs a week puts a row there first and then lets everybody finish who is writing; so either this finds the
    row, or what was written is packed with the rest.
    """
    last = week_of(clock.now() - SETTLED + AHEAD)
    if weeks := {week for at in opened if (week := week_of(at)) < last}:
        await connection.execute(
            "DELETE FROM packed_week WHERE workspace_id = $1 AND week = ANY($2)", workspace_id, sorted(weeks)
        )
