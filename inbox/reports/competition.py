"""Other brands' public answers beside ours on the same terms, network by network, with what could not be seen."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec
import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk.competitors import COUNTED_FOR, MOST, MOST_ACCOUNTS, POSTS_FOR, AccountOut, CompetitorOut
from inbox.ground.db import Connection, raw
from inbox.people.access import Agent, Right
from inbox.platforms.others import ReadsOthers
from inbox.platforms.registry import platforms
from inbox.reports import as_of, outside_us
from inbox.reports.columns import NEVER
from inbox.reports.days import zone_of
from inbox.reports.figures import Counted, FiguresOut
from inbox.reports.open_time import micros
from inbox.reports.population import Population

BEHIND = timedelta(hours=1)  # a thread that is so much overdue makes the reading late

ACCOUNTS = """
SELECT a.*, (a.asked_on = $2)::boolean AS today, p.posts, p.read, p.first_unread, p.up_to, p.due_at AS post_due_at
FROM competitor_account a LEFT JOIN LATERAL (
    SELECT count(*)::int AS posts, count(read_at)::int AS read, min(due_at) AS due_at,
           bool_or(read_at IS NULL AND at < a.added_at) AS first_unread, min(coalesce(read_at, at)) AS up_to
    FROM competitor_post WHERE workspace_id = $1 AND account_id = a.id AND gone_at IS NULL) p ON true
WHERE a.workspace_id = $1 ORDER BY a.platform, a.added_at, a.id
"""
WAITINGS = """
SELECT w.account_id, w.state, w.opened_at, w.ended_at FROM competitor_waiting w
WHERE w.workspace_id = $1 AND w.account_id = ANY($2) AND w.opened_at >= $3 AND w.kind = 'first_response'
"""
CHANNELS = """
SELECT platform, min(connected_at) AS since, count(*) FILTER (WHERE state = 'connected')::int AS connected FROM channel
WHERE workspace_id = $1 AND ($2::uuid[] IS NULL OR id = ANY($2)) GROUP BY 1
"""


class ReadingOut(msgspec.Struct, kw_only=True):
    """How far an account was read. `up_to`: everything that was to be seen until then is counted; null: still reading
    for the first time, `read` of `posts` posts so far. `behind`: threads are overdue. `trouble`: why none can be read.
    """

    up_to: datetime | None
    posts: int
    read: int
    behind: bool
    requests_today: int
    trouble: str
    trouble_since: datetime | None


class WatchedOut(AccountOut, kw_only=True):
    """An account with what was read of it. `figures` null: too soon."""

    reading: ReadingOut
    figures: FiguresOut | None


class BrandOut(CompetitorOut, kw_only=True):
    """A competitor and its accounts."""

    accounts: list[WatchedOut]


class OursOut(msgspec.Struct, kw_only=True):
    """Our own channels on one network, counted as the others are. `since`: when the first was connected."""

    platform: str
    since: datetime
    figures: FiguresOut


class NetworkOut(msgspec.Struct, kw_only=True):
    """What a network allows. `a_day` 0: nothing, and `note` says why. `connected`: a channel of ours can ask there."""

    platform: str
    possible: bool
    note: str
    asked: str
    a_day: int
    requests_today: int
    connected: bool


class CompetitionOut(msgspec.Struct, kw_only=True):
    """First responses to whoever asked in the last `days` days, below posts of the last `post_days`."""

    as_of: datetime
    zone: str
    days: int
    post_days: int
    most: int
    most_accounts: int
    competitors: list[BrandOut]
    ours: list[OursOut]
    networks: list[NetworkOut]


Waited = tuple[Literal["answered", "waiting", "ended", "never_asked"] | str, datetime, datetime | None]


async def read(session: AsyncSession, *, by: Agent) -> CompetitionOut:
    """Every competitor, and ours on the networks where they are."""
    by.needs(Right.WATCH)
    connection = await raw(session)
    now = await as_of.settled(connection, by.workspace_id)
    brands = await connection.fetch(
        "SELECT id, name, added_at FROM competitor WHERE workspace_id = $1 ORDER BY name, id", by.workspace_id
    )
    accounts = await connection.fetch(ACCOUNTS, by.workspace_id, datetime.now(UTC).date())
    seen = None if by.channel_ids is None else sorted(by.channel_ids)
    channels = {row["platform"]: row for row in await connection.fetch(CHANNELS, by.workspace_id, seen)}
    theirs: defaultdict[UUID, list[WatchedOut]] = defaultdict(list)
    for one in await _watched(connection, by.workspace_id, accounts, now):
        theirs[one.competitor_id].append(one)
    compared = sorted({row["platform"] for row in accounts} & channels.keys())
    return CompetitionOut(
        as_of=now,
        zone=await zone_of(connection, by.workspace_id),
        days=COUNTED_FOR.days,
        post_days=POSTS_FOR.days,
        most=MOST,
        most_accounts=MOST_ACCOUNTS,
        competitors=[
            BrandOut(id=row["id"], name=row["name"], added_at=row["added_at"], accounts=theirs[row["id"]])
            for row in brands
        ],
        ours=[
            await _ours(connection, by.workspace_id, platform, channels[platform]["since"], seen, now)
            for platform in compared
        ],
        networks=_networks(accounts, channels),
    )


async def _watched(
    connection: Connection, workspace_id: UUID, accounts: Iterable[asyncpg.Record], now: datetime
) -> list[WatchedOut]:
    read = {row["id"]: (row, _reading(row, now)) for row in accounts}
    ready = {name: reading.up_to for name, (_, reading) in read.items() if reading.up_to is not None}
    waited: defaultdict[UUID, list[Waited]] = defaultdict(list)
    if ready:
        since = min(ready.values()) - COUNTED_FOR
        for row in await connection.fetch(WAITINGS, workspace_id, list(ready), since):
            waited[row["account_id"]].append((row["state"], row["opened_at"], row["ended_at"]))
    counted = await asyncio.to_thread(lambda: {name: figures(waited[name], up_to) for name, up_to in ready.items()})
    return [
        WatchedOut(
            **{field: row[field] for field in AccountOut.__struct_fields__},
            reading=reading,
            figures=counted.get(name),
        )
        for name, (row, reading) in read.items()
    ]


def _reading(row: asyncpg.Record, now: datetime) -> ReadingOut:
    whole = row["listed_at"] is not None and not row["first_unread"]
    up_to = min(row["listed_at"], row["up_to"] or row["listed_at"], now) if whole else None
    return ReadingOut(
        up_to=up_to,
        posts=row["posts"],
        read=row["read"],
        behind=row["post_due_at"] is not None and row["post_due_at"] < now - BEHIND,
        requests_today=row["requests"] if row["today"] else 0,
        trouble=row["trouble"],
        trouble_since=row["trouble_since"],
    )


async def _ours(
    connection: Connection,
    workspace_id: UUID,
    platform: str,
    since: datetime,
    channel_ids: list[UUID] | None,
    now: datetime,
) -> OursOut:
    episodes = await outside_us.waitings(
        connection,
        workspace_id,
        platform,
        channel_ids,
        asked_from=now - COUNTED_FOR,
        posted_from=now - POSTS_FOR,
    )
    first = [(one.state, one.opened_at, one.ended_at) for one in episodes if one.kind == "first_response"]
    return OursOut(platform=platform, since=since, figures=await asyncio.to_thread(figures, first, now))


def _networks(accounts: Iterable[asyncpg.Record], channels: dict[str, Any]) -> list[NetworkOut]:
    spent: defaultdict[str, int] = defaultdict(int)
    for row in accounts:
        spent[row["platform"]] += row["requests"] if row["today"] else 0
    return [
        NetworkOut(
            platform=name,
            possible=isinstance(connector, ReadsOthers),
            note=connector.others.note,
            asked=connector.others.asked,
            a_day=connector.others.a_day,
            requests_today=spent[name],
            connected=name in channels and channels[name]["connected"] > 0,
        )
        for name, connector in platforms().items()
    ]


def figures(waited: Iterable[Waited], at: datetime) -> FiguresOut:
    """What these come to `at` an instant: whoever asked in the `COUNTED_FOR` before it. Pure."""
    since, some = at - COUNTED_FOR, Population()
    opened, ended, answered = list[int](), list[int](), list[bool]()
    for state, began, over in waited:
        if not since <= began <= at:
            continue
        if state == "never_asked":
            some.never_asked += 1
            continue
        opened.append(micros(began))
        ended.append(NEVER if over is None else micros(over))
        answered.append(state == "answered")
    some.opened, some.ended = np.array(opened, dtype=np.int64), np.array(ended, dtype=np.int64)
    some.answered, some.lanes = np.array(answered, dtype=bool), np.zeros(len(opened), dtype=np.int64)
    return Counted(some, at).figures()
