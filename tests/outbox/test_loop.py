"""The loop itself: one slow platform holds nobody else up, and it ends when it is told to."""

from __future__ import annotations

import asyncio
import dataclasses

from inbox.ground.db import Database
from inbox.ground.outbound import Outbound
from inbox.ground.settings import Settings
from tests.outbox.conftest import QUICK, Desk
from tests.outbox.echo_platform import PLATFORMS, Network
from tests.waiting import until
from workers import outbox
from workers.house import House


async def test_a_slow_platform_takes_only_its_own_places(desk: Desk, database: Database, settings: Settings) -> None:
    async with Network() as quick:
        ports = {"slow": desk.network.port, "quick": quick.port}
        out = Outbound(dataclasses.replace(settings, demo_ports=ports))
        other = dataclasses.replace(desk, network=quick, platform="echo_blind", world=dataclasses.replace(desk.world))
        for role in ("admin", "supervisor", "agent", "read_only", "outsider"):
            setattr(other.world, role, getattr(desk.world, role))
        other.world.channel_id = await desk.world.channel(
            "echo_blind",
            external_id="account-echo_blind",
            credentials=quick.credentials,
            settings={"url": quick.url, "needs_reply": {"comment": "always"}},
        )
        desk.network.hold = asyncio.Event()
        for number in range(outbox.AT_ONCE + 5):
            await desk.replies(await desk.hears(f"{number}?"), f"slow {number}")
        reply = await other.replies(await other.hears("Hello?"), "quick")

        house = House(settings, database, desk.road.bell, desk.road.safe, out, PLATFORMS)
        stop = asyncio.Event()
        running = asyncio.create_task(outbox.drain(house, stop, QUICK))

        async def arrived() -> bool:
            return await desk.state(reply.id) == "sent"

        async def full() -> bool:
            return len(desk.network.posts) >= outbox.EACH_CHANNEL

        await until(arrived)
        await until(full)
        assert len(desk.network.posts) == outbox.EACH_CHANNEL
        desk.network.hold.set()

        async def all_there() -> bool:
            return len(desk.network.posts) == outbox.AT_ONCE + 5

        await until(all_there)
        stop.set()
        await running
        await out.close()
