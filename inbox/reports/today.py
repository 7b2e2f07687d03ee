"""The day so far: promises that end today, kept and missed as the report judges them; and what was answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from inbox.ground.db import Connection
from inbox.people.access import Agent
from inbox.reports import goals, opening_hours
from inbox.reports.curve import of_answered
from inbox.reports.days import midnight
from inbox.reports.figures import PercentileOut
from inbox.reports.open_time import CountedIn
from inbox.reports.population import BROKEN

METRICS = ("median", "p90", "share")  # goals beside which one day can stand

DUE = f"""
SELECT count(*) FILTER (WHERE e.state = 'answered' AND e.ended_at <= e.due_at) AS kept,
       count(*) FILTER (WHERE {BROKEN.replace("$7", "$5")}) AS missed,
       count(*) FILTER (WHERE e.state = 'waiting' AND e.due_at >= $5) AS ahead
FROM episode e
WHERE e.workspace_id = $1 AND e.due_at >= $2 AND e.due_at < $3 AND ($4::uuid[] IS NULL OR e.channel_id = ANY($4))
"""
ANSWERED = """
SELECT e.channel_id, count(*) AS n,
       coalesce(array_agg(extract(epoch FROM e.ended_at - e.opened_at)::float8)
           FILTER (WHERE e.kind = 'first_response'), '{}') AS seconds
FROM episode e
WHERE e.workspace_id = $1 AND e.state = 'answered' AND e.ended_at >= $2 AND e.ended_at < $3
    AND ($4::uuid[] IS NULL OR e.channel_id = ANY($4)) AND NOT e.before_connection
GROUP BY 1
"""
MEASURED = """
SELECT e.channel_id, e.policy, e.policy_version, e.opened_at, e.ended_at FROM episode e
WHERE e.workspace_id = $1 AND e.state = 'answered' AND e.ended_at >= $2 AND e.ended_at < $3
    AND e.channel_id = ANY($4) AND NOT e.before_connection AND e.kind = 'first_response'
"""
ASKED = """
SELECT count(*) AS n, count(*) FILTER (WHERE e.state = 'waiting') AS waiting FROM episode e
WHERE e.workspace_id = $1 AND e.opened_at >= $2 AND e.opened_at < $3 AND ($4::uuid[] IS NULL OR e.channel_id = ANY($4))
    AND e.state <> 'never_asked' AND NOT e.before_connection
"""


class TargetOut(msgspec.Struct, kw_only=True):
    """The goal for a median that ends next, else for another share: `share` of all within `within` seconds of `hours`,
    by `deadline`. `median` and `in_time` of `n`: first responses given today on its own channels."""

    id: UUID
    sentence: str
    metric: str
    within: int
    hours: CountedIn
    share: float
    deadline: date
    n: int
    in_time: int
    median: PercentileOut


class TodayOut(msgspec.Struct, kw_only=True):
    """`date`: in the zone of the workspace. Of promises that end on it: `kept`, `missed`, and `ahead`, not due yet.

    `median`: of the `first_responses` given today, so of those answered alone. `asked`: began to wait today; of them
    `still_waiting`.
    """

    date: date
    kept: int
    missed: int
    ahead: int
    answered: int
    first_responses: int
    median: PercentileOut
    asked: int
    still_waiting: int
    target: TargetOut | None


async def look(
    connection: Connection, agent: Agent, channel_ids: Sequence[UUID] | None, now: datetime, zone: str
) -> TodayOut:
    """Of what they see."""
    today = now.astimezone(ZoneInfo(zone)).date()
    asked = (agent.workspace_id, midnight(today, zone), midnight(today + timedelta(days=1), zone), channel_ids)
    due = await connection.fetchrow(DUE, *asked, now)
    answered = await connection.fetch(ANSWERED, *asked)
    came = await connection.fetchrow(ASKED, *asked)
    assert due is not None
    assert came is not None
    seconds = {row["channel_id"]: row["seconds"] for row in answered}
    every = [one for channel in seconds.values() for one in channel]
    return TodayOut(
        date=today,
        kept=due["kept"],
        missed=due["missed"],
        ahead=due["ahead"],
        answered=sum(row["n"] for row in answered),
        first_responses=len(every),
        median=_median(every),
        asked=came["n"],
        still_waiting=came["waiting"],
        target=await _target(connection, agent, asked, today, seconds, now),
    )


async def _target(
    connection: Connection,
    agent: Agent,
    asked: tuple[Any, ...],
    today: date,
    seconds: dict[UUID, list[float]],
    now: datetime,
) -> TargetOut | None:
    found = [one for one in await goals.running(connection, agent, today) if one.wording.metric in METRICS]
    if not found:
        return None
    goal = min(found, key=lambda one: one.wording.metric != "median")  # and of these the next to end
    if goal.wording.hours == "business":
        its = await _business(connection, (*asked[:3], goal.wording.channel_ids), now)
    else:
        its = [one for channel in goal.wording.channel_ids for one in seconds.get(channel, [])]
    return TargetOut(
        id=goal.id,
        sentence=goal.sentence,
        metric=goal.wording.metric,
        within=goal.wording.within,
        hours=goal.wording.hours,
        share=goal.wording.share,
        deadline=goal.wording.deadline,
        n=len(its),
        in_time=sum(one <= goal.wording.within for one in its),
        median=_median(its),
    )


async def _business(connection: Connection, asked: tuple[Any, ...], now: datetime) -> list[float]:
    """What customers of these channels waited in opening hours who have had their first response today."""
    hours = await opening_hours.load(connection, asked[0], now)
    return [
        (its.between(row["opened_at"], row["ended_at"]) if its else row["ended_at"] - row["opened_at"]).total_seconds()
        for row in await connection.fetch(MEASURED, *asked)
        for its in [hours.of(row["policy"], row["policy_version"], str(row["channel_id"]), row["opened_at"])]
    ]


def _median(seconds: Sequence[float]) -> PercentileOut:
    found = of_answered(seconds).quantile(0.5, too_early_before=0.0)
    return PercentileOut(0.5, found.state, found.seconds)
