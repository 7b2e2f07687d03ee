"""How personal our replies are."""

from __future__ import annotations

from litestar import get
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.audience import Channels, First, Last
from inbox.api.guards import needs
from inbox.people.access import Agent, Right
from inbox.reports import touch
from inbox.reports.touch import TouchOut


@get("/reports/touch", guards=[needs(Right.WATCH)], summary="Report how personal replies are")
async def read_touch(
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    first: First = None,
    last: Last = None,
    channel: Channels = None,
) -> TouchOut:
    """Sent word for word as they were saved, the same to many in a row, and first responses that only hold; with the
    replies behind each number, and without who wrote them."""
    return await touch.read(session, first, last, channel or (), by=agent)


doors = [read_touch]
