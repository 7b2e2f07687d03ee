"""Who writes to us, where, when, in what language and about what; and what share of them we answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.ground.db import Connection, raw
from inbox.people.access import Agent, Right
from inbox.reports import as_of, channel_sums, population, spoken_words, waiting
from inbox.reports.channel_sums import MET, Sums
from inbox.reports.days import midnight, zone_of
from inbox.reports.figures import Counted, ShareOut
from inbox.reports.population import Asked, Population
from inbox.reports.rising import WordOut

USUALLY = timedelta(days=90)
SHOWN = 30  # languages

CHANNELS = """
SELECT id FROM channel WHERE workspace_id = $1 AND ($2::uuid[] IS NULL OR id = ANY($2))
    AND ($3::uuid[] IS NULL OR id = ANY($3))
"""
WHOSE = """m.workspace_id = $1 AND m.direction = 'in' AND m.at >= $2 AND m.at < $4 AND m.channel_id = ANY($5)
    AND NOT m.before_connection"""
# How many people each part has, in the period and before; $3 is where the one begins.
PARTS = f"""
SELECT name, sum(items)::int AS items,
       sum(CASE WHEN identity_id IS NULL THEN items ELSE (items > 0)::int END)::int AS people,
       sum(CASE WHEN identity_id IS NULL THEN items_before ELSE (items_before > 0)::int END)::int AS before
FROM (
    SELECT {{part}} AS name, m.identity_id, count(*) FILTER (WHERE m.at >= $3) AS items,
           count(*) FILTER (WHERE m.at < $3) AS items_before
    FROM message m JOIN channel h ON h.workspace_id = $1 AND h.id = m.channel_id WHERE {WHOSE} GROUP BY 1, 2) told
GROUP BY 1 ORDER BY people DESC, name LIMIT {SHOWN}
"""
# Quarters of an hour first, as in reports.heat.
HOURS = f"""
SELECT extract(isodow FROM q.at AT TIME ZONE $6)::int AS day, extract(hour FROM q.at AT TIME ZONE $6)::int AS hour,
       sum(q.n)::int AS n
FROM (
    SELECT date_bin('15 minutes', m.at, '2000-01-01Z') AS at, count(*) AS n FROM message m
    WHERE {WHOSE} AND m.at >= $3 GROUP BY 1) q
GROUP BY 1, 2
"""
# Of those who wrote in the period here, who is known there too.
OVERLAP = f"""
WITH RECURSIVE {MET}, wrote AS (
    SELECT DISTINCT m.identity_id AS id FROM message m WHERE {WHOSE} AND m.at >= $3 AND m.identity_id IS NOT NULL)
SELECT a.platform AS here, b.platform AS there, count(DISTINCT a.id)::int AS people
FROM wrote w JOIN accounts a ON a.id = w.id JOIN accounts b ON b.person = a.person AND b.platform <> a.platform
GROUP BY 1, 2 ORDER BY 1, 2
"""


class PartOut(msgspec.Struct, kw_only=True):
    """`items` from `people`; `before`: people in the period before."""

    name: str
    items: int
    people: int
    before: int


class OverlapOut(msgspec.Struct, kw_only=True):
    """`people` who wrote on the platform `here` and are known on `there` as well."""

    here: str
    there: str
    people: int


class AnsweringOut(msgspec.Struct, kw_only=True):
    """Of `n` waitings: `answered`, still `waiting`, and the share that has its answer within a week."""

    n: int
    answered: int
    waiting: int
    within_week: ShareOut


class AudienceOut(msgspec.Struct, kw_only=True):
    """`hours`: items in each hour of the week, Monday 00:00 first. `words` null: too few wrote in one of the two
    periods; they come from one in `sampled` people."""

    as_of: datetime
    zone: str
    first: date
    last: date
    now: Sums
    before: Sums
    answering: AnsweringOut
    answering_before: AnsweringOut
    networks: list[PartOut]
    languages: list[PartOut]
    kinds: list[PartOut]
    hours: list[int]
    overlap: list[OverlapOut]
    words: list[WordOut] | None
    sampled: int


async def read(
    session: AsyncSession, first: date | None, last: date | None, channel_ids: Sequence[UUID], *, by: Agent
) -> AudienceOut:
    """Of these channels, or of all that they see. Raises Invalid where the dates make no period."""
    by.needs(Right.WATCH)
    connection = await raw(session)
    at = await as_of.settled(connection, by.workspace_id)
    zone = await zone_of(connection, by.workspace_id)
    first, last = waiting.period(
        waiting.Wanted(first=first, last=last), at.astimezone(ZoneInfo(zone)).date(), usually=USUALLY
    )
    after = last + waiting.ONE_DAY
    start, end, earlier = (midnight(day, zone) for day in (first, after, first - (after - first)))
    seen = None if by.channel_ids is None else sorted(by.channel_ids)
    ids = [row["id"] for row in await connection.fetch(CHANNELS, by.workspace_id, seen, list(channel_ids) or None)]
    chosen = (by.workspace_id, earlier, start, end, ids)
    sums = await channel_sums.fetch(connection, by.workspace_id, ids, earlier, start, end, together=True)
    now, before = sums.get(None, (channel_sums.NOBODY, channel_sums.NOBODY))
    asked = Asked(start=start, end=end, zone=zone, channel_ids=frozenset(ids))
    then = msgspec.structs.replace(asked, start=earlier, end=start)
    hours = [0] * 168
    for row in await connection.fetch(HOURS, *chosen, zone):
        hours[(row["day"] - 1) * 24 + row["hour"]] = row["n"]
    words, sampled = await spoken_words.rising(connection, chosen, now.items + before.items)
    return AudienceOut(
        as_of=at,
        zone=zone,
        first=first,
        last=last,
        now=now,
        before=before,
        answering=await _answering(connection, by.workspace_id, asked, at),
        answering_before=await _answering(connection, by.workspace_id, then, at),
        networks=await _parts(connection, "h.platform", chosen),
        languages=await _parts(connection, "m.language", chosen),
        kinds=await _parts(connection, "m.kind", chosen),
        hours=hours,
        overlap=[OverlapOut(**row) for row in await connection.fetch(OVERLAP, *chosen)],
        words=words,
        sampled=sampled,
    )


async def _parts(connection: Connection, part: str, chosen: tuple[Any, ...]) -> list[PartOut]:
    return [PartOut(**row) for row in await connection.fetch(PARTS.format(part=part), *chosen)]


async def _answering(connection: Connection, workspace_id: UUID, asked: Asked, at: datetime) -> AnsweringOut:
    found = await population.fetch(connection, workspace_id, asked, at)
    figures = await asyncio.to_thread(lambda: Counted(Population(found.values()), at).figures())
    return AnsweringOut(
        n=figures.n, answered=figures.answered, waiting=figures.waiting, within_week=figures.response_rate
    )
