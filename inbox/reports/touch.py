"""How personal our replies are: sent as they were saved, the same to many in a row, and answers that only hold.

Numbers for supervisors, with the replies behind them. No person is named, and nobody is ranked by them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.ground.db import raw
from inbox.people.access import Agent, Right
from inbox.reports import as_of, sameness, waiting
from inbox.reports.audience import CHANNELS
from inbox.reports.days import midnight, zone_of

USUALLY = timedelta(days=90)
MOST_REPLIES = 50_000  # the newest of the period
MOST_FIRSTS = 20_000
SHOWN = 100  # behind each number
LONGEST = 160  # characters of a reply that is shown
What = Literal["saved", "same", "holding"]

# What people wrote here; a long reply that left in parts is one.
REPLIES = """
SELECT m.id, m.conversation_id, m.agent_id, m.text, m.at, coalesce(o.group_id, m.id) AS whole,
       coalesce(o.part, 0) AS part
FROM message m LEFT JOIN outbound_message o ON o.workspace_id = $1 AND o.id = m.id
WHERE m.workspace_id = $1 AND m.direction = 'out' AND m.agent_id IS NOT NULL AND m.delivery = 'sent'
    AND m.visibility <> 'note' AND m.channel_id = ANY($4) AND m.at >= $2 AND m.at < $3
    AND o.rule_id IS NULL AND m.purged_at IS NULL AND m.text <> ''
ORDER BY m.at DESC, m.id DESC LIMIT $5
"""
SAVED = """
SELECT text FROM saved_reply WHERE workspace_id = $1 UNION SELECT text FROM macro WHERE workspace_id = $1
"""
# A first response, and what came next between these two within a week: their word, or another of ours. In a public
# thread ours is for them if it answers an item of theirs.
HOLDING = """
WITH firsts AS (
    SELECT e.conversation_id, e.author, e.ended_at, e.items, e.opened_at, o.group_id,
           CASE WHEN e.answer ~ '^[0-9a-f-]{36}$' THEN e.answer::uuid END AS answer
    FROM (
        SELECT * FROM episode e WHERE e.workspace_id = $1 AND e.channel_id = ANY($4) AND e.opened_at >= $2
            AND e.opened_at < $3 AND e.kind = 'first_response' AND e.state = 'answered' AND NOT e.before_connection
            AND e.cause = 'answered'
        ORDER BY e.opened_at DESC LIMIT $5) e
    LEFT JOIN outbound_message o ON o.workspace_id = $1
        AND o.id = CASE WHEN e.answer ~ '^[0-9a-f-]{36}$' THEN e.answer::uuid END)
SELECT f.conversation_id, f.ended_at AS at, next.id, next.direction, next.text
FROM firsts f JOIN conversation c ON c.workspace_id = $1 AND c.id = f.conversation_id
LEFT JOIN LATERAL (
    SELECT m.id, m.direction, m.text FROM message m
    LEFT JOIN outbound_message o ON m.direction = 'out' AND o.workspace_id = $1 AND o.id = m.id
    LEFT JOIN message p ON p.workspace_id = $1 AND p.id = m.parent_id
    WHERE m.workspace_id = $1 AND m.conversation_id = f.conversation_id AND m.at >= f.ended_at
        AND m.at < f.ended_at + interval '7 days' AND m.visibility <> 'note' AND m.id <> f.answer
        AND (m.direction = 'in' AND m.identity_id::text = f.author
             OR m.direction = 'out' AND (m.delivery = 'sent' AND m.agent_id IS NOT NULL OR m.elsewhere = 'person')
                AND o.rule_id IS NULL AND (o.group_id IS NULL OR o.group_id IS DISTINCT FROM f.group_id)
                AND (c.kind = 'dm' OR p.identity_id::text = f.author OR m.answers::text[] && f.items))
    ORDER BY m.at, m.id LIMIT 1) next ON true
ORDER BY f.opened_at DESC
"""
PEOPLE = """
SELECT c.id, c.platform, c.kind, coalesce(nullif(i.name, ''), i.handle, '') AS person FROM conversation c
LEFT JOIN contact_identity i ON i.workspace_id = $1 AND i.id = c.identity_id
WHERE c.workspace_id = $1 AND c.id = ANY($2)
"""


class ReplyOut(msgspec.Struct, kw_only=True):
    """A reply behind a number: where, when, and how it begins."""

    conversation_id: UUID
    at: datetime
    platform: str
    kind: str
    person: str
    text: str


class CountOut(msgspec.Struct, kw_only=True):
    """`n` of `of`; the `rows` are the newest of them."""

    n: int
    of: int
    rows: list[ReplyOut]


class TouchOut(msgspec.Struct, kw_only=True):
    """`saved`: replies sent word for word as they were saved; `same`: of one wording to at least `run` people in a row,
    both of all replies. `holding`: of first responses, those that a second answer followed before the customer said
    anything. `all_of_them`: false where only the newest were read."""

    as_of: datetime
    zone: str
    first: date
    last: date
    run: int
    saved: CountOut
    same: CountOut
    holding: CountOut
    all_of_them: bool


async def read(
    session: AsyncSession, first: date | None, last: date | None, channel_ids: Sequence[UUID], *, by: Agent
) -> TouchOut:
    """Of these channels, or of all that they see. Raises Invalid where the dates make no period."""
    by.needs(Right.WATCH)
    connection = await raw(session)
    at = await as_of.settled(connection, by.workspace_id)
    zone = await zone_of(connection, by.workspace_id)
    first, last = waiting.period(
        waiting.Wanted(first=first, last=last), at.astimezone(ZoneInfo(zone)).date(), usually=USUALLY
    )
    start, end = midnight(first, zone), midnight(last + waiting.ONE_DAY, zone)
    seen = None if by.channel_ids is None else sorted(by.channel_ids)
    ids = [row["id"] for row in await connection.fetch(CHANNELS, by.workspace_id, seen, list(channel_ids) or None)]
    told = await connection.fetch(REPLIES, by.workspace_id, start, end, ids, MOST_REPLIES)
    kept = [row["text"] for row in await connection.fetch(SAVED, by.workspace_id)]
    firsts = await connection.fetch(HOLDING, by.workspace_id, start, end, ids, MOST_FIRSTS)
    replies = _whole(told)
    saved, same = await asyncio.to_thread(_alike, replies, kept)
    held = [(row["conversation_id"], row["at"], row["text"]) for row in firsts if row["direction"] == "out"]
    shown = {row[0] for rows in (saved, same, held) for row in rows[:SHOWN]}
    people = {row["id"]: row for row in await connection.fetch(PEOPLE, by.workspace_id, list(shown))}
    return TouchOut(
        as_of=at,
        zone=zone,
        first=first,
        last=last,
        run=sameness.RUN,
        saved=_count(saved, len(replies), people),
        same=_count(same, len(replies), people),
        holding=_count(held, len(firsts), people),
        all_of_them=len(told) < MOST_REPLIES and len(firsts) < MOST_FIRSTS,
    )


Told = tuple[UUID, datetime, str]  # conversation, when, wording


def _whole(told: Sequence[asyncpg.Record]) -> list[tuple[UUID, Told]]:
    """Replies with their parts together, the oldest first; each with who wrote it."""
    parts: dict[Any, list[asyncpg.Record]] = {}
    for row in reversed(told):
        parts.setdefault(row["whole"], []).append(row)
    replies = []
    for rows in parts.values():
        text = " ".join(row["text"] for row in sorted(rows, key=lambda row: row["part"]))
        replies.append((rows[0]["agent_id"], (rows[0]["conversation_id"], rows[0]["at"], sameness.plain(text))))
    return replies


def _alike(replies: Sequence[tuple[UUID, Told]], kept: Sequence[str]) -> tuple[list[Told], list[Told]]:
    saved = sameness.Saved(kept)
    rows = sameness.in_a_row([(agent, told[0], told[2]) for agent, told in replies])
    newest = range(len(replies) - 1, -1, -1)
    same = set(rows)
    return (
        [replies[place][1] for place in newest if saved.has(replies[place][1][2])],
        [replies[place][1] for place in newest if place in same],
    )


def _count(rows: Sequence[Told], of: int, people: dict[UUID, asyncpg.Record]) -> CountOut:
    shown = [
        ReplyOut(
            conversation_id=conversation,
            at=at,
            platform=people[conversation]["platform"],
            kind=people[conversation]["kind"],
            person=people[conversation]["person"],
            text=text[:LONGEST],
        )
        for conversation, at, text in rows[:SHOWN]
    ]
    return CountOut(n=len(rows), of=of, rows=shown)
