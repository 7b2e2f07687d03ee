"""Channels side by side: what each is for, how it stands against the period before, and what follows from that.

The sums of all channels are made together, so the table of them costs what one page does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.ground.db import Connection, raw
from inbox.ground.errors import NotFound
from inbox.people.access import Agent, Right
from inbox.reports import as_of, channel_sums, goals, population, waiting
from inbox.reports.days import midnight, zone_of
from inbox.reports.figures import Counted
from inbox.reports.goals import Running
from inbox.reports.open_time import CountedIn
from inbox.reports.population import Asked, Population
from inbox.reports.verdict import StandOut, VerdictOut, stand, verdict

USUALLY = timedelta(days=90)

# The last of each, one step along the index.
CHANNELS = """
SELECT c.id, c.platform, c.name, c.state, c.mission, c.owner_id, c.next_audit_on, c.connected_at, l.made_at, l.decision
FROM channel c LEFT JOIN LATERAL (
    SELECT a.made_at, a.decision FROM channel_audit a WHERE a.workspace_id = $1 AND a.channel_id = c.id
    ORDER BY a.made_at DESC, a.id DESC LIMIT 1) l ON true
WHERE c.workspace_id = $1 AND ($2::uuid[] IS NULL OR c.id = ANY($2)) ORDER BY c.platform, c.name, c.id
"""


class GoalOut(msgspec.Struct, kw_only=True):
    """A goal that a channel serves. `purpose`: offered where no mission is written; `within`: seconds of `hours`."""

    id: UUID
    sentence: str
    purpose: str
    hours: CountedIn
    within: float
    wanted: float


class RowOut(msgspec.Struct, kw_only=True):
    """One channel, over the period and the one before. `whole_before`: it was connected for all of that one.
    `overdue`: its next audit should have been. `decided`: the last decision that was taken."""

    channel_id: UUID
    platform: str
    name: str
    state: str
    mission: str
    owner_id: UUID | None
    next_audit_on: date | None
    overdue: bool
    audited_at: datetime | None
    decided: str | None
    whole_before: bool
    goal: GoalOut | None
    now: StandOut
    before: StandOut
    verdict: VerdictOut


class TableOut(msgspec.Struct, kw_only=True):
    """Every channel that one sees. All counted from `first` to `last` in `zone`, as it stood at `as_of`."""

    as_of: datetime
    zone: str
    first: date
    last: date
    items: list[RowOut]


class Found(msgspec.Struct, kw_only=True):
    """What was counted of some channels: `counted` are the waitings of each, `goals` those it serves."""

    at: datetime
    zone: str
    first: date
    last: date
    rows: list[RowOut]
    counted: dict[UUID, Counted]
    goals: dict[UUID, list[GoalOut]]


async def table(session: AsyncSession, first: date | None, last: date | None, *, by: Agent) -> TableOut:
    """All of those that they see. Raises Invalid where the dates make no period."""
    by.needs(Right.WATCH)
    found = await look(await raw(session), by, first, last, None)
    return TableOut(as_of=found.at, zone=found.zone, first=found.first, last=found.last, items=found.rows)


async def look(
    connection: Connection, by: Agent, first: date | None, last: date | None, channel_id: UUID | None
) -> Found:
    """Count one channel, or all that somebody sees. Raises NotFound, Invalid."""
    at = await as_of.settled(connection, by.workspace_id)
    zone = await zone_of(connection, by.workspace_id)
    today = at.astimezone(ZoneInfo(zone)).date()
    first, last = waiting.period(waiting.Wanted(first=first, last=last), today, usually=USUALLY)
    after = last + waiting.ONE_DAY
    start, end, earlier = (midnight(day, zone) for day in (first, after, first - (after - first)))
    seen = [channel_id] if channel_id else None if by.channel_ids is None else sorted(by.channel_ids)
    channels = await connection.fetch(CHANNELS, by.workspace_id, seen)
    if channel_id and not channels:
        raise NotFound("There is no such channel.")
    ids = [row["id"] for row in channels]
    chosen = Asked(start=start, end=end, zone=zone, channel_ids=frozenset(ids))
    then = Asked(start=earlier, end=start, zone=zone, channel_ids=frozenset(ids))
    sums = await channel_sums.fetch(connection, by.workspace_id, ids, earlier, start, end)
    now = await population.fetch(connection, by.workspace_id, chosen, at, "channel")
    before = await population.fetch(connection, by.workspace_id, then, at, "channel")
    served = _served(await goals.running(connection, by, today))
    for_goals = (now, before)
    if any(told[0].hours == "business" for told in served.values()):
        open_now, open_then = (msgspec.structs.replace(one, hours="business") for one in (chosen, then))
        for_goals = (
            await population.fetch(connection, by.workspace_id, open_now, at, "channel"),
            await population.fetch(connection, by.workspace_id, open_then, at, "channel"),
        )

    def judged() -> tuple[list[RowOut], dict[UUID, Counted]]:
        nobody, rows, counted = Population(), [], {}
        for channel in channels:
            name, key = channel["id"], str(channel["id"])
            goal = served[name][0] if name in served else None  # the next to end
            clocked = [Counted(found.get(key, nobody), at) for found in (now, before)]
            is_open = goal is not None and goal.hours == "business"
            aimed = [Counted(found.get(key, nobody), at) for found in for_goals] if is_open else clocked
            counted[name] = aimed[0]
            named = sums.get(name, (channel_sums.NOBODY, channel_sums.NOBODY))
            stood = [_stand(*three, goal) for three in zip(named, clocked, aimed, strict=True)]
            rows.append(_row(channel, stood[0], stood[1], goal, channel["connected_at"] <= earlier, today))
        return rows, counted

    rows, counted = await asyncio.to_thread(judged)  # many are sorted in there, while others are served
    return Found(at=at, zone=zone, first=first, last=last, rows=rows, counted=counted, goals=served)


def _served(running: Sequence[Running]) -> dict[UUID, list[GoalOut]]:
    served: dict[UUID, list[GoalOut]] = {}
    for goal in running:
        wording = goal.wording
        told = GoalOut(
            id=goal.id,
            sentence=goal.sentence,
            purpose=wording.purpose,
            hours=wording.hours,
            within=goals.target_of(wording),
            wanted=wording.share,
        )
        for channel in wording.channel_ids:
            served.setdefault(channel, []).append(told)
    return served


def _stand(sums: channel_sums.Sums, clocked: Counted, aimed: Counted, goal: GoalOut | None) -> StandOut:
    within_goal = None
    if goal:
        figures = aimed.figures(target=goal.within)
        within_goal = next((one for one in figures.shares if one.within == goal.within), figures.response_rate)
    return stand(sums, clocked.figures(), within_goal)


def _row(
    channel: asyncpg.Record, now: StandOut, before: StandOut, goal: GoalOut | None, whole: bool, today: date
) -> RowOut:
    wanted = goal.wanted if goal else None
    return RowOut(
        channel_id=channel["id"],
        platform=channel["platform"],
        name=channel["name"],
        state=channel["state"],
        mission=channel["mission"],
        owner_id=channel["owner_id"],
        next_audit_on=channel["next_audit_on"],
        overdue=channel["next_audit_on"] is not None and channel["next_audit_on"] < today,
        audited_at=channel["made_at"],
        decided=channel["decision"],
        whole_before=whole,
        goal=goal,
        now=now,
        before=before,
        verdict=verdict(now, before if whole else None, wanted=wanted, has_mission=channel["mission"] != ""),
    )
