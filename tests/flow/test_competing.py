"""Another brand is named, looked up, read and counted; ours beside it on the same terms; and nobody else is known."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from inbox.desk import competitors
from inbox.desk.competitors import AccountOut
from inbox.flow import competing, outsiders
from inbox.flow.road import Road
from inbox.ground.bell import Bell
from inbox.ground.db import Connection, Database
from inbox.ground.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from inbox.ground.outbound import Outbound
from inbox.platforms.bluesky.simulator import BlueskySimulator
from inbox.platforms.mastodon.simulator import MastodonSimulator
from inbox.platforms.registry import platforms
from inbox.platforms.simulation import Person
from inbox.reports import competition
from inbox.reports.competition import CompetitionOut, WatchedOut
from tests.platforms.house import running
from tests.privacy.looking import dump
from tests.world import World

RIVAL = Person("9001", "Rival Ltd", "rival.bsky.social")
ANA = Person("7001", "Ana Ruiz", "ana-ruiz.bsky.social")
BEN = Person("7002", "Ben Okafor", "ben-okafor.bsky.social")


def ago(**span: float) -> datetime:
    return datetime.now(UTC) - timedelta(**span)


@dataclass
class Market:
    """A workspace with an account on a network where another brand sells too."""

    world: World
    network: BlueskySimulator
    road: Road
    owner: Connection

    async def names(self, asked: str = "rival.bsky.social") -> AccountOut:
        async with self.world.database.session(self.world.workspace_id) as session:
            rival = await competitors.name(session, "Rival Ltd", by=self.world.supervisor)
        return await outsiders.add(self.road, rival.id, "bluesky", asked, by=self.world.supervisor)

    async def reads(self) -> int:
        """The worker's turns, until there is nothing more to ask."""
        requests = 0
        while due := await competing.due(self.road):
            requests += sum([await competing.turn(self.road, *one) for one in due])
        return requests

    async def again(self) -> int:
        """Everything is due, and read; and nothing was published since."""
        await self.owner.execute("UPDATE competitor_post SET due_at = now()")
        await self.owner.execute("UPDATE competitor_account SET due_at = now()")
        requests = await self.reads()
        await self.owner.execute("UPDATE competitor_account SET listed_at = now()")
        return requests

    async def report(self) -> CompetitionOut:
        async with self.world.database.session(self.world.workspace_id) as session:
            return await competition.read(session, by=self.world.supervisor)

    async def theirs(self) -> WatchedOut:
        return (await self.report()).competitors[0].accounts[0]

    async def rows(self, table: str) -> int:
        return int(await self.owner.fetchval(f"SELECT count(*) FROM {table}"))


@pytest.fixture
async def market(database: Database, owner: Connection) -> AsyncIterator[Market]:
    network = BlueskySimulator(secrets=["pass-word-pass-word"])
    async with running(network):
        world = await World.make(database, is_demo=True)
        told = network.connection
        await world.channel(
            "bluesky",
            external_id=told["external_id"],
            credentials=told["credentials"],
            settings=told["settings"],
        )
        network.network.join(RIVAL)
        port = int(told["settings"]["service"].rpartition(":")[2])
        settings = replace(database.settings, demo_ports={"bluesky": port})
        outbound = Outbound(settings)
        road = Road(database, Bell(database.settings), world.safe, outbound, platforms())
        yield Market(world, network, road, owner)
        await outbound.close()


async def test_a_rival_is_named_read_and_counted(market: Market) -> None:
    network = market.network
    post = await network.publish_as(RIVAL, "New lamps", at=ago(days=3))
    asked = await network.comment(ANA, post=post, text="Does it ship to Portugal?", at=ago(days=2))
    await network.comment(RIVAL, post=post, parent=asked, text="Yes, it does.", at=ago(days=2) + timedelta(hours=3))
    await network.comment(BEN, post=post, text="Where is my order?", at=ago(hours=30))
    await network.comment(BEN, post=post, text="😍", at=ago(hours=29))
    account = await market.names("https://bsky.app/profile/Rival.bsky.social")
    assert (account.name, account.handle) == ("Rival Ltd", "rival.bsky.social")
    before = (await market.theirs()).reading
    assert before.up_to is None
    await market.reads()
    found = await market.theirs()
    assert found.reading.up_to is not None
    assert (found.reading.posts, found.reading.read, found.reading.requests_today) == (1, 1, 2)
    assert found.figures is not None
    assert (found.figures.n, found.figures.answered, found.figures.waiting, found.figures.ended) == (2, 1, 1, 0)
    assert [(one.within, one.value) for one in found.figures.shares] == [
        (3600, 0.0),
        (4 * 3600, 0.5),
        (24 * 3600, 0.5),
    ]
    assert found.figures.percentiles[0].state == "too_few"
    assert found.figures.oldest_waiting == pytest.approx(30 * 3600, abs=120)


async def test_words_and_people_are_not_kept(market: Market) -> None:
    post = await market.network.publish_as(RIVAL, "New lamps", at=ago(days=3))
    await market.network.comment(ANA, post=post, text="Is the zanzibar shade <b>washable</b>?", at=ago(hours=5))
    await market.names()
    await market.reads()
    assert (await market.theirs()).figures is not None
    held = await dump(market.owner, market.world.database.settings)
    for secret in ("zanzibar", "Ana Ruiz", "ana-ruiz", market.network.network.handles["ana-ruiz.bsky.social"]):
        assert secret.encode() not in held
    assert b"rival.bsky.social" in held


async def test_what_happens_later_is_found_by_reading_again_and_nothing_twice(market: Market) -> None:
    network = market.network
    post = await network.publish_as(RIVAL, "New lamps", at=ago(days=3))
    asked = await network.comment(ANA, post=post, text="Does it ship?", at=ago(hours=9))
    taken_back = await network.comment(BEN, post=post, text="Where is my order?", at=ago(hours=8))
    await market.names()
    await market.reads()
    first = (await market.theirs()).figures
    assert first is not None
    assert (first.n, first.answered, first.waiting, first.ended) == (2, 0, 2, 0)
    facts = await market.rows("competitor_fact")
    await market.again()
    assert await market.rows("competitor_fact") == facts
    answer = await network.comment(RIVAL, post=post, parent=asked, text="Yes.", at=ago(hours=1))
    await network.delete(taken_back)
    await market.again()
    second = (await market.theirs()).figures
    assert second is not None
    assert (second.n, second.answered, second.waiting, second.ended) == (2, 1, 0, 1)
    await network.delete(answer)
    await market.again()
    third = (await market.theirs()).figures
    assert third is not None
    assert (third.n, third.answered, third.waiting, third.ended) == (2, 0, 1, 1)
    await network.delete(post)
    await market.again()
    assert await market.again() <= 1


async def test_who_cannot_be_read_is_said_at_once(market: Market) -> None:
    world = market.world
    async with world.database.session(world.workspace_id) as session:
        rival = await competitors.name(session, "Rival", by=world.supervisor)
    with pytest.raises(Invalid, match="knows no account nobody"):
        await outsiders.add(market.road, rival.id, "bluesky", "nobody.bsky.social", by=world.supervisor)
    with pytest.raises(Invalid, match="whole handle"):
        await outsiders.add(market.road, rival.id, "bluesky", "rival", by=world.supervisor)
    with pytest.raises(Invalid, match="cannot be compared"):
        await outsiders.add(market.road, rival.id, "whatsapp", "+351", by=world.supervisor)
    ours = market.network.connection["handle"]
    with pytest.raises(Invalid, match="ours"):
        await outsiders.add(market.road, rival.id, "bluesky", ours, by=world.supervisor)
    with pytest.raises(Forbidden):
        await outsiders.add(market.road, rival.id, "bluesky", RIVAL.handle, by=world.agent)
    await outsiders.add(market.road, rival.id, "bluesky", RIVAL.handle, by=world.supervisor)
    with pytest.raises(Conflict, match="already"):
        await outsiders.add(market.road, rival.id, "bluesky", "@" + RIVAL.handle, by=world.supervisor)
    await market.owner.execute("UPDATE channel SET state = 'disabled' WHERE platform = 'bluesky'")
    with pytest.raises(Unavailable, match="No channel of ours"):
        await outsiders.add(market.road, rival.id, "bluesky", "other.bsky.social", by=world.supervisor)


async def test_removing_a_competitor_removes_all_that_was_read(market: Market) -> None:
    post = await market.network.publish_as(RIVAL, "New lamps", at=ago(days=3))
    await market.network.comment(ANA, post=post, text="Does it ship?", at=ago(hours=9))
    account = await market.names()
    await market.reads()
    tables = ("competitor_account", "competitor_post", "competitor_fact", "competitor_waiting")
    assert [await market.rows(table) > 0 for table in tables] == [True] * 4
    async with market.world.database.session(market.world.workspace_id) as session:
        await competitors.remove(session, account.competitor_id, by=market.world.supervisor)
    assert [await market.rows(table) for table in tables] == [0] * 4
    async with market.world.database.session(market.world.workspace_id) as session:
        with pytest.raises(NotFound):
            await competitors.remove(session, account.competitor_id, by=market.world.supervisor)


async def test_the_day_has_an_end_and_a_busy_channel_goes_first(market: Market) -> None:
    await market.network.publish_as(RIVAL, "New lamps", at=ago(days=3))
    account = await market.names()
    await market.owner.execute("UPDATE channel SET poll_due_at = now() - interval '10 minutes'")
    assert await competing.turn(market.road, market.world.workspace_id, account.id) == 0
    assert "free to ask" in (await market.theirs()).reading.trouble
    await market.owner.execute("UPDATE channel SET poll_due_at = now() + interval '1 minute'")
    await market.owner.execute(
        "UPDATE competitor_account SET due_at = now(), requests = 2000, asked_on = (now() AT TIME ZONE 'UTC')::date"
    )
    assert await competing.turn(market.road, market.world.workspace_id, account.id) == 0
    assert "2000 requests of today are spent" in (await market.theirs()).reading.trouble


async def test_old_posts_are_let_go(market: Market) -> None:
    await market.network.publish_as(RIVAL, "Ancient", at=ago(days=80))
    young = await market.network.publish_as(RIVAL, "Young", at=ago(days=5))
    await market.network.comment(ANA, post=young, text="Does it ship?", at=ago(hours=9))
    await market.names()
    await market.reads()
    assert await market.rows("competitor_post") == 1
    await market.owner.execute("UPDATE competitor_post SET at = at - interval '60 days'")
    await market.again()
    assert [await market.rows(table) for table in ("competitor_post", "competitor_fact")] == [0, 0]


async def test_a_server_of_many_shows_the_replies_that_name_a_brand(database: Database, owner: Connection) -> None:
    network = MastodonSimulator()
    async with running(network):
        world = await World.make(database, is_demo=True)
        told = network.connection
        settings = replace(
            database.settings, demo_ports={"mastodon": int(told["settings"]["server"].rpartition(":")[2])}
        )
        await world.channel(
            "mastodon", external_id=told["external_id"], credentials=told["credentials"], settings=told["settings"]
        )
        post = await network.publish_as(RIVAL, "New lamps", at=ago(days=3))
        asked = await network.comment(ANA, post=post, text="Does it ship to Portugal?", at=ago(hours=30))
        await network.comment(RIVAL, post=post, parent=asked, text="Yes, it does.", at=ago(hours=28))
        await network.comment(BEN, post=post, text="Where is my order?", at=ago(hours=29))
        ben = network.network.join(BEN)
        network.network.write(ben.id, "Who asks?", at=ago(hours=2), parent=post)  # named nobody
        network.network.write(ben.id, "@rival psst?", at=ago(hours=2), parent=post, visibility="direct")
        outbound = Outbound(settings)
        road = Road(database, Bell(database.settings), world.safe, outbound, platforms())
        async with database.session(world.workspace_id) as session:
            rival = await competitors.name(session, "Rival Ltd", by=world.supervisor)
        with pytest.raises(Invalid, match="knows no account"):
            await outsiders.add(road, rival.id, "mastodon", "@nobody@m.example", by=world.supervisor)
        handle = network.known_as(RIVAL)
        account = await outsiders.add(road, rival.id, "mastodon", f"@{handle}", by=world.supervisor)
        assert account.handle == handle
        while due := await competing.due(road):
            for one in due:
                await competing.turn(road, *one)
        async with database.session(world.workspace_id) as session:
            found = (await competition.read(session, by=world.supervisor)).competitors[0].accounts[0]
        assert found.figures is not None
        assert (found.figures.n, found.figures.answered, found.figures.waiting) == (2, 1, 1)
        await outbound.close()
