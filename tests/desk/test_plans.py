"""No list, no count and no thread may cost what the workspace is large: every statement is asked how it would go about.

Asked as the product itself asks, behind the walls: there Postgres may use an index only for operators that tell
nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from inbox.desk import (
    appearances,
    cards,
    contact_notes,
    drafts,
    handing,
    ledger,
    macros,
    mentions,
    posts,
    reading,
    saved_replies,
    search,
    threads,
    views,
)
from inbox.desk.filters import Filtering
from inbox.ground.db import Database, raw
from inbox.people.access import Agent, Role
from inbox.platforms.base import Kind
from inbox.realtime import counts
from tests.desk import crowd
from tests.world import World

MANY = 20_000
SMALL = {
    "api_token",
    "calendar",
    "channel_hours",
    "contact_field",
    "channel",
    "feed_head",
    "membership",
    "rule",
    "rule_edition",
    "saved_view",
    "session",
    "sla_edition",
    "team",
    "team_member",
    "workspace",
    "workspace_role",
}  # a page or two: no index would be quicker
MOST_ROWS = MANY // 4  # read by any one step; the resolved are nine in ten

UTC = ZoneInfo("UTC")
SEARCHES = (
    "order ",
    "order 17",
    "17 order kind:review",
    '"where is" tag:"tag 48" is:resolved',
    "order from:ana",
    'from:"ana c4"',
    'tag:"tag 49"',
    "kind:review",
    "assignee:me is:open",
    "is:snoozed has:attachment",
    "is:waiting before:yesterday",
    "ana c4",
)

Verb = Callable[[Any], Awaitable[Any]]


class Crowd:
    """A workspace of MANY conversations, and agents who see all of it or some."""

    def __init__(self, database: Database, world: World) -> None:
        self.database, self.world, self.ana = database, world, world.agent
        self.rare: Agent = world.supervisor
        self.some: Agent = world.agent
        self.channels: list[UUID] = []
        self.team: UUID | None = None

    @classmethod
    async def make(cls, database: Database, owner: Any, *, conversations: int = MANY, messages: int = 3) -> Crowd:
        # Rows that fill the gaps of deleted ones lie in no order, and another plan is the cheapest for those.
        await owner.execute(f"TRUNCATE {', '.join(crowd.TABLES)} CASCADE")
        world = await World.make(database)
        crowded = cls(database, world)
        crowded.channels = [world.channel_id, *[await world.channel() for _ in range(5)]]
        crowded.some = await world.member(Role.AGENT, "Cleo", channel_ids=crowded.channels[:3])
        agents = [crowded.rare.id, crowded.ana.id, crowded.some.id, world.admin.id]
        for one, count in ((world, conversations), (await World.make(database, name="Other"), 1000)):
            channels = crowded.channels if one is world else [one.channel_id, await one.channel()]
            await crowd.fill(
                owner,
                one.workspace_id,
                channels=channels,
                agents=agents,
                conversations=count,
                messages=messages,
            )
        crowded.team = await owner.fetchval(
            "SELECT id FROM team WHERE workspace_id = $1 AND name = 'Team 0'", world.workspace_id
        )
        return crowded

    async def asked(self, verb: Verb) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each statement that only reads, with how Postgres went about it."""
        async with self.database.session(self.world.workspace_id) as session:
            connection = await raw(session)
            told: list[tuple[str, tuple[Any, ...]]] = []
            listen = told_to(told)
            connection.add_query_logger(listen)
            try:
                await verb(session)
            finally:
                connection.remove_query_logger(listen)
            plans = []
            for sql, values in told:
                if sql.lstrip().upper().startswith(("SELECT", "WITH", "(SELECT")):
                    found = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", *values)
                    plans.append((sql, found[0]["Plan"]))
            return iter(plans)


def told_to(told: list[tuple[str, tuple[Any, ...]]]) -> Callable[[Any], None]:
    def listen(record: Any) -> None:
        told.append((record.query, record.args))

    return listen


def steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from steps(inner)


def dear(plan: dict[str, Any]) -> list[str]:
    """What a plan does that it should not."""
    found = []
    for step in steps(plan):
        table = step.get("Relation Name", "")
        if step["Node Type"] == "Seq Scan" and table not in SMALL and not table.startswith("pg_"):
            found.append(f"reads all of {table}")
        read = (step["Actual Rows"] + step.get("Rows Removed by Filter", 0)) * step["Actual Loops"]
        if table and read > MOST_ROWS:
            found.append(f"reads {read:.0f} rows of {table} ({step['Node Type']} {step.get('Index Name', '')})")
    return found


def everything(crowded: Crowd, thread: UUID) -> Iterator[tuple[str, Verb]]:
    """Every reading that an open page asks for, narrowed in every way."""
    who = {"all": crowded.ana, "some": crowded.some, "rare": crowded.rare, "none": crowded.world.outsider}
    narrowed: list[dict[str, Any]] = [
        {},
        {"kind": Kind.REVIEW},
        {"kind": Kind.DM},
        {"channel": crowded.channels[0]},
        {"channel": crowded.channels[1], "kind": Kind.MENTION},
        {"person": "an"},
        {"person": "ana c4"},
        {"person": "@00"},
        {"person": "zzz"},
    ]
    filtered: list[dict[str, Any]] = [
        {"platform": "facebook"},
        {"platform": "nowhere", "kind": Kind.DM},
        {"tags": ["tag 48"]},
        {"tags": ["tag 49", "unknown"]},
        {"assignee": "nobody"},
        {"assignee": str(crowded.rare.id)},
        {"assignee": "me"},
        {"language": "es"},
        {"language": "en", "waiting": True},
        {"language": "xx"},
        {"waiting": True, "minutes": 60},
        {"priority": 3},
        {"priority": 1, "assignee": "me"},
        {"text": "order "},
        {"text": "order 17"},
        {"text": "zzz", "tags": ["tag 48"], "priority": 2},
    ]
    for name, agent in who.items():
        for view in [*views.VIEWS, views.SENT]:
            for more in [*narrowed, *(filtered if name in ("all", "some") else [])]:
                if view == views.SENT and more.get("assignee") == "me":
                    continue  # one's own answers are walked, and most are where one is assigned
                yield f"{view} for {name} {more}", partial(twice, agent=agent, view=view, more=more)
        yield f"counts for {name}", partial(views.counts, agent=agent)
        yield f"people for {name}", partial(people, agent=agent)
        for q in SEARCHES:
            yield f"search for {name} {q}", partial(search.page, agent=agent, q=q, zone=UTC)
        yield f"people called for {name}", partial(cards.called, agent=agent, q="ana c4", cursor=None, limit=50)
    yield "thread", lambda session: threads.read(session, thread, by=crowded.ana)
    yield "older", lambda session: threads.older(session, thread, None, by=crowded.ana)
    yield "ledger", lambda session: ledger.of(session, thread, by=crowded.ana)
    yield "draft", lambda session: drafts.read(session, thread, by=crowded.ana)
    yield "saved replies", lambda session: saved_replies.all_of(session, crowded.ana, after=None, limit=200)
    yield "macros", lambda session: macros.all_of(session, crowded.ana, after=None, limit=200)
    yield "colleagues", lambda session: mentions.colleagues(session, thread, by=crowded.ana)
    yield "unread", lambda session: reading.unread(session, thread, by=crowded.ana)
    for name, agent in who.items():
        for view in ("open", "teams", "unassigned", "resolved"):
            yield f"{view} of a team for {name}", partial(twice, agent=agent, view=view, more={"team": crowded.team})
    post = UUID(hashlib.md5(b"post7", usedforsecurity=False).hexdigest())
    for name, agent in who.items():
        yield f"posts for {name}", partial(all_posts, agent=agent)
        for view in ("open", "resolved", "problems"):
            yield f"{view} under a post for {name}", partial(twice, agent=agent, view=view, more={"post": post})
    yield "tally", lambda session: tally(session, crowded)
    yield "handing out", lambda session: hand_out(session, crowded)


async def twice(session: Any, *, agent: Agent, view: str, more: Any) -> None:
    """A page and the one behind it."""
    page = await views.page(session, agent, view, Filtering(**more))
    if page.next:
        await views.page(session, agent, view, Filtering(**more), cursor=page.next)


async def all_posts(session: Any, *, agent: Agent) -> None:
    """A page, and the one behind it: where nobody waits any more."""
    page = await posts.page(session, agent, limit=10)
    if page.next:
        await posts.page(session, agent, cursor=page.next, limit=200)


async def people(session: Any, *, agent: Agent) -> None:
    """Everybody, page after page, and one of them."""
    page = await cards.newest(session, agent, cursor=None, limit=50)
    if page.next:
        await cards.newest(session, agent, cursor=page.next, limit=50)
    for one in page.items[:1]:
        await cards.of_identity(session, one.identities[0].id, by=agent)
        await contact_notes.page(session, one.id, by=agent, after=None, limit=50)
        await appearances.page(session, one.id, by=agent, cursor=None, limit=20)


async def tally(session: Any, crowded: Crowd) -> None:
    await counts.tally(await raw(session), crowded.world.workspace_id)


async def hand_out(session: Any, crowded: Crowd) -> None:
    await handing.batch(await raw(session), crowded.world.workspace_id)


@pytest.mark.timeout(600)
async def test_nothing_an_open_page_asks_for_grows_with_the_workspace(database: Database, owner: Any) -> None:
    crowded = await Crowd.make(database, owner)
    thread = await owner.fetchval(
        "SELECT id FROM conversation WHERE workspace_id = $1 AND waiting_count > 0 LIMIT 1",
        crowded.world.workspace_id,
    )
    wrong: list[str] = []
    asked = 0
    for name, verb in everything(crowded, thread):
        for sql, plan in await crowded.asked(verb):
            asked += 1
            wrong += [f"{name}: {complaint}: {' '.join(sql.split())[:160]}" for complaint in dear(plan)]
    assert asked > 1000
    assert not wrong, "\n".join(wrong)


async def test_a_search_reads_no_more_than_its_budget(database: Database, owner: Any) -> None:
    """What the search does on the other side of the wall no plan tells: so what was read is counted."""
    crowded = await Crowd.make(database, owner)
    read = """SELECT sum(seq_tup_read)::int AS whole, sum(idx_tup_fetch)::int AS looked_up
              FROM pg_stat_xact_all_tables WHERE relname IN ('message', 'contact_identity')"""
    for q in SEARCHES:
        async with database.session(crowded.world.workspace_id) as session:
            connection = await raw(session)
            before = await connection.fetchrow(read)
            await search.page(session, crowded.ana, q, zone=UTC)
            after = await connection.fetchrow(read)
            assert before
            assert after
            assert after["whole"] == before["whole"], q
            assert after["looked_up"] - before["looked_up"] < 4 * MOST_ROWS, q
