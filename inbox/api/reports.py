"""Numbers about the waiting of customers, and the waitings behind each of them."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter
from litestar.response import Stream
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.lists import Limit
from inbox.ground import clock
from inbox.ground.db import Database, raw
from inbox.people.access import Agent
from inbox.reports import rows, waiting
from inbox.reports.population import Cut, Measure
from inbox.reports.rows import Chosen, State, WaitingsOut
from inbox.reports.waiting import ReportOut, Wanted

YEAR = 31_536_000  # seconds

First = Annotated[date | None, QueryParameter(description="Who asked from this day on; else 28 days.")]
Last = Annotated[date | None, QueryParameter(description="Up to and with this day; else today.")]
Which = Annotated[Measure, QueryParameter(description="Which waitings.")]
Channels = Annotated[list[UUID] | None, QueryParameter(description="Only these channels.")]
Imported = Annotated[bool, QueryParameter(description="With those from before the connection.")]
Target = Annotated[float | None, QueryParameter(gt=0, le=YEAR, description="Seconds, for one share more.")]
By = Annotated[Cut | None, QueryParameter(description="Cut in this way, too.")]
Ended = Annotated[State | None, QueryParameter(description="Only those; else all that are counted.")]
Part = Annotated[str, QueryParameter(max_length=100, description="Of the cut `by`, only the part of this name.")]
Cursor = Annotated[str | None, QueryParameter(description="`next` of the page before.")]


async def wanted(
    first: First = None,
    last: Last = None,
    measure: Which = "first_response",
    channel: Channels = None,
    before_connection: Imported = False,
) -> Wanted:
    return Wanted(
        first=first,
        last=last,
        measure=measure,
        channel_ids=tuple(channel or ()),
        before_connection=before_connection,
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
    return await rows.page(session, agent, asked, chosen, cursor=cursor, limit=limit)


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
    return Stream(
        rows.export(database, agent, asked, chosen, home=database.settings.base_url),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="waiting-{clock.now():%Y-%m-%d}.csv"',
            "Cache-Control": "no-store",
        },
    )


doors = [read_waiting, list_waitings, export_waitings]
