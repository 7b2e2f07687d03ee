"""Numbers about the waiting of customers, and the waitings behind each of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter
from litestar.response import Stream
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.lists import Limit
from inbox.ground.db import Database, raw
from inbox.ground.errors import Invalid
from inbox.people.access import Agent
from inbox.reports import as_of, changes, resolutions, rows, targets, waiting
from inbox.reports.changes import ChangesOut
from inbox.reports.open_time import CountedIn
from inbox.reports.population import Cut, Measure
from inbox.reports.resolutions import ResolutionsPageOut
from inbox.reports.rows import Chosen, State, WaitingsOut
from inbox.reports.targets import TargetsOut
from inbox.reports.waiting import ReportOut, Wanted
from inbox.sla.resolutions import Standing

YEAR = 31_536_000  # seconds

First = Annotated[date | None, QueryParameter(description="Who asked from this day on; else 28 days.")]
Last = Annotated[date | None, QueryParameter(description="Up to and with this day; else today.")]
Which = Annotated[Measure, QueryParameter(description="Which waitings.")]
Channels = Annotated[list[UUID] | None, QueryParameter(description="Only these channels.")]
Imported = Annotated[bool, QueryParameter(description="With those from before the connection.")]
AsOf = Annotated[
    datetime | None, QueryParameter(description="As it stood at this instant, and known then; else as it stands now.")
]
Hours = Annotated[
    CountedIn, QueryParameter(description="By the clock, or in the opening hours of the policy or of the channel.")
]
Target = Annotated[float | None, QueryParameter(gt=0, le=YEAR, description="Seconds, for one share more.")]
By = Annotated[Cut | None, QueryParameter(description="Cut in this way, too.")]
Ended = Annotated[State | None, QueryParameter(description="Only those; else all that are counted.")]
Stands = Annotated[Standing | None, QueryParameter(description="Only those; else all.")]
Part = Annotated[str, QueryParameter(max_length=100, description="Of the cut `by`, only the part of this name.")]
Cursor = Annotated[str | None, QueryParameter(description="`next` of the page before.")]


async def wanted(
    first: First = None,
    last: Last = None,
    measure: Which = "first_response",
    channel: Channels = None,
    before_connection: Imported = False,
    as_of: AsOf = None,
    hours: Hours = "clock",
) -> Wanted:
    return Wanted(
        first=first,
        last=last,
        measure=measure,
        channel_ids=tuple(channel or ()),
        before_connection=before_connection,
        as_of=as_of,
        hours=hours,
    )


async def chosen(standing: Ended = None, by: By = None, part: Part = "") -> Chosen:
    return Chosen(state=standing, by=by, part=part)


ABOUT = {"wanted": Provide(wanted)}
THESE = {**ABOUT, "chosen": Provide(chosen)}


@get("/reports/waiting", dependencies=ABOUT, summary="Report how long customers waited")
async def read_waiting(
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    wanted: NamedDependency[Wanted],
    target: Target = None,
    by: By = None,
) -> ReportOut:
    """With those who still wait counted as waiting, so that leaving somebody without an answer makes no number better.

    Days are those of the workspace's own zone. Of the channels that the agent sees.
    """
    return await waiting.report(session, wanted, by=agent, target=target, cut=by)


@get("/reports/waiting/rows", dependencies=THESE, summary="List the waitings behind a report")
async def list_waitings(
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    wanted: NamedDependency[Wanted],
    chosen: NamedDependency[Chosen],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> WaitingsOut:
    """Those who asked first come first. With `by` and `part`, those behind one line of the report."""
    asked = await waiting.asked_for(await raw(session), wanted, by=agent)
    return await rows.page(session, agent, asked, chosen, at=wanted.as_of, cursor=cursor, limit=limit)


@get("/reports/waiting/export", dependencies=THESE, media_type="text/csv", summary="Export the waitings of a report")
async def export_waitings(
    database: NamedDependency[Database],
    agent: NamedDependency[Agent],
    wanted: NamedDependency[Wanted],
    chosen: NamedDependency[Chosen],
) -> Stream:
    """As CSV, a line for each. What a spreadsheet would compute begins with an apostrophe."""
    async with database.tenant(agent.workspace_id) as connection:
        asked = await waiting.asked_for(connection, wanted, by=agent)
        at = await as_of.settled(connection, agent.workspace_id, wanted.as_of)
    return Stream(
        rows.export(database, agent, asked, chosen, at, home=database.settings.base_url),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="waiting-{at:%Y-%m-%d}.csv"',
            "Cache-Control": "no-store",
        },
    )


@get("/reports/waiting/changes", dependencies=ABOUT, summary="List what a report of an earlier instant did not know")
async def list_changes(
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    wanted: NamedDependency[Wanted],
    target: Target = None,
) -> ChangesOut:
    """Late answers, late news, edits and overrides since `as_of`; and how it stood then with what is known now.

    Whoever asked or was answered after that instant is no change.
    """
    if wanted.as_of is None:
        raise Invalid("Say with `as_of` since when.")
    asked = await waiting.asked_for(await raw(session), wanted, by=agent)
    return await changes.since(session, agent, asked, wanted.as_of, target=target)


@get("/reports/targets", dependencies=ABOUT, summary="Report which promises were kept")
async def read_targets(
    session: NamedDependency[AsyncSession], agent: NamedDependency[Agent], wanted: NamedDependency[Wanted]
) -> TargetsOut:
    """Of a first answer, of each next one and of the resolution, each apart; whatever `measure` says."""
    return await targets.report(session, wanted, by=agent)


@get("/reports/resolutions/rows", dependencies=ABOUT, summary="List the cases behind the resolutions of a report")
async def list_resolutions(
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    wanted: NamedDependency[Wanted],
    standing: Stands = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> ResolutionsPageOut:
    """Those that were promised a resolution; the first to begin comes first."""
    asked = await waiting.asked_for(await raw(session), wanted, by=agent)
    return await resolutions.page(session, agent, asked, standing, at=wanted.as_of, cursor=cursor, limit=limit)


@get("/reports/resolutions/export", dependencies=ABOUT, media_type="text/csv", summary="Export the resolutions")
async def export_resolutions(
    database: NamedDependency[Database],
    agent: NamedDependency[Agent],
    wanted: NamedDependency[Wanted],
    standing: Stands = None,
) -> Stream:
    """As CSV, a line for each case. What a spreadsheet would compute begins with an apostrophe."""
    async with database.tenant(agent.workspace_id) as connection:
        asked = await waiting.asked_for(connection, wanted, by=agent)
        at = await as_of.settled(connection, agent.workspace_id, wanted.as_of)
    return Stream(
        resolutions.export(database, agent, asked, standing, at, home=database.settings.base_url),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="resolutions-{at:%Y-%m-%d}.csv"',
            "Cache-Control": "no-store",
        },
    )


doors = [
    read_waiting,
    list_waitings,
    export_waitings,
    list_changes,
    read_targets,
    list_resolutions,
    export_resolutions,
]
