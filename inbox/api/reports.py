"""Numbers about the waiting of customers."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.people.access import Agent
from inbox.reports import waiting
from inbox.reports.population import Cut, Measure
from inbox.reports.waiting import ReportOut, Wanted

YEAR = 31_536_000  # seconds


@get("/reports/waiting", summary="Report how long customers waited")
async def read_waiting(
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    first: Annotated[
        date | None, QueryParameter(description="Of those who asked from this day on; else 28 days.")
    ] = None,
    last: Annotated[date | None, QueryParameter(description="Up to and with this day; else today.")] = None,
    measure: Annotated[Measure, QueryParameter(description="Which waitings.")] = "first_response",
    channel: Annotated[list[UUID] | None, QueryParameter(description="Only these channels.")] = None,
    before_connection: Annotated[bool, QueryParameter(description="With those from before the connection.")] = False,
    target: Annotated[
        float | None, QueryParameter(gt=0, le=31_536_000, description="Seconds, for one share more.")
    ] = None,
    by: Annotated[Cut | None, QueryParameter(description="Cut in this way, too.")] = None,
) -> ReportOut:
    """With those who still wait counted as waiting, so that leaving somebody without an answer makes no number better.

    Days are those of the workspace's own zone. Of the channels that the agent sees.
    """
    wanted = Wanted(
        first=first,
        last=last,
        measure=measure,
        channel_ids=tuple(channel or ()),
        before_connection=before_connection,
        target=target,
        by=by,
    )
    return await waiting.report(session, wanted, by=agent)


doors = [read_waiting]
