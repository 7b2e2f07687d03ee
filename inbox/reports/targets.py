"""Which promises were kept: of a first answer, of each next one and of the resolution, each counted apart."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.ground.db import raw
from inbox.people.access import Agent
from inbox.reports import as_of, resolutions, waiting
from inbox.reports.columns import WHICH
from inbox.reports.population import BROKEN
from inbox.reports.resolutions import ResolutionsOut
from inbox.reports.waiting import Wanted

COLUMNS = ("kind", "state", "opened_at", "ended_at", "due_at", "channel_id", "before_connection")
SOURCE = as_of.known(COLUMNS, where=f"{WHICH} AND e.due_at IS NOT NULL", as_of="$7::timestamptz")
COUNTED = f"""
SELECT e.kind, count(*) FILTER (WHERE e.state = 'answered' AND e.ended_at <= e.due_at) AS kept,
       count(*) FILTER (WHERE {BROKEN}) AS broken
FROM {SOURCE} GROUP BY 1
"""


class TargetOut(msgspec.Struct, kw_only=True):
    """Of waitings to which an answer was promised: `kept`, and `broken`; who waits and is in time is neither."""

    measure: Literal["first_response", "next_response"]
    kept: int
    broken: int


class TargetsOut(msgspec.Struct, kw_only=True):
    """Promises to whoever began to wait from `first` to `last` in `zone`, as they stood at `as_of`."""

    as_of: datetime
    zone: str
    first: date
    last: date
    answers: list[TargetOut]
    resolution: ResolutionsOut


async def report(session: AsyncSession, wanted: Wanted, *, by: Agent) -> TargetsOut:
    """Of the channels that they see. Raises Invalid where the dates make no period."""
    connection = await raw(session)
    at = await as_of.settled(connection, by.workspace_id, wanted.as_of)
    zone, first, last, asked = await waiting.period_of(connection, wanted, by=by)
    found = await connection.fetch(
        COUNTED,
        by.workspace_id,
        asked.start,
        asked.end,
        None if asked.channel_ids is None else sorted(asked.channel_ids),
        "any",
        asked.zone,
        at,
    )
    counts = {row["kind"]: row for row in found}
    return TargetsOut(
        as_of=at,
        zone=zone,
        first=first,
        last=last,
        answers=[
            TargetOut(measure=one, kept=counts[one]["kept"], broken=counts[one]["broken"])
            for one in ("first_response", "next_response")
            if one in counts
        ],
        resolution=await resolutions.count(connection, by.workspace_id, asked, at),
    )
