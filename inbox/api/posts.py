"""Our posts, as what comments stand under."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.lists import Limit, Place
from inbox.desk import posts
from inbox.desk.posts import PostPage
from inbox.people.access import Agent


@get("/posts", summary="List posts")
async def list_posts(
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    channel: Annotated[UUID | None, QueryParameter(description="Of this channel alone.")] = None,
    cursor: Place = None,
    limit: Limit = 50,
) -> PostPage:
    """Those under which somebody waits first, the longest waiting on top; then the newest. GET /conversations?post=
    gives what stands under one."""
    return await posts.page(session, agent, channel=channel, cursor=cursor, limit=limit)


doors = [list_posts]
