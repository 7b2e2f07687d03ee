"""How full each view is."""

from __future__ import annotations

from litestar import get
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import views
from inbox.desk.views import CountsOut
from inbox.people.access import Agent


@get("/views/counts", summary="Count the views")
async def read_counts(session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]) -> CountsOut:
    """To 1000, which means "or more". Mine, unassigned and open count conversations in which somebody waits."""
    return await views.counts(session, agent)


doors = [read_counts]
