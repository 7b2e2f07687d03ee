"""The words that are in use."""

from __future__ import annotations

from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.lists import LONGEST, Limit, Page
from inbox.desk import tags
from inbox.desk.tags import TagOut
from inbox.people.access import Agent


@get("/tags", summary="List tags")
async def list_tags(
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    cursor: Annotated[str, QueryParameter(description="`next` of the page before.", max_length=200)] = "",
    limit: Limit = LONGEST,
) -> Page[TagOut]:
    """By name."""
    found = await tags.all_of(session, agent, after=cursor, limit=limit + 1)
    return Page(found[:limit], found[limit - 1].name if len(found) > limit else None)


doors = [list_tags]
