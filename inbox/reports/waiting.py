"""The report of how long customers waited: all of them, against the period before, in time, and cut as one likes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.ground import clock
from inbox.ground.db import Connection, raw
from inbox.ground.errors import Invalid
from inbox.people.access import Agent
from inbox.reports import as_of, population
from inbox.reports.days import midnight, zone_of
from inbox.reports.figures import Counted, FiguresOut, StepOut
from inbox.reports.open_time import CountedIn
from inbox.reports.opening_hours import HoursUsedOut
from inbox.reports.population import Asked, Brought, Cut, Measure, Population

LONGEST = timedelta(days=366 * 5)
BY_DAY = 31  # days of a report up to which its trend goes by the day, and then by the week
USUALLY = timedelta(days=28)
ONE_DAY = timedelta(days=1)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """`first` and `last`: local dates in the zone of the workspace, both included.

    `as_of`: count what was known at this instant, as it stood then; now, if none is given. `hours`: what is counted in.
    """

    first: date | None = None
    last: date | None = None
    measure: Measure = "first_response"
    channel_ids: tuple[UUID, ...] = ()
    before_connection: bool = False
    as_of: datetime | None = None
    hours: CountedIn = "clock"


class CutOut(msgspec.Struct):
    """`name`: a channel's or person's id, a platform, a kind, a measure, or an hour of the week as "1 09"."""

    name: str
    figures: FiguresOut


class ReportOut(msgspec.Struct, kw_only=True):
    """Waitings that began from `first` to `last` in `zone`, as they stood at `as_of`, counted in `hours`.

    `hours_used`: the opening hours they are measured in, if in those. `day`: the seconds of a day, of the clock or of
    work, which a trend's share is within where no target was given.
    """

    as_of: datetime
    zone: str
    first: date
    last: date
    measure: str
    hours: CountedIn
    hours_used: list[HoursUsedOut]
    day: float
    step: str
    total: FiguresOut
    before: FiguresOut
    trend: list[StepOut]
    cuts: list[CutOut]


async def report(
    session: AsyncSession, wanted: Wanted, *, by: Agent, target: float | None = None, cut: Cut | None = None
) -> ReportOut:
    """Of the channels that they see. `target`: seconds. Raises Invalid where the dates make no period."""
    connection = await raw(session)
    at = await as_of.settled(connection, by.workspace_id, wanted.as_of)
    zone, first, last = await _days_of(connection, wanted, by)
    span = last + ONE_DAY - first
    asked = _asked(wanted, first, last + ONE_DAY, zone, by)
    now = await population.bring(connection, by.workspace_id, asked, at)
    before = await population.bring(connection, by.workspace_id, _asked(wanted, first - span, first, zone, by), at)
    step = ONE_DAY if span <= BY_DAY * ONE_DAY else 7 * ONE_DAY
    steps = [midnight(day, zone) for day in _days(first, last, step)]

    def figures_of(found: Brought) -> FiguresOut:
        return Counted(found.by().get("", Population()), at).figures(target=target)

    def cuts() -> list[CutOut]:
        parts = now.by(cut) if cut else {}
        return [CutOut(name, Counted(parts[name], at).figures(target=target)) for name in sorted(parts)]

    total = await asyncio.to_thread(lambda: Counted(now.by().get("", Population()), at))
    hours, within = total.population.hours, target or total.day
    # A million are sorted in there: side by side, for numpy lets go of the interpreter, and while others are served.
    whole, earlier, trend, parts = await asyncio.gather(
        asyncio.to_thread(total.figures, target=target),
        asyncio.to_thread(figures_of, before),
        asyncio.to_thread(total.trend, steps, within=within),
        asyncio.to_thread(cuts),
    )
    return ReportOut(
        as_of=at,
        zone=zone,
        first=first,
        last=last,
        measure=wanted.measure,
        hours=wanted.hours,
        hours_used=hours.used(total.population.lanes, asked.start, at) if hours else [],
        day=total.day,
        step="day" if step == ONE_DAY else "week",
        total=whole,
        before=earlier,
        trend=trend,
        cuts=parts,
    )


async def asked_for(connection: Connection, wanted: Wanted, *, by: Agent) -> Asked:
    """The waitings that a report is about, to look at one by one. Raises Invalid as the report does."""
    *_, asked = await period_of(connection, wanted, by=by)
    return asked


async def period_of(connection: Connection, wanted: Wanted, *, by: Agent) -> tuple[str, date, date, Asked]:
    """The zone of a report, its first and last day, and whom it is about. Raises Invalid as the report does."""
    zone, first, last = await _days_of(connection, wanted, by)
    return zone, first, last, _asked(wanted, first, last + ONE_DAY, zone, by)


async def _days_of(connection: Connection, wanted: Wanted, by: Agent) -> tuple[str, date, date]:
    zone = await zone_of(connection, by.workspace_id)
    return zone, *period(wanted, (wanted.as_of or clock.now()).astimezone(ZoneInfo(zone)).date())


def period(wanted: Wanted, today: date, *, usually: timedelta = USUALLY) -> tuple[date, date]:
    """The first and the last day of it; up to today and as long as `usually`, if nothing else is said.

    Raises Invalid where they make none.
    """
    last = wanted.last or today
    first = wanted.first or last - usually + ONE_DAY
    if first > last:
        raise Invalid("The first day comes after the last.")
    if last - first > LONGEST:
        raise Invalid("A report spans five years at most.")
    if first.year < 2000 or last.year > 2200:
        raise Invalid("There is nothing to count in those years.")
    return first, last


def _asked(wanted: Wanted, first: date, after: date, zone: str, by: Agent) -> Asked:
    seen = by.channel_ids
    if wanted.channel_ids:
        seen = frozenset(wanted.channel_ids) if seen is None else seen & frozenset(wanted.channel_ids)
    return Asked(
        start=midnight(first, zone),
        end=midnight(after, zone),
        zone=zone,
        measure=wanted.measure,
        channel_ids=seen,
        before_connection=wanted.before_connection,
        hours=wanted.hours,
    )


def _days(first: date, last: date, step: timedelta) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day += step
