"""Whom and what the names in a search mean here: channels, people, colleagues, tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from inbox.desk import criteria, tags
from inbox.desk.criteria import Criteria, Term
from inbox.ground.db import Connection
from inbox.ground.errors import Invalid
from inbox.people.access import Agent
from inbox.platforms.registry import platforms

MOST_PEOPLE = 100  # of one name; whoever has more namesakes must be called more precisely
ME, US, NOBODY = "me", "us", "nobody"


@dataclass(slots=True, kw_only=True)
class Meant:
    """What must hold for a message and its conversation; None asks for nothing, an empty list is never met."""

    words: str | None = None  # as to_tsquery reads them
    channels: list[UUID] | None = None
    platforms: list[str] | None = None
    kinds: list[str] | None = None
    languages: list[str] | None = None
    statuses: list[str] | None = None
    tags: list[str] | None = None
    waiting: bool = False
    assignees: list[UUID] | None = None
    unassigned: bool = False
    writers: list[UUID] | None = None  # identities
    agents: list[UUID] | None = None
    ours: bool = False
    things: list[str]
    since: datetime | None = None
    until: datetime | None = None


async def meant(connection: Connection, agent: Agent, asked: Criteria) -> Meant:
    """Raises Invalid for a channel, a platform or a colleague that is not there."""
    found = Meant(
        words=criteria.asked(asked.terms),
        channels=None if agent.channel_ids is None else sorted(agent.channel_ids),
        platforms=[_platform(name) for name in asked.platforms] or None,
        kinds=asked.kinds or None,
        languages=asked.languages or None,
        statuses=[state for state in asked.states if state in criteria.STATUSES] or None,
        tags=sorted({tags.spelled(name) for name in asked.tags}) or None,
        waiting="waiting" in asked.states,
        unassigned="unassigned" in asked.states,
        things=asked.things,
        since=asked.since,
        until=asked.until,
    )
    if asked.channels:
        found.channels = await _channels(connection, agent, asked.channels)
    if asked.assignees:
        await _assigned(connection, agent, asked.assignees, found)
    if asked.writers:
        await _written(connection, agent, asked.writers, found)
    return found


async def people(connection: Connection, names: Sequence[Term], most: int = MOST_PEOPLE) -> list[UUID]:
    """Identities in whose name or handle these words stand, or begin."""
    words = criteria.asked([Term(name.text, begins=True) for name in names], shortest=2)
    if words is None:
        return []
    return [row["id"] for row in await connection.fetch("SELECT id FROM search_people($1, $2) AS id", words, most)]


def _platform(name: str) -> str:
    for known, connector in platforms().items():
        if name in (known, connector.title.lower()):
            return known
    raise Invalid(f"There is no platform {name}. There are {', '.join(sorted(platforms()))}.", field="q")


async def _channels(connection: Connection, agent: Agent, names: Sequence[str]) -> list[UUID]:
    rows = await connection.fetch("SELECT id, name, handle FROM channel WHERE workspace_id = $1", agent.workspace_id)
    seen = [row for row in rows if agent.sees(row["id"])]
    found = []
    for name in names:
        sought = name.casefold().lstrip("@")
        these = [
            row["id"]
            for row in seen
            if row["name"].casefold().startswith(sought) or row["handle"].casefold().lstrip("@").startswith(sought)
        ]
        if not these:
            known = ", ".join(sorted({row["name"] for row in seen})[:20])
            raise Invalid(f"There is no channel {name}." + (f" There are {known}." if known else ""), field="q")
        found += these
    return found


async def _colleagues(connection: Connection, agent: Agent, name: str) -> list[UUID]:
    rows = await connection.fetch("SELECT user_id, name FROM membership WHERE workspace_id = $1", agent.workspace_id)
    sought = name.casefold().lstrip("@")
    return [row["user_id"] for row in rows if row["name"].casefold().startswith(sought)]


async def _assigned(connection: Connection, agent: Agent, names: Sequence[str], found: Meant) -> None:
    these: list[UUID] = []
    for name in names:
        if name.lower() == NOBODY:
            found.unassigned = True
        elif name.lower() == ME:
            these.append(agent.id)
        elif colleagues := await _colleagues(connection, agent, name):
            these += colleagues
        else:
            raise Invalid(f"Nobody called {name} works here.", field="q")
    if these and found.unassigned:
        raise Invalid("A conversation is assigned to somebody or to nobody: ask for one of both.", field="q")
    found.assignees = these or None


async def _written(connection: Connection, agent: Agent, names: Sequence[str], found: Meant) -> None:
    """Customers of that name; where there is none, colleagues."""
    writers: list[UUID] = []
    agents: list[UUID] = []
    for name in names:
        if name.lower() == US:
            found.ours = True
        elif name.lower() == ME:
            agents.append(agent.id)
        elif customers := await people(connection, [Term(name)]):
            writers += customers
        else:
            agents += await _colleagues(connection, agent, name)
    if bool(writers) + bool(agents) + found.ours > 1:
        raise Invalid("A message is from a customer or from one of us: ask for one of both.", field="q")
    if agents:
        found.agents = agents
    elif not found.ours:
        found.writers = writers
