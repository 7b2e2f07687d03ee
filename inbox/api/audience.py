"""Who writes to us."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.guards import needs
from inbox.people.access import Agent, Right
from inbox.reports import audience
from inbox.reports.audience import AudienceOut

First = Annotated[date | None, QueryParameter(description="From this day on; else 90 days.")]
Last = Annotated[date | None, QueryParameter(description="Up to and with this day; else today.")]
Channels = Annotated[list[UUID] | None, QueryParameter(description="Only these channels.")]


@get("/reports/audience", guards=[needs(Right.WATCH)], summary="Report who writes")
async def read_audience(
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    first: First = None,
    last: Last = None,
    channel: Channels = None,
) -> AudienceOut:
    """People, networks, languages, kinds, hours, words that rise, and what share of them we answer; beside the period
    before."""
    return await audience.read(session, first, last, channel or (), by=agent)


doors = [read_audience]
