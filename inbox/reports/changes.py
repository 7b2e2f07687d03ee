"""What a report of an earlier instant did not know: late answers, late news, edits and overrides, one by one.

Whoever asked or was answered after that instant is no change. Everything here was so by then, and known only later.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.ground.db import raw
from inbox.people.access import Agent
from inbox.reports import as_of, population
from inbox.reports.columns import WHICH
from inbox.reports.figures import Counted, FiguresOut
from inbox.reports.population import Asked, Population

MOST = 200  # told one by one; all are counted
What = Literal["learnt", "answered", "ended", "unanswered", "not_asked", "asked", "gone", "moved"]

COLUMNS = (
    *("conversation_id", "key", "channel_id", "author", "agent", "kind", "thread_kind", "state", "opened_at"),
    *("ended_at", "before_connection"),
)
THEN, NOW = "$7::timestamptz", "$8::timestamptz"
SAME = "(e.conversation_id, e.key) IN (SELECT t.conversation_id, t.key FROM touched t)"
# As they stood then: with what was known then, and with what is known now. $9: with those from before the connection.
CHANGED = f"""
WITH touched AS MATERIALIZED (
    SELECT e.conversation_id, e.key FROM episode e WHERE e.workspace_id = $1 AND {WHICH}
        AND e.opened_at <= {THEN} AND (e.known_from > {THEN} OR e.end_known_from > {THEN} AND e.ended_at <= {THEN})
    UNION
    SELECT e.conversation_id, e.key FROM episode_past e WHERE e.workspace_id = $1 AND {WHICH}
        AND e.known_until > {THEN} AND e.known_from <= {THEN}),
told AS (SELECT * FROM {as_of.known(COLUMNS, where=f"{WHICH} AND {SAME}", as_of=THEN)}),
known AS (SELECT * FROM {as_of.known(COLUMNS, where=f"{WHICH} AND {SAME} AND e.opened_at <= {THEN}", as_of=NOW)}),
pairs AS (
    SELECT coalesce(k.conversation_id, t.conversation_id) AS conversation_id, coalesce(k.key, t.key) AS key,
           coalesce(k.channel_id, t.channel_id) AS channel_id, coalesce(k.author, t.author) AS author,
           coalesce(k.thread_kind, t.thread_kind) AS thread_kind, t.opened_at AS told_opened_at,
           k.opened_at AS opened_at, t.state AS told, t.ended_at AS told_ended_at,
           t.kind IS DISTINCT FROM k.kind AS other_kind,
           CASE WHEN k.ended_at > {THEN} AND k.state IN ('answered', 'ended') THEN 'waiting' ELSE k.state END AS known,
           CASE WHEN k.ended_at <= {THEN} THEN k.ended_at END AS ended_at,
           coalesce(k.before_connection, t.before_connection) AS before_connection
    FROM told t FULL JOIN known k ON k.conversation_id = t.conversation_id AND k.key = t.key),
shown AS (
    SELECT p.*, count(*) OVER () AS n FROM pairs p
    WHERE (p.told IS DISTINCT FROM p.known OR p.told_opened_at IS DISTINCT FROM p.opened_at
           OR p.told_ended_at IS DISTINCT FROM p.ended_at OR p.other_kind) AND p.before_connection <= $9
    ORDER BY coalesce(p.opened_at, p.told_opened_at), p.conversation_id, p.key LIMIT $10)
SELECT p.*, h.name AS channel, h.platform, coalesce(nullif(i.name, ''), i.handle, '') AS person,
       (SELECT c.id FROM conversation c WHERE c.workspace_id = $1 AND c.id = p.conversation_id) AS thread
FROM shown p
JOIN channel h ON h.workspace_id = $1 AND h.id = p.channel_id
LEFT JOIN contact_identity i ON i.workspace_id = $1
    AND i.id = CASE WHEN p.author ~ '^[0-9a-f-]{{36}}$' THEN p.author::uuid END
ORDER BY coalesce(p.opened_at, p.told_opened_at), p.conversation_id, p.key
"""


class ChangeOut(msgspec.Struct, kw_only=True):
    """One waiting. `told` and `told_ended_at`: what the report said; `known` and `ended_at`: what is known now of then.

    `what`: learnt (nothing was known of them), answered or ended (before that instant, known later), unanswered (what
    had answered them did not after all), not_asked, asked, gone (it is part of another now), moved (other times).
    `conversation_id` is null where there is none any more.
    """

    what: What
    conversation_id: UUID | None
    opened_at: datetime
    told: str | None
    told_ended_at: datetime | None
    known: str | None
    ended_at: datetime | None
    kind: str
    platform: str
    channel: str
    person: str


class ChangesOut(msgspec.Struct, kw_only=True):
    """All `n` changes since `as_of`, the first of them as `items`; and the figures of then with what is known `now`."""

    as_of: datetime
    now: datetime
    n: int
    items: list[ChangeOut]
    figures: FiguresOut


async def since(session: AsyncSession, by: Agent, asked: Asked, at: datetime, *, target: float | None) -> ChangesOut:
    """What has become known since `at` of the waitings asked for. Raises Invalid as as_of.settled."""
    connection = await raw(session)
    then = await as_of.settled(connection, by.workspace_id, at)
    now = await as_of.settled(connection, by.workspace_id)
    found = await connection.fetch(
        CHANGED,
        by.workspace_id,
        asked.start,
        asked.end,
        None if asked.channel_ids is None else sorted(asked.channel_ids),
        asked.measure,
        asked.zone,
        then,
        now,
        asked.before_connection,
        MOST,
    )
    by_then = msgspec.structs.replace(asked, end=max(asked.start, min(asked.end, then)))
    every = await population.fetch(connection, by.workspace_id, by_then, now)
    figures = await asyncio.to_thread(lambda: Counted(Population(every.values()), then).figures(target=target))
    return ChangesOut(
        as_of=then, now=now, n=found[0]["n"] if found else 0, items=[_out(row) for row in found], figures=figures
    )


def _out(row: asyncpg.Record) -> ChangeOut:
    return ChangeOut(
        what=_what(row),
        conversation_id=row["thread"],
        opened_at=row["opened_at"] or row["told_opened_at"],
        told=row["told"],
        told_ended_at=row["told_ended_at"],
        known=row["known"],
        ended_at=row["ended_at"],
        kind=row["thread_kind"],
        platform=row["platform"],
        channel=row["channel"],
        person=row["person"],
    )


def _what(row: Any) -> What:
    match row["told"], row["known"]:
        case None, _:
            return "learnt"
        case _, None:
            return "gone"
        case told, known if told == known:
            return "moved"
        case _, "never_asked":
            return "not_asked"
        case "never_asked", _:
            return "asked"
        case _, "answered":
            return "answered"
        case _, "ended":
            return "ended"
        case _:
            return "unanswered"
