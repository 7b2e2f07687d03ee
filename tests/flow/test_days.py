"""Deliveries and the feed lie in days: made ahead, put away when nobody needs them, and told when one was missing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import msgspec
import pytest
import structlog

from inbox import doctor
from inbox.ground.bell import Bell
from inbox.ground.db import Connection, Database
from inbox.ground.outbound import Outbound
from inbox.ground.settings import Settings
from inbox.people.sessions import hash_of
from inbox.realtime import connection as pages
from inbox.realtime import feed
from inbox.realtime.hub import Hub
from inbox.realtime.presence import Presence
from tests.flow.road import Road
from tests.world import World
from workers import schedule
from workers.house import House

FALLEN = "rows of event came on days that were not made: a worker makes them daily, and `inbox migrate` does now."


class Days:
    """The calendar of one database; days are told by how long ago they were."""

    def __init__(self, owner: Connection, house: House) -> None:
        self.owner, self.house = owner, house

    async def make(self, table: str, ago: int) -> datetime:
        """A day of long ago, as it was made then; some instant of it."""
        start = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=ago)
        await self.owner.execute(
            f"""CREATE TABLE IF NOT EXISTS {name(table, start)} PARTITION OF {table}
                FOR VALUES FROM ('{start.isoformat()}') TO ('{(start + timedelta(days=1)).isoformat()}')"""
        )
        return start + timedelta(hours=9)

    async def there(self, table: str, *ago: int) -> list[int]:
        """Which of these days there still are."""
        found = {row[0] for row in await self.owner.fetch("SELECT relname FROM pg_class WHERE relispartition")}
        now = datetime.now(UTC)
        return [day for day in ago if name(table, now - timedelta(days=day)) in found]

    async def delivery(self, ago: int, state: str) -> None:
        """Something a platform handed us that day."""
        at = await self.make("inbound_delivery", ago)
        await self.owner.execute(
            """INSERT INTO inbound_delivery (id, received_at, platform, headers, body, state)
               VALUES (gen_random_uuid(), $1, 'a', '', '', $2)""",
            at,
            state,
        )

    async def happened(self, world: World, until: int, ago: int) -> None:
        """What the feed of this workspace holds up to a number happened that day."""
        at = await self.make("event", ago)
        await self.owner.execute(
            "UPDATE event SET at = $3 WHERE workspace_id = $1 AND seq <= $2 AND at > now() - interval '2 days'",
            world.workspace_id,
            until,
            at,
        )

    async def reader(self, world: World, seq: int) -> None:
        """Somebody who turns this feed into rows of their own has come so far."""
        await self.owner.execute(
            """INSERT INTO feed_reader (workspace_id, name, seq) VALUES ($1, 'rules', $2)
               ON CONFLICT (workspace_id, name) DO UPDATE SET seq = $2""",
            world.workspace_id,
            seq,
        )

    async def fallen(self) -> list[str]:
        """What the doctor finds wrong with the days."""
        found = [finding async for finding in doctor.days(self.house.settings)]
        return [finding.text for finding in found if finding.fine is False]


def name(table: str, at: datetime) -> str:
    return f"{table}_{at:%Y%m%d}"


@pytest.fixture
async def days(database: Database, settings: Settings, owner: Connection, road: Road) -> AsyncIterator[Days]:
    yield Days(owner, House(settings, database, Bell(settings), road.world.safe, Outbound(settings), {}))
    for table in ("inbound_delivery", "event"):
        await owner.execute(f"DELETE FROM {table}")
        for row in await owner.fetch(
            "SELECT inhrelid::regclass::text AS child FROM pg_inherits WHERE inhparent = $1::text::regclass", table
        ):
            if row["child"][-8:].isdigit() and row["child"] < name(table, datetime.now(UTC) - timedelta(days=1)):
                await owner.execute(f"DROP TABLE {row['child']}")
    await owner.execute("SET timezone = 'UTC'; SELECT make_days(35)")


async def test_a_day_of_deliveries_is_put_away_once_it_is_old_and_nothing_in_it_waits(days: Days) -> None:
    for ago, state in ((45, "done"), (44, "quarantined"), (43, "new"), (42, "done"), (31, "done"), (30, "done")):
        await days.delivery(ago, state)
    await schedule.put_days_away(days.house)
    assert await days.there("inbound_delivery", 45, 44, 43, 42, 31, 30, 1, 0) == [44, 43, 30, 1, 0]
    await days.owner.execute("UPDATE inbound_delivery SET state = 'done'")
    await schedule.put_days_away(days.house)
    assert await days.there("inbound_delivery", 44, 43, 30, 1, 0) == [30, 1, 0]


async def test_a_day_of_the_feed_is_put_away_once_every_reader_has_passed_and_pages_look_afresh(
    days: Days, road: Road, settings: Settings
) -> None:
    for minute in range(9):
        await road.says("7001", "Where is my order?", at=f"09:0{minute}")
    beside = await Road.make(await World.make(road.database, name="Beside"))
    await beside.says("7001", "Hello?", at="09:00")
    await days.happened(road.world, 4, ago=33)
    await days.happened(road.world, 2, ago=33)
    await days.happened(road.world, 6, ago=32)
    await days.reader(road.world, 5)
    await days.reader(beside.world, 0)
    await schedule.put_days_away(days.house)
    assert await days.there("event", 33, 32, 0) == [32, 0]
    assert (await head(road)).min_seq == 5
    await days.reader(road.world, 6)
    await schedule.put_days_away(days.house)
    assert await days.there("event", 33, 32, 0) == [0]
    now = await head(road)
    assert (now.min_seq, (await head(beside)).min_seq) == (7, 1)
    assert await told(road, settings, last=5) == {"type": "resync", "reason": "too_far"}
    assert "events" in await told(road, settings, last=6)
    assert [entry.seq for entry in await feed.after(road.database, road.world.workspace_id, 6)] == list(
        range(7, now.seq + 1)
    )


async def test_whoever_is_at_work_is_not_held_up_for_long(days: Days) -> None:
    await days.delivery(40, "done")
    async with days.owner.transaction():
        await days.owner.execute("LOCK TABLE inbound_delivery IN ROW EXCLUSIVE MODE")
        await schedule.put_days_away(days.house)
    assert await days.there("inbound_delivery", 40) == [40]
    await schedule.put_days_away(days.house)
    assert await days.there("inbound_delivery", 40) == []


async def test_what_came_on_a_day_that_was_not_made_is_told_and_finds_its_day(days: Days, road: Road) -> None:
    assert await days.fallen() == []
    await days.owner.execute(f"DROP TABLE {name('event', datetime.now(UTC))}")
    await road.says("7001", "Where is my order?", at="09:00")
    rows = await days.owner.fetchval("SELECT count(*) FROM event_default")
    assert rows
    assert await days.fallen() == [f"{rows} {FALLEN}"]
    with structlog.testing.capture_logs() as said:
        await schedule.make_days(days.house)
    assert [(line["log_level"], line["table"], line["rows"]) for line in said] == [("error", "event", rows)]
    assert await days.fallen() == []
    assert await days.owner.fetchval("SELECT count(*) FROM event_default") == 0
    assert await days.owner.fetchval(f"SELECT count(*) FROM {name('event', datetime.now(UTC))}") == rows
    await road.says("7001", "Hello?", at="09:01")
    assert await days.owner.fetchval("SELECT count(*) FROM event_default") == 0
    assert len(await feed.after(road.database, road.world.workspace_id, 0)) == (await head(road)).seq


async def test_nobody_can_have_a_day_of_last_week_put_away_nor_any_other_table(days: Days, database: Database) -> None:
    await days.delivery(7, "done")
    await days.delivery(8, "done")
    assert str(await database.claim.fetchval("SELECT put_day_away('inbound_delivery', -100)")).startswith("inbound_")
    assert await database.claim.fetchval("SELECT put_day_away('inbound_delivery', 0)") is None
    assert await days.there("inbound_delivery", 8, 7) == [7]
    with pytest.raises(asyncpg.RaiseError):
        await database.claim.fetchval("SELECT put_day_away('message', 30)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await database.app.fetchval("SELECT put_day_away('event', 30)")


async def head(road: Road) -> feed.Head:
    async with road.database.tenant(road.world.workspace_id) as connection:
        return await feed.head(connection, road.world.workspace_id)


async def told(road: Road, settings: Settings, *, last: int) -> dict[str, object]:
    """The first thing that a page hears which knows everything up to `last`."""
    said: list[bytes] = []

    async def send(frame: bytes) -> None:
        said.append(frame)

    hub = Hub(road.database, Bell(settings), Presence(settings.redis_url))
    await hub.start()
    try:
        cookie, _ = await road.world.sign_in(road.world.agent)
        page = pages.Connection(road.world.agent, hash_of(cookie), send)
        await hub.join_again(page, str((await head(road)).epoch), last)
        hub.leave(page)
        return dict(msgspec.json.decode(page._frames[0]))
    finally:
        await hub.stop()
