"""The weeks a goal is judged by told again with more hours: what people would have waited, had somebody been there.

await more_hours.tell(session, goal_id, [Slot(days=(5,), start=time(9), end=time(13))], agent=agent)
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.ground import clock
from inbox.ground.db import raw
from inbox.people.access import Agent
from inbox.reports import population, what_if
from inbox.reports.days import midnight, zone_of
from inbox.reports.figures import Counted, PercentileOut, ShareOut
from inbox.reports.goal_sentence import Goal
from inbox.reports.goals import asked_of, goal_of, worded
from inbox.reports.open_time import micros
from inbox.reports.progress import ONE_WEEK, SPAN, within
from inbox.reports.what_if import HOURS, Slot

QUEUED = ONE_WEEK  # whoever waits longer when the added hours begin is no part of their queue


class WhatIfOut(msgspec.Struct, kw_only=True):
    """The last weeks told again, at best. `hours`: added to each week; `per_hour`: how many answers the team gives in
    an hour in which it answers, of which there were `worked_hours`. `more`: of `n` people, in time who were not."""

    start: datetime
    end: datetime
    hours: float
    per_hour: float
    worked_hours: int
    n: int
    more: int
    share: ShareOut
    share_then: ShareOut
    percentile: PercentileOut
    percentile_then: PercentileOut
    met: bool


async def tell(session: AsyncSession, goal_id: UUID, slots: Sequence[Slot], *, agent: Agent) -> WhatIfOut:
    """The window it is judged over, told again with somebody there in these hours. Raises NotFound."""
    connection = await raw(session)
    wanted = await worded(connection, goal_id, agent)
    as_of, zone = clock.now(), await zone_of(connection, agent.workspace_id)
    end = min(as_of, midnight(wanted.deadline + timedelta(days=1), zone))
    start = end - SPAN
    asked = asked_of(wanted, start - QUEUED, end, zone)
    every = (await population.fetch(connection, agent.workspace_id, asked, as_of)).get("", population.Population())
    return await asyncio.to_thread(_replayed, goal_of(wanted), every, slots, start, end, as_of, zone)


def _replayed(
    goal: Goal,
    every: population.Population,
    slots: Sequence[Slot],
    start: datetime,
    end: datetime,
    as_of: datetime,
    zone: str,
) -> WhatIfOut:
    there = what_if.openings(slots, start, end, zone)
    answers = every.ended[every.answered & (every.ended <= micros(as_of))]
    per_hour, hours = what_if.pace(answers)
    ended = what_if.replayed(every.opened, every.ended, there, per_hour=per_hour)
    target = within(goal)

    def stands(told: population.Population) -> tuple[int, int, ShareOut, PercentileOut]:
        counted = Counted(told.between(start, end), as_of)
        figures = counted.figures(target=target)
        share = next((one for one in figures.shares if one.within == target), figures.response_rate)
        median = next((one for one in figures.percentiles if one.p == goal.share), figures.percentiles[0])
        return figures.n, int((counted.answered & (counted.seconds <= target)).sum()), share, median

    n, before, share, percentile = stands(every)
    _, after, share_then, percentile_then = stands(every.answered_at(ended))
    return WhatIfOut(
        start=start,
        end=end,
        hours=sum(closes - opens for opens, closes in there) / HOURS / (SPAN / ONE_WEEK),
        per_hour=per_hour,
        worked_hours=hours,
        n=n,
        more=after - before,
        share=share,
        share_then=share_then,
        percentile=percentile,
        percentile_then=percentile_then,
        met=share_then.value is not None and share_then.value > goal.share,
    )
