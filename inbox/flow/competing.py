"""Reading what other brands answer in public: gently, the most overdue thread first, and never before our own.

Of what people wrote only the verdict of the rules is kept, with its time and keyed hashes of who and what; the words
pass through memory. A thread is read often while it is young, once a day when it is old, and let go with all that was
read when its post is `POSTS_FOR` old: so everything that is counted has been looked at within days.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import httpx

from inbox.desk.competitors import POSTS_FOR
from inbox.flow import names, outsiders
from inbox.flow.asking import Desk, NotNow
from inbox.flow.road import Road
from inbox.ground import clock
from inbox.ground.crypto import Hasher
from inbox.ground.db import Connection
from inbox.ground.ids import new_id
from inbox.platforms.base import Account, NotHere
from inbox.platforms.others import Below, Brand, Comment, Published, ReadsOthers
from inbox.sla import outside
from inbox.sla.episodes import Episode, fold
from inbox.sla.facts import AnyFact, decode, encode
from inbox.sla.needs_reply import decide
from inbox.sla.outside import Seen

Hash = Callable[[str], str]

LEASE = timedelta(minutes=5)
REQUESTS = 5  # of one turn
PAUSE = timedelta(seconds=10)  # between two turns of an account that has more to read
CALM = timedelta(minutes=1)  # between two looks at one that has not
LIST_EVERY = timedelta(minutes=30)
SOONEST, LATEST = timedelta(minutes=5), timedelta(days=1)  # between two readings of one thread
PART = 8  # a thread is read again after this part of its age
UNREAD_FOR = timedelta(days=30)  # whatever could not be looked at for so long is let go

TAKE = """
UPDATE competitor_account SET lease_until = now() + $3 WHERE workspace_id = $1 AND id = $2 AND due_at <= now()
    AND (lease_until IS NULL OR lease_until < now()) RETURNING *
"""
SPENT = """
SELECT coalesce(sum(requests), 0)::int FROM competitor_account
WHERE workspace_id = $1 AND platform = $2 AND asked_on = $3
"""
COUNT = """
UPDATE competitor_account SET asked_on = $3, requests = CASE WHEN asked_on = $3 THEN requests ELSE 0 END + $4
WHERE workspace_id = $1 AND id = $2 RETURNING true
"""
REST = """
UPDATE competitor_account SET lease_until = NULL, due_at = now() + $3::interval, trouble = $4,
    trouble_since = CASE WHEN $4 = '' THEN NULL ELSE coalesce(trouble_since, now()) END
WHERE workspace_id = $1 AND id = $2
"""
NEXT = """
SELECT id, external_id, at FROM competitor_post
WHERE workspace_id = $1 AND account_id = $2 AND due_at <= now() AND gone_at IS NULL ORDER BY due_at, at DESC LIMIT 1
"""
FIND = """
INSERT INTO competitor_post (workspace_id, id, account_id, external_id, at)
SELECT $1, i, $2, e, a FROM unnest($3::uuid[], $4::text[], $5::timestamptz[]) AS t (i, e, a)
ON CONFLICT (workspace_id, account_id, external_id) DO NOTHING
"""
LET_GO = """
DELETE FROM competitor_post WHERE workspace_id = $1 AND account_id = $2
    AND (at < now() - $3::interval OR read_at < now() - $4::interval AND gone_at IS NULL)
"""
KEEP = """
INSERT INTO competitor_fact (workspace_id, post_id, kind, tie, data)
SELECT $1, $2, k, t, d FROM unnest($3::text[], $4::bigint[], $5::bytea[]) AS f (k, t, d) ON CONFLICT DO NOTHING
"""
WAIT = """
INSERT INTO competitor_waiting (workspace_id, post_id, account_id, key, kind, state, opened_at, ended_at)
SELECT $1, $2, $3, k, m, s, o, e
FROM unnest($4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[]) AS w (k, m, s, o, e)
"""


@dataclass(frozen=True, slots=True)
class Watched:
    """One account of a competitor, leased."""

    workspace_id: UUID
    id: UUID
    brand: Brand
    listed_at: datetime | None
    page: str


async def due(road: Road, limit: int = 20) -> list[tuple[UUID, UUID]]:
    """Accounts whose turn has come."""
    rows = await road.database.claim.fetch(
        """SELECT workspace_id, id FROM competitor_account
           WHERE due_at <= now() AND (lease_until IS NULL OR lease_until < now()) ORDER BY due_at LIMIT $1""",
        limit,
    )
    return [(row["workspace_id"], row["id"]) for row in rows]


async def turn(road: Road, workspace_id: UUID, account_id: UUID) -> int:
    """A few requests about one account; gives how many. What keeps it from being read is said beside it."""
    async with road.database.tenant(workspace_id) as connection:
        row = await connection.fetchrow(TAKE, workspace_id, account_id, LEASE)
    if row is None:
        return 0
    watched = _watched(row)
    asked, rest, trouble = 0, CALM, ""
    try:
        desk = await outsiders.desk_at(road, workspace_id, row["platform"])
        await _forget(road, watched)
        while asked < REQUESTS:
            await _within_the_day(road, desk, row["platform"])
            took = await _step(road, desk, watched)
            if took == 0:
                break
            asked += took
            async with road.database.tenant(workspace_id) as connection:
                row = await connection.fetchrow(
                    "SELECT * FROM competitor_account WHERE workspace_id = $1 AND id = $2", workspace_id, account_id
                )
            if row is None:  # somebody removed it meanwhile
                return asked
            watched = _watched(row)
        else:
            rest = PAUSE
    except NotNow as refusal:
        rest, trouble = max(refusal.until - clock.now(), PAUSE), str(refusal)
    except NotHere as refusal:
        rest, trouble = timedelta(minutes=15), refusal.message
    async with road.database.tenant(workspace_id) as connection:
        await connection.execute(REST, workspace_id, account_id, rest, trouble[:500])
    return asked


def _watched(row: asyncpg.Record) -> Watched:
    brand = Brand(external_id=row["external_id"], name=row["name"], handle=row["handle"], url=row["url"])
    return Watched(row["workspace_id"], row["id"], brand, row["listed_at"], row["page"])


async def _within_the_day(road: Road, desk: Desk, platform: str) -> None:
    """Raises NotNow where the day's requests about others are spent, by all accounts on this network together."""
    now = datetime.now(UTC)
    async with road.database.tenant(desk.workspace_id) as connection:
        spent = await connection.fetchval(SPENT, desk.workspace_id, platform, now.date())
    if spent >= desk.connector.others.a_day:
        tomorrow = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        raise NotNow(tomorrow, f"The {desk.connector.others.a_day} requests of today are spent.")


async def _forget(road: Road, watched: Watched) -> None:
    async with road.database.tenant(watched.workspace_id) as connection:
        await connection.execute(LET_GO, watched.workspace_id, watched.id, POSTS_FOR, UNREAD_FOR)


async def _step(road: Road, desk: Desk, watched: Watched) -> int:
    """One thing: list what it published, or read what stands below one post. Gives how many requests it took."""
    listing = watched.page != "" or watched.listed_at is None or clock.now() - watched.listed_at > LIST_EVERY
    if listing:
        return await _list(road, desk, watched)
    async with road.database.tenant(watched.workspace_id) as connection:
        post = await connection.fetchrow(NEXT, watched.workspace_id, watched.id)
    return 0 if post is None else await _read(road, desk, watched, post)


async def _list(road: Road, desk: Desk, watched: Watched) -> int:
    """A page of its posts. Once all are known, the newest page is enough."""

    async def question(other: ReadsOthers, http: httpx.AsyncClient, account: Account) -> Published:
        return await other.published(http, account, watched.brand, watched.page)

    found = await outsiders.ask(road, desk, question)
    since = clock.now() - POSTS_FOR
    young = [post for post in found.posts if post.at > since]
    async with road.database.tenant(watched.workspace_id) as connection:
        if not await _counted(connection, watched, found.requests):
            return found.requests
        added = await connection.execute(
            FIND,
            watched.workspace_id,
            watched.id,
            [new_id() for _ in young],
            [post.external_id for post in young],
            [post.at for post in young],
        )
        all_new = added == f"INSERT 0 {len(found.posts)}"
        further = found.page if found.posts and all_new and len(young) == len(found.posts) else ""
        await connection.execute(
            """UPDATE competitor_account SET page = $3, listed_at = CASE WHEN $3 = '' THEN now() ELSE listed_at END
               WHERE workspace_id = $1 AND id = $2""",
            watched.workspace_id,
            watched.id,
            further,
        )
    return found.requests


async def _read(road: Road, desk: Desk, watched: Watched, post: asyncpg.Record) -> int:
    """What stands below one post now, as facts; and who waits there, counted anew where there are any."""

    async def question(other: ReadsOthers, http: httpx.AsyncClient, account: Account) -> Below:
        return await other.below(http, account, watched.brand, post["external_id"])

    asked_at = clock.now()  # what is written while the answer is on its way is found by the next reading
    found = await outsiders.ask(road, desk, question)
    async with road.database.tenant(watched.workspace_id) as connection:
        hasher = await names.hasher(road.database, connection, road.safe)
        if not await _counted(connection, watched, found.requests):
            return found.requests
        rows = await connection.fetch(
            "SELECT data FROM competitor_fact WHERE workspace_id = $1 AND post_id = $2",
            watched.workspace_id,
            post["id"],
        )
        known = [decode(row["data"]) for row in rows]
        seen = as_seen(found.comments, watched.brand, lambda name: _hashed(hasher, desk.account.platform, name))
        more = outside.told(seen, known, at=asked_at, whole=found.whole or not found.stands)
        if more:
            await _keep(connection, watched, post["id"], more)
            await _fold(connection, watched, post["id"], [*known, *more])
        await connection.execute(
            """UPDATE competitor_post SET read_at = $3, due_at = now() + $4::interval, gone_at = $5
               WHERE workspace_id = $1 AND id = $2""",
            watched.workspace_id,
            post["id"],
            asked_at,
            again_in(asked_at - post["at"]),
            None if found.stands else asked_at,
        )
    return found.requests


async def _counted(connection: Connection, watched: Watched, requests: int) -> bool:
    """Add to what was asked today; False where somebody removed the account meanwhile."""
    today = datetime.now(UTC).date()
    return bool(await connection.fetchval(COUNT, watched.workspace_id, watched.id, today, requests))


def again_in(age: timedelta) -> timedelta:
    """After how long a thread is read again whose post is so old."""
    return min(max(age / PART, SOONEST), LATEST)


def as_seen(comments: Sequence[Comment], brand: Brand, hashed: Hash) -> list[Seen]:
    """What stands below a post, judged by the rules; names and words stay behind. Pure."""
    by_id = {one.external_id: one for one in comments}
    ours = [name for name in (brand.handle, brand.name) if name]
    return [_seen(one, by_id, brand, ours, hashed) for one in comments]


def _seen(one: Comment, by_id: dict[str, Comment], brand: Brand, ours: list[str], hashed: Hash) -> Seen:
    decision, answers = None, set[str]()
    if one.author == brand.external_id:
        parent = by_id.get(one.parent)
        answers = {each for each in (parent.author if parent else "", *one.named) if each not in ("", one.author)}
    else:
        decision = decide(kind="comment", text=one.text, attachments=one.attachments, ours=ours)
    return Seen(
        item=hashed(one.external_id),
        thread=hashed(_top(one, by_id)),
        author=hashed(one.author) if one.author else "",
        at=one.at,
        decision=decision,
        answers=tuple(sorted(map(hashed, answers))),
    )


def _top(one: Comment, by_id: dict[str, Comment]) -> str:
    """The comment directly below the post; where one between was taken away, that one."""
    for _ in range(len(by_id)):
        if not one.parent:
            break
        if one.parent not in by_id:
            return one.parent
        one = by_id[one.parent]
    return one.external_id


def _hashed(hasher: Hasher, platform: str, name: str) -> str:
    return hasher.of(f"competitor:{platform}:{name}").hex()


async def _keep(connection: Connection, watched: Watched, post_id: UUID, facts: Iterable[AnyFact]) -> None:
    rows = [(type(fact).__struct_config__.tag, fact.tie, encode(fact)) for fact in facts]
    kinds, ties, data = zip(*rows, strict=True)
    await connection.execute(KEEP, watched.workspace_id, post_id, list(kinds), list(ties), list(data))


async def _fold(connection: Connection, watched: Watched, post_id: UUID, facts: Iterable[AnyFact]) -> None:
    episodes: Sequence[Episode] = fold(facts).episodes
    await connection.execute(
        "DELETE FROM competitor_waiting WHERE workspace_id = $1 AND post_id = $2", watched.workspace_id, post_id
    )
    await connection.execute(
        WAIT,
        watched.workspace_id,
        post_id,
        watched.id,
        [one.key for one in episodes],
        [one.kind for one in episodes],
        [one.state for one in episodes],
        [one.opened_at for one in episodes],
        [one.ended_at for one in episodes],
    )
