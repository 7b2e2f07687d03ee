"""A network that is slow, silent or besieged keeps its own channels waiting, and nobody else's."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from inbox.flow.road import Pace
from inbox.ground.db import Database
from inbox.ground.outbound import Outbound
from inbox.ground.settings import Settings
from inbox.platforms.base import Act, Author, Incoming, Kind
from tests.chaos.proxy import Proxy
from tests.outbox.conftest import QUICK, Desk, opened_desk
from tests.outbox.echo_platform import HANG_AFTER, PLATFORMS, WAIT, Network
from tests.waiting import until
from workers import outbox
from workers.house import House

PATIENT = dataclasses.replace(QUICK, deadline=60.0, lease=200.0, look_deadline=60.0)
SILENT, QUICKER = "echo_weak", "echo_strong"
CHANNELS = 6  # of the silent network: they could take every place between them


@dataclasses.dataclass
class Street:
    """One workspace with several channels on a network behind a line, and one on another network."""

    desk: Desk
    line: Proxy
    silent: Network
    quick: Network
    house: House

    async def replies(self, platform: str, channel: int, text: str) -> UUID:
        """Somebody asks on a channel and is answered."""
        item = f"{platform} {channel} {text}"
        account = f"{platform} {channel}"
        event = Incoming(
            account=account,
            act=Act.WROTE,
            kind=Kind.COMMENT,
            external_id=item,
            at=datetime.now(UTC) - timedelta(minutes=1),
            lane=item,
            thread=item,
            author=Author("mia", "Mia"),
            text="Where is my order?",
        )
        where = await self.desk.value("SELECT id FROM channel WHERE external_id = $1", account)
        world = dataclasses.replace(self.desk.world)
        world.channel_id = where
        await dataclasses.replace(self.desk, platform=platform, world=world).arrives(event)
        asked = await self.desk.value("SELECT id FROM message WHERE external_id = $1", item)
        return UUID(str((await self.desk.replies(asked, text)).id))

    async def all_are(self, replies: Sequence[UUID], state: str) -> None:
        async def so() -> bool:
            counted = "SELECT count(*) FROM outbound_message WHERE id = ANY($1) AND state = $2"
            return bool(await self.desk.value(counted, replies, state) == len(replies))

        await until(so)

    @asynccontextmanager
    async def works(self, pace: Pace) -> AsyncIterator[None]:
        """A worker's loop of the road out, until the block is left."""
        stop = asyncio.Event()
        running = asyncio.create_task(outbox.drain(self.house, stop, pace))
        try:
            yield
        finally:
            self.line.works_again()
            stop.set()
            await running


@pytest.fixture
async def street(database: Database, settings: Settings) -> AsyncIterator[Street]:
    async with Network() as silent, Network() as quick, Proxy("127.0.0.1", silent.port) as line:
        out = Outbound(dataclasses.replace(settings, demo_ports={SILENT: line.port, QUICKER: quick.port}))
        async with opened_desk(database, settings, quick, QUICKER) as desk:
            for number in range(CHANNELS):
                await channel(desk, SILENT, number, silent, f"http://127.0.0.1:{line.port}")
            await channel(desk, QUICKER, 0, quick, quick.url)
            house = House(settings, database, desk.road.bell, desk.road.safe, out, PLATFORMS)
            yield Street(desk, line, silent, quick, house)
        await out.close()


async def channel(desk: Desk, platform: str, number: int, network: Network, url: str) -> None:
    made = await desk.world.channel(
        platform,
        external_id=f"{platform} {number}",
        credentials=network.credentials,
        settings={"url": url, "needs_reply": {"comment": "always"}},
    )
    await desk.rows("UPDATE channel SET connected_at = now() - interval '30 days' WHERE id = $1", made)


async def test_a_network_that_fell_silent_with_all_its_channels_holds_up_no_other(street: Street) -> None:
    slow = [
        await street.replies(SILENT, number, f"slow {number} {turn}")
        for number in range(CHANNELS)
        for turn in range(outbox.EACH_CHANNEL)
    ]
    assert len(slow) >= outbox.AT_ONCE
    quick = await street.replies(QUICKER, 0, "quick")
    street.line.falls_silent()
    async with street.works(PATIENT):
        await street.all_are([quick], "sent")
        assert street.silent.asked == 0
        street.line.works_again()
        await street.all_are(slow, "sent")
    assert set(street.silent.counted().values()) == {1}
    assert len(street.silent.posts) == len(slow)


async def test_looking_at_a_network_that_fell_silent_keeps_nobody_else_from_looking(street: Street) -> None:
    doubtful = outbox.LOOKS_AT_ONCE
    slow = [await street.replies(SILENT, number % CHANNELS, f"slow {number}") for number in range(doubtful)]
    street.silent.misdeeds += [HANG_AFTER] * doubtful
    async with street.works(dataclasses.replace(PATIENT, first_look=3600.0)):
        await street.all_are(slow, "unknown")
    street.quick.misdeeds.append(HANG_AFTER)
    quick = await street.replies(QUICKER, 0, "quick")
    async with street.works(dataclasses.replace(PATIENT, first_look=3600.0)):
        await street.all_are([quick], "unknown")
    street.line.falls_silent()
    for reply in (*slow, quick):  # in this order their time has come
        await street.desk.rows("UPDATE outbound_message SET look_at = clock_timestamp() WHERE id = $1", reply)
    async with street.works(PATIENT):
        await street.all_are([quick], "sent")
        street.line.works_again()
        await street.all_are(slow, "sent")
    assert set(street.silent.counted().values()) | set(street.quick.counted().values()) == {1}


async def test_in_a_storm_of_429s_the_channel_rests_until_the_latest_time_named_and_loses_nothing(
    street: Street,
) -> None:
    replies = [await street.replies(QUICKER, 0, f"answer {number}") for number in range(12)]
    beside = await street.replies(SILENT, 0, "beside")
    named = iter(["60", "3600", "5", "120"])
    street.quick.misdeeds += [WAIT] * outbox.EACH_CHANNEL
    together = asyncio.Barrier(outbox.EACH_CHANNEL)

    async def asks_for_patience() -> None:
        await together.wait()
        street.quick.stages.clear()
        street.quick.retry_after = next(named)

    street.quick.stages["before"] = asks_for_patience
    async with street.works(PATIENT):
        await street.all_are([beside], "sent")

        async def all_held() -> bool:
            held = "SELECT count(*) FROM outbound_message WHERE id = ANY($1) AND state = 'queued' AND due_at > now()"
            return bool(await street.desk.value(held, replies) == len(replies))

        await until(all_held)
    assert street.quick.asked == outbox.EACH_CHANNEL  # nobody else even tried
    rest = "SELECT paused_until - now() FROM channel WHERE external_id = $1"
    assert (await street.desk.value(rest, f"{QUICKER} 0")) > timedelta(minutes=55)

    await street.desk.rows("UPDATE channel SET paused_until = NULL")
    await street.desk.rows("UPDATE outbound_message SET due_at = now() WHERE state = 'queued'")
    async with street.works(PATIENT):
        await street.all_are(replies, "sent")
    assert set(street.quick.counted().values()) == {1}
    assert len(street.quick.posts) == len(replies)
