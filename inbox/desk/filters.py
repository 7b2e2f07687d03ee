"""What a list is narrowed to: everything asked for must hold.

Whatever is rare is looked up first, so that a list need not be walked for it: conversations with a tag, in a language
or with some words are known by their ids if they are few; if they are many they are met soon enough on the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec

from inbox.desk import candidates, contacts, criteria, tags
from inbox.desk.criteria import Term
from inbox.desk.meant import ME, NOBODY, Meant
from inbox.desk.queries import Query
from inbox.ground import clock
from inbox.ground.db import Connection
from inbox.ground.errors import Invalid
from inbox.people.access import Agent
from inbox.platforms.base import Kind, clean
from inbox.realtime.rows import NOBODY_WAITS, waiting_rank

SOMEBODY_WAITS = f"c.waiting_rank < {NOBODY_WAITS / 2:.0f}"
FEW = 1000  # conversations that are looked up one by one
MOST_TAGS = 10
LONGEST_AGE = 60 * 24 * 365 * 5  # minutes
URGENT = 4


class Filtering(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`assignee`: me, nobody, or a member's id. `person`: how a name or handle begins. `minutes`: somebody has waited
    so long. `priority`: that or higher. `tags`: all of them. `text`: words in any message."""

    channel: UUID | None = None
    team: UUID | None = None
    kind: Kind | None = None
    post: UUID | None = None
    platform: Annotated[str, msgspec.Meta(max_length=40)] = ""
    tags: Annotated[list[str], msgspec.Meta(max_length=MOST_TAGS)] = []
    assignee: Annotated[str, msgspec.Meta(max_length=40)] = ""
    person: Annotated[str, msgspec.Meta(max_length=100)] = ""
    language: Annotated[str, msgspec.Meta(max_length=20)] = ""
    waiting: bool = False
    minutes: Annotated[int, msgspec.Meta(ge=0, le=LONGEST_AGE)] = 0
    priority: Annotated[int, msgspec.Meta(ge=0, le=URGENT)] = 0
    text: Annotated[str, msgspec.Meta(max_length=200)] = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """The same, as rows are asked for it. None asks for nothing. `people`: identities; `ids`: conversations."""

    channels: list[UUID] | None = None
    team: UUID | None = None
    kind: Kind | None = None
    post: UUID | None = None
    people: Sequence[UUID] | None = None
    ids: Sequence[UUID] | None = None
    assignee: UUID | None = None
    unassigned: bool = False
    waiting: bool = False
    since: datetime | None = None  # somebody waits from then on at the latest
    priority: int = 0
    tags: list[str] = field(default_factory=list)  # those that are many
    language: str = ""
    words: str | None = None


async def narrow(connection: Connection, agent: Agent, asked: Filtering) -> Filter:
    """Raises Invalid for an assignee that is none."""
    channels = seen_by(agent)
    if asked.channel is not None:
        channels = [asked.channel] if agent.sees(asked.channel) else []
    if asked.platform:
        channels = await _on_platform(connection, agent, asked.platform, channels)
    ids: list[set[UUID]] = []
    common = []
    for tag in {tags.spelled(name) for name in asked.tags}:
        few = await _few(connection, TAGGED, agent, tag)
        common += [tag] if few is None else []
        ids += [few] if few is not None else []
    language = asked.language.lower()
    if language and (few := await _few(connection, SPOKEN, agent, language)) is not None:
        ids.append(few)
        language = ""
    words = (
        criteria.asked([Term(clean(asked.text), begins=not asked.text.endswith(" "))]) if asked.text.strip() else None
    )
    if words is None and asked.text.strip():
        ids.append(set())
    elif words is not None and (few := await _with_words(connection, agent, words, channels)) is not None:
        ids.append(few)
        words = None
    return Filter(
        channels=channels,
        team=asked.team,
        kind=asked.kind,
        post=asked.post,
        people=await contacts.called(connection, agent.workspace_id, asked.person) if asked.person.strip() else None,
        ids=sorted(set.intersection(*ids)) if ids else None,
        assignee=_assignee(agent, asked.assignee),
        unassigned=asked.assignee == NOBODY,
        waiting=asked.waiting,
        since=clock.now() - timedelta(minutes=asked.minutes) if asked.minutes else None,
        priority=asked.priority,
        tags=common,
        language=language,
        words=words,
    )


async def among_few(connection: Connection, agent: Agent, narrowed: Filter) -> Filter:
    """The same by ids, if waiting, priority or assignee say that they are few: for a list in another order."""
    few = None
    if narrowed.ids is not None:
        return narrowed
    if narrowed.waiting or narrowed.since is not None:
        few = await _few(connection, WAITING, agent, _last_rank(narrowed.since), narrowed.since)
    if few is None and narrowed.priority:
        few = await _few(connection, PRESSING, agent, narrowed.priority)
    if few is None and narrowed.assignee is not None:
        few = await _few(connection, ASSIGNED, agent, narrowed.assignee)
    return narrowed if few is None else replace(narrowed, ids=sorted(few))


def conditions(query: Query, narrowed: Filter) -> list[str]:
    """What must hold for a conversation `c`, besides its channel, its kind and who began it."""
    # Each is looked up for one row after another, and never read whole to be joined.
    found = []
    if narrowed.ids is not None:
        found.append(f"c.id = ANY({query(list(narrowed.ids), 'uuid[]')})")
    if narrowed.post is not None:
        found.append(f"c.post_id = {query(narrowed.post, 'uuid')}")
    if narrowed.assignee is not None:
        found.append(f"c.assignee_id = {query(narrowed.assignee, 'uuid')}")
    if narrowed.unassigned:
        found.append("c.assignee_id IS NULL")
    if narrowed.waiting:
        found.append(SOMEBODY_WAITS)
    if narrowed.since is not None:
        # The rank keeps the list from being read beyond the last that can be meant.
        found.append(f"c.waiting_rank <= {query(_last_rank(narrowed.since), 'float8')}")
        found.append(f"c.waiting_since <= {query(narrowed.since, 'timestamptz')}")
    if narrowed.priority:
        found.append(f"c.priority > 0 AND c.priority >= {query(narrowed.priority, 'int')}")
    for tag in narrowed.tags:
        found.append(
            "(SELECT true FROM conversation_tag t WHERE t.workspace_id = $1 AND t.conversation_id = c.id"
            f" AND t.name = {query(tag, 'text')} LIMIT 1)"
        )
    if narrowed.language:
        found.append(
            "(SELECT true FROM message l WHERE l.workspace_id = $1 AND l.conversation_id = c.id"
            f" AND l.language = {query(narrowed.language, 'text')} LIMIT 1)"
        )
    if narrowed.words is not None:
        found.append(
            "(SELECT true FROM message w WHERE w.workspace_id = $1 AND w.conversation_id = c.id"
            f" AND w.deleted_at IS NULL AND words_of(w.text) @@ to_tsquery('public.words', {query(narrowed.words)})"
            " LIMIT 1)"
        )
    return found


def _last_rank(since: datetime | None) -> float:
    """Behind it nobody waits, or nobody since then."""
    return NOBODY_WAITS / 2 if since is None else waiting_rank(since, None, since)


def seen_by(agent: Agent) -> list[UUID] | None:
    """The channels an agent's lists are confined to; None: all."""
    return None if agent.channel_ids is None else sorted(agent.channel_ids)


async def _on_platform(connection: Connection, agent: Agent, platform: str, channels: list[UUID] | None) -> list[UUID]:
    rows = await connection.fetch(
        "SELECT id FROM channel WHERE workspace_id = $1 AND platform = $2 ORDER BY id", agent.workspace_id, platform
    )
    return [row["id"] for row in rows if channels is None or row["id"] in channels]


TAGGED = "SELECT conversation_id AS id FROM conversation_tag WHERE workspace_id = $1 AND name = $2 LIMIT $3"
SPOKEN = """SELECT DISTINCT conversation_id AS id FROM message
            WHERE workspace_id = $1 AND language = $2 AND language <> '' LIMIT $3"""


STATUSES = "unnest('{open,pending,snoozed,resolved}'::text[]) s(status)"
WAITING = f"""SELECT w.id FROM {STATUSES}, LATERAL (
    SELECT c.id FROM conversation c WHERE c.workspace_id = $1 AND c.status = s.status AND c.waiting_rank <= $2
        AND ($3::timestamptz IS NULL OR c.waiting_since <= $3)
    ORDER BY c.waiting_rank, c.id LIMIT $4) w LIMIT $4"""
PRESSING = f"""SELECT w.id FROM {STATUSES}, generate_series($2::int, {URGENT}) p(priority), LATERAL (
    SELECT c.id FROM conversation c WHERE c.workspace_id = $1 AND c.status = s.status AND c.priority > 0
        AND c.priority = p.priority ORDER BY c.waiting_rank, c.id LIMIT $3) w LIMIT $3"""
ASSIGNED = """SELECT c.id FROM conversation c WHERE c.workspace_id = $1 AND c.assignee_id = $2
    ORDER BY c.status, c.waiting_rank, c.id LIMIT $3"""


async def _few(connection: Connection, sql: str, agent: Agent, *values: Any) -> set[UUID] | None:
    rows = await connection.fetch(sql, agent.workspace_id, *values, FEW + 1)
    return {row["id"] for row in rows} if len(rows) <= FEW else None


async def _with_words(
    connection: Connection, agent: Agent, words: str, channels: list[UUID] | None
) -> set[UUID] | None:
    found = await candidates.find(
        connection, agent.workspace_id, Meant(words=words, channels=channels, things=[]), None
    )
    return {hit.conversation_id for hit in found.hits} if found.on is None else None


def _assignee(agent: Agent, asked: str) -> UUID | None:
    if asked in ("", NOBODY):
        return None
    try:
        return agent.id if asked == ME else UUID(asked)
    except ValueError:
        raise Invalid("An assignee is me, nobody, or a member's id.", field="assignee") from None
