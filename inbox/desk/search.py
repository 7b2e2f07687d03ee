"""Finding what was ever written, by words, people and everything else that is known of a conversation."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import candidates, contacts, criteria, cursors, highlights, meant, reading
from inbox.desk.candidates import LAST, Hit, Place
from inbox.desk.criteria import Criteria, Term
from inbox.desk.highlights import Piece
from inbox.ground import clock
from inbox.ground.db import Connection, raw
from inbox.people.access import Agent
from inbox.realtime import feed, rows
from inbox.realtime.shapes import ConversationOut, MessageOut, PersonOut, ReadOut

MOST_PEOPLE = 5  # shown above what they wrote
FADES = timedelta(days=60)  # after which an old message must fit twice as well, never more than OLD times
OLD = 0.3


class HitOut(msgspec.Struct, kw_only=True):
    """A conversation with the message of it that fits best, and how many more were met. `line`: that message's words
    around the first match, in pieces."""

    conversation: ConversationOut
    message_id: UUID
    at: datetime
    direction: str
    visibility: str
    author: PersonOut | None
    agent_id: UUID | None
    line: list[Piece]
    more: int


class SearchPage(msgspec.Struct, kw_only=True):
    """`people`: whose name or handle is what was typed. `next`: there is more, or further back may be; `back_to`: how
    far back was looked, null: to the beginning."""

    items: list[HitOut]
    people: list[PersonOut]
    reads: list[ReadOut]
    next: str | None
    back_to: datetime | None
    as_of: int


async def page(
    session: AsyncSession, agent: Agent, q: str, *, zone: ZoneInfo, cursor: str | None = None, limit: int = 25
) -> SearchPage:
    """What fits, the best first among the newest. Raises Invalid for what no operator takes."""
    connection = await raw(session)
    as_of = (await feed.head(connection, agent.workspace_id)).seq
    asked = criteria.read(q, clock.now(), zone)
    if asked.is_empty:
        return SearchPage(items=[], people=[], reads=[], next=None, back_to=None, as_of=as_of)
    sought = await meant.meant(connection, agent, asked)
    before, offset, is_further = None, 0, False
    if cursor:
        (at, offset, is_further), last = cursors.read(cursor, tuple[datetime, int, bool])
        before = Place(at, last)
    found = await candidates.find(connection, agent.workspace_id, sought, before)
    groups = ranked(found.hits, clock.now())
    if is_further and before and groups:
        ids = [group[0].conversation_id for group in groups]
        shown = await candidates.repeated(connection, agent.workspace_id, sought, ids, before)
        groups = [group for group in groups if group[0].conversation_id not in shown]
    chosen = groups[offset : offset + limit]
    return SearchPage(
        items=await _shown(connection, agent, asked, chosen),
        people=[] if cursor else await _people(connection, agent, asked),
        reads=await reading.marks(connection, agent, [group[0].conversation_id for group in chosen]),
        next=_next(found, groups, before, offset + limit, is_further),
        back_to=found.on.at if found.on else None,
        as_of=as_of,
    )


def ranked(hits: Sequence[Hit], now: datetime) -> list[list[Hit]]:
    """By conversation, the best first, and in each its best message first."""
    threads: defaultdict[UUID, list[Hit]] = defaultdict(list)
    for hit in hits:
        threads[hit.conversation_id].append(hit)
    for group in threads.values():
        group.sort(key=lambda hit: (score(hit, now), hit.at), reverse=True)
    return sorted(threads.values(), key=lambda group: (_worth(group, now), group[0].at), reverse=True)


def score(hit: Hit, now: datetime) -> float:
    """How well its words fit, and how fresh it is."""
    age = max((now - hit.at) / FADES, 0.0)
    return (hit.rank or 0.1) * (OLD + (1 - OLD) * math.pow(0.5, age))


def _worth(group: Sequence[Hit], now: datetime) -> float:
    return score(group[0], now) * (1 + 0.1 * math.log2(len(group)))


def _next(
    found: candidates.Found, groups: Sequence[Sequence[Hit]], before: Place | None, offset: int, is_further: bool
) -> str | None:
    """Behind what is shown: the rest of what was met, else further back in time."""
    if offset < len(groups):
        # What arrives meanwhile must not move what is already shown.
        start = before or Place(max(hit.at for hit in found.hits), LAST)
        return cursors.write((start.at, offset, is_further), start.id)
    return cursors.write((found.on.at, 0, True), found.on.id) if found.on else None


async def _shown(
    connection: Connection, agent: Agent, asked: Criteria, groups: Sequence[Sequence[Hit]]
) -> list[HitOut]:
    threads = await rows.conversations(connection, agent.workspace_id, [group[0].conversation_id for group in groups])
    messages = await rows.messages(connection, agent.workspace_id, [group[0].id for group in groups])
    return [
        _out(threads[best.conversation_id], messages[best.id], asked.wanted, len(others))
        for best, *others in groups
        if best.conversation_id in threads
        and best.id in messages
        and agent.sees(threads[best.conversation_id].channel_id)
    ]


def _out(conversation: ConversationOut, message: MessageOut, terms: Sequence[Term], more: int) -> HitOut:
    return HitOut(
        conversation=conversation,
        message_id=message.id,
        at=message.at,
        direction=message.direction,
        visibility=message.visibility,
        author=message.author,
        agent_id=message.agent_id,
        line=highlights.line(message.text, terms),
        more=more,
    )


async def _people(connection: Connection, agent: Agent, asked: Criteria) -> list[PersonOut]:
    """Those who are called what was typed, if they wrote where this agent may look."""
    if not asked.wanted:
        return []
    found = await meant.people(connection, asked.wanted, most=50)
    if agent.channel_ids is not None:
        seen = await connection.fetch(
            """SELECT p.id FROM unnest($2::uuid[]) p(id) WHERE EXISTS (
                   SELECT 1 FROM message m
                   WHERE m.workspace_id = $1 AND m.identity_id = p.id AND m.channel_id = ANY($3))""",
            agent.workspace_id,
            found,
            sorted(agent.channel_ids),
        )
        found = [row["id"] for row in seen]
    known = await contacts.people(connection, agent.workspace_id, found[:MOST_PEOPLE])
    return sorted(known.values(), key=lambda person: person.name)
