"""Where a goal is to be reached: which channels a sentence names, and what they are called in one."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from inbox.ground.db import Connection
from inbox.ground.errors import Invalid
from inbox.people.access import Agent
from inbox.platforms.registry import platforms
from inbox.reports import goal_sentence
from inbox.reports.goal_sentence import Goal

WITHOUT_HOURS = """
SELECT c.name FROM channel c WHERE c.workspace_id = $1 AND c.id = ANY($2)
    AND (SELECT k.calendar_id FROM channel_hours k WHERE k.workspace_id = $1 AND k.channel_id = c.id
         ORDER BY k.valid_from DESC LIMIT 1) IS NULL
    AND NOT EXISTS (
        SELECT 1 FROM (SELECT policies FROM sla_edition WHERE workspace_id = $1 ORDER BY version DESC LIMIT 1) e,
            jsonb_array_elements(e.policies) p
        WHERE coalesce(p->>'calendar', '') <> ''
            AND coalesce(p->'match'->'channels' ? c.id::text, true)
            AND coalesce(p->'match'->'platforms' ? c.platform, true))
ORDER BY c.name, c.id
"""


async def channels(connection: Connection, agent: Agent) -> list[asyncpg.Record]:
    """Those that somebody sees, as a sentence may name them."""
    found = await connection.fetch(
        "SELECT id, platform, name, handle, mission FROM channel WHERE workspace_id = $1 ORDER BY platform, name, id",
        agent.workspace_id,
    )
    return [row for row in found if agent.sees(row["id"])]


def named(places: Sequence[str], known: Sequence[asyncpg.Record]) -> list[UUID]:
    """The channels that a sentence names: by a channel's own name, or by a network. Raises Invalid."""
    chosen: dict[UUID, None] = {}
    for place in places:
        said = place.casefold().lstrip("@")
        found = [one for one in known if said in (one["name"].casefold(), one["handle"].casefold().lstrip("@"))]
        found = found or [one for one in known if said in (one["platform"], _title(one["platform"]).casefold())]
        if not found:
            titles = sorted({_title(one["platform"]) for one in known})
            there = f" There is {', '.join(titles)}." if titles else " No channel is connected yet."
            raise Invalid(f"No channel here is called {place}.{there}", field="channels")
        chosen |= dict.fromkeys(one["id"] for one in found)
    return list(chosen)


async def without_hours(connection: Connection, workspace_id: UUID, channel_ids: Sequence[UUID]) -> list[str]:
    """Those of these channels, by name, that neither have opening hours nor stand under a policy that has some."""
    found = await connection.fetch(WITHOUT_HOURS, workspace_id, list(channel_ids))
    return [row["name"] for row in found]


def _title(platform: str) -> str:
    connector = platforms().get(platform)
    return connector.title if connector else platform


def sentence(goal: Goal, channel_ids: Sequence[UUID], known: Sequence[asyncpg.Record]) -> str:
    """The goal as one sentence. Networks all of whose channels are meant go by their own name."""
    meant = set(channel_ids)
    places: list[str] = []
    for platform in dict.fromkeys(one["platform"] for one in known if one["id"] in meant):
        every = [one for one in known if one["platform"] == platform]
        whole = all(one["id"] in meant for one in every)
        places += [_title(platform)] if whole else [one["name"] for one in every if one["id"] in meant]
    return goal_sentence.written(goal, places)
