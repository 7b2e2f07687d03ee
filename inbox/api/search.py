"""Finding what was ever written."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import search
from inbox.desk.criteria import LONGEST
from inbox.desk.search import SearchPage
from inbox.ground.errors import Invalid
from inbox.people.access import Agent


@get("/search", summary="Search all history")
async def find(
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    q: Annotated[
        str,
        QueryParameter(
            description='Words, "phrases", -unwanted ones; '
            "from: channel: platform: tag: kind: lang: before: after: is: has: assignee: with a value.",
            max_length=LONGEST,
        ),
    ],
    zone: Annotated[str, QueryParameter(description="Whose days before: and after: mean.", max_length=64)] = "UTC",
    cursor: Annotated[str | None, QueryParameter(description="`next` of the page before.", max_length=300)] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=50, description="At most 50.")] = 25,
) -> SearchPage:
    """Conversations with the message that fits best, the best and freshest first. One question looks through as much as
    holds a hundred hits or more, from the newest on; `back_to` says how far, and `next` goes on from there, to the
    beginning of all there is. 422 unknown_operator names the operators there are."""
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise Invalid(f"There is no time zone {zone}.", field="zone") from None
    return await search.page(session, agent, q, zone=place, cursor=cursor, limit=limit)


doors = [find]
