"""Comments by post: under which of our posts somebody waits, and how many.

    page = await posts.page(session, agent, cursor=None, limit=50)

Posts under which somebody waits come first, the longest waiting on top; then the others, the newest first.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import cursors
from inbox.desk.filters import seen_by
from inbox.ground.db import raw
from inbox.ground.errors import Invalid
from inbox.people.access import Agent
from inbox.realtime import feed
from inbox.realtime.shapes import PostOut

MOST = 1000  # conversations counted below one post; then "or more"
WAITING, QUIET = "w", "q"  # the two parts of the list, as a cursor names them

WAITS = """
SELECT c.post_id AS id, count(*) AS waiting, sum(c.waiting_count) AS people, min(c.waiting_since) AS since
FROM conversation c
WHERE c.workspace_id = $1 AND c.post_id IS NOT NULL AND c.waiting_since IS NOT NULL AND NOT c.imported
    AND ($2::uuid[] IS NULL OR c.channel_id = ANY($2))
GROUP BY c.post_id
HAVING $3::timestamptz IS NULL OR (min(c.waiting_since), c.post_id) > ($3, $4::uuid)
ORDER BY min(c.waiting_since), c.post_id LIMIT $5
"""
RESTS = """
SELECT p.id, 0 AS waiting, 0 AS people, NULL::timestamptz AS since, p.created_at FROM post p
WHERE p.workspace_id = $1 AND ($2::uuid[] IS NULL OR p.channel_id = ANY($2))
    AND ($3::timestamptz IS NULL OR (p.created_at, p.id) < ($3, $4::uuid))
    AND NOT EXISTS (SELECT 1 FROM conversation c WHERE c.workspace_id = $1 AND c.post_id = p.id
                        AND c.waiting_since IS NOT NULL AND NOT c.imported)
ORDER BY p.created_at DESC, p.id DESC LIMIT $5
"""
POSTS = """
SELECT p.*, h.platform, (SELECT count(*) FROM (
           SELECT 1 FROM conversation c WHERE c.workspace_id = $1 AND c.post_id = p.id LIMIT $3) below) AS conversations
FROM post p JOIN channel h ON h.workspace_id = p.workspace_id AND h.id = p.channel_id
WHERE p.workspace_id = $1 AND p.id = ANY($2)
"""


class PostRowOut(msgspec.Struct, kw_only=True):
    """One post. `waiting`: conversations in which somebody waits; `people`: how many do, `waiting_since` since when.

    `conversations`: of all there are below it, to 1000, which means "or more".
    """

    post: PostOut
    channel_id: UUID
    platform: str
    waiting: int
    people: int
    waiting_since: datetime | None
    conversations: int


class PostPage(msgspec.Struct, kw_only=True):
    """`as_of`: the feed number it is at least as new as."""

    items: list[PostRowOut]
    next: str | None
    as_of: int


async def page(
    session: AsyncSession, agent: Agent, *, channel: UUID | None = None, cursor: str | None = None, limit: int = 50
) -> PostPage:
    """One page. Raises Invalid for a cursor that nobody gave out."""
    connection = await raw(session)
    as_of = (await feed.head(connection, agent.workspace_id)).seq
    channels = seen_by(agent)
    if channel is not None:
        channels = [channel] if agent.sees(channel) else []
    part, at, last = _place(cursor)
    found: list[Any] = []
    if part == WAITING:
        found = await connection.fetch(WAITS, agent.workspace_id, channels, at, last, limit + 1)
        at = last = None
    if len(found) <= limit:
        more = await connection.fetch(RESTS, agent.workspace_id, channels, at, last, limit + 1 - len(found))
        found = [*found, *more]
    shown = found[:limit]
    rows = {
        row["id"]: row for row in await connection.fetch(POSTS, agent.workspace_id, [row["id"] for row in shown], MOST)
    }
    return PostPage(
        items=[_out(rows[row["id"]], row) for row in shown if row["id"] in rows],
        next=_cursor(shown[-1]) if len(found) > limit else None,
        as_of=as_of,
    )


def _place(cursor: str | None) -> tuple[str, datetime | None, UUID | None]:
    if not cursor:
        return WAITING, None, None
    if cursor[0] not in (WAITING, QUIET):
        raise Invalid("This cursor is not one of ours. Begin the list again.", field="cursor")
    return cursor[0], *cursors.read(cursor[1:], datetime)


def _cursor(row: Any) -> str:
    if row["since"] is not None:
        return WAITING + cursors.write(row["since"], row["id"])
    return QUIET + cursors.write(row["created_at"], row["id"])


def _out(post: Any, counted: Any) -> PostRowOut:
    return PostRowOut(
        post=PostOut(
            id=post["id"],
            external_id=post["external_id"],
            text=post["text"],
            permalink=post["permalink"],
            picture_url=post["picture_url"],
            at=post["at"],
        ),
        channel_id=post["channel_id"],
        platform=post["platform"],
        waiting=counted["waiting"],
        people=counted["people"],
        waiting_since=counted["since"],
        conversations=post["conversations"],
    )
