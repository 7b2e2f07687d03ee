"""Words that agents put on conversations. A tag comes into being with its first use."""

from __future__ import annotations

from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk.holding import hold
from inbox.ground.db import raw
from inbox.ground.errors import Invalid
from inbox.people.access import Agent
from inbox.platforms.base import clean
from inbox.realtime.shapes import ConversationOut

LONGEST = 50
MOST = 50  # on one conversation


class TagOut(msgspec.Struct):
    """A word in use."""

    name: str


async def all_of(session: AsyncSession, agent: Agent, *, after: str, limit: int) -> list[TagOut]:
    """The workspace's tags by name, behind `after`."""
    found = await (await raw(session)).fetch(
        "SELECT name FROM tag WHERE workspace_id = $1 AND name > $2 ORDER BY name LIMIT $3",
        agent.workspace_id,
        after,
        limit,
    )
    return [TagOut(row["name"]) for row in found]


async def put_on(session: AsyncSession, conversation_id: UUID, name: str, *, by: Agent) -> ConversationOut:
    """Tag a conversation."""
    held = await hold(session, conversation_id, by=by)
    tag = spelled(name)
    if not tag or len(tag) > LONGEST:
        raise Invalid(f"A tag has 1 to {LONGEST} characters.", field="name")
    await held.connection.execute(
        "INSERT INTO tag (workspace_id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING", held.workspace_id, tag
    )
    fresh = await held.connection.fetchval(
        """INSERT INTO conversation_tag (workspace_id, conversation_id, name) VALUES ($1, $2, $3)
           ON CONFLICT DO NOTHING RETURNING true""",
        held.workspace_id,
        held.id,
        tag,
    )
    if fresh:
        worn = await held.connection.fetchval(
            "SELECT count(*) FROM conversation_tag WHERE workspace_id = $1 AND conversation_id = $2",
            held.workspace_id,
            held.id,
        )
        if worn > MOST:
            raise Invalid(f"A conversation wears at most {MOST} tags.", field="name")
        await held.change()
        await held.wears()
        await held.tells("conversation.tagged", "tagged", tag=tag)
    return await held.out()


async def take_off(session: AsyncSession, conversation_id: UUID, name: str, *, by: Agent) -> ConversationOut:
    """Remove a tag from a conversation; the word stays known."""
    held = await hold(session, conversation_id, by=by)
    tag = spelled(name)
    gone = await held.connection.fetchval(
        """DELETE FROM conversation_tag WHERE workspace_id = $1 AND conversation_id = $2 AND name = $3
           RETURNING true""",
        held.workspace_id,
        held.id,
        tag,
    )
    if gone:
        await held.change()
        await held.wears()
        await held.tells("conversation.untagged", "untagged", tag=tag)
    return await held.out()


def spelled(name: str) -> str:
    """One spelling for each tag: small letters, and a hyphen where words part."""
    return "-".join(clean(name).lower().split())
