"""A simulated network that really listens, beyond the office: what people do there arrives, what agents do reaches it.

async with outside(database, settings, browser, "whatsapp") as there:
    await there.network.dm(ANA, text="Where is my parcel?")
    await there.is_heard()                          # webhooks and polls, split, placed, told to the pages
    await there.is_done()                           # everything that is due has left
"""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from playwright.async_api import Browser

from inbox.demo.stages import build
from inbox.flow import cluster, lanes, outbox
from inbox.flow.hearing import Ear
from inbox.flow.road import Road
from inbox.flow.split import split
from inbox.ground.db import Database
from inbox.ground.outbound import Outbound
from inbox.ground.settings import Settings
from inbox.platforms.registry import platforms
from tests.api.town import listening
from tests.desk.story import Desk
from tests.flow.road import Road as RoadIn
from tests.web.office import Office
from tests.world import World


@dataclass
class Outside:
    """One network, one channel on it, and the work that workers would do."""

    office: Office
    network: Any
    channel_id: UUID
    road: Road

    @property
    def desk(self) -> Desk:
        return self.office.desk

    async def is_heard(self) -> None:
        """What happened there is on the page."""
        await self.network.flush()
        database, workspace_id = self.desk.database, self.desk.workspace_id
        if "poll" in platforms()[self.network.name].capabilities.hears:
            async with database.tenant(workspace_id) as connection:
                await connection.execute("UPDATE channel SET poll_due_at = now() WHERE id = $1", self.channel_id)
            road = self.road
            ear = Ear(database, road.bell, road.safe, road.outbound, road.platforms)
            await ear.poll(workspace_id, self.channel_id)
        await split(database, platforms(), self.desk.world.safe)
        for home, lane in await lanes.busy(database):
            await lanes.work(database, platforms(), home, lane)
        self.office.tells()

    async def is_done(self) -> None:
        """What agents asked for has reached the network, and the page says so."""
        await cluster.check(self.desk.database)
        while found := await outbox.due(self.desk.database, limit=20):
            for due in found:
                await outbox.deliver(self.road, due.workspace_id, due.outbound_id)
        self.office.tells()


@asynccontextmanager
async def outside(database: Database, settings: Settings, browser: Browser, platform: str) -> AsyncIterator[Outside]:
    """An office with one channel on a simulated network; agents have no time to change their minds."""
    network: Any = build(settings, platform).network
    world = await World.make(database, name="Northwind", is_demo=True)
    async with listening(network.app) as port:
        here = dataclasses.replace(settings, demo_ports={platform: port})
        office = Office(Desk(world, await RoadIn.make(world)), here, browser)
        home = office.settings.base_url
        network.bind(url=f"http://127.0.0.1:{port}", webhook_url=f"{home}/webhooks/{platform}/demo")
        told = network.connection
        app = told.get("app") or {}
        if app:
            await world.app(platform, "demo", app["secrets"], verify_token=app.get("verify_token", ""))
        channel_id = await world.channel(
            platform,
            external_id=told["external_id"],
            name="Northwind",
            credentials=told["credentials"],
            settings=told["settings"],
            app_id="demo" if app else "",
        )
        async with database.tenant(world.workspace_id) as connection:
            await connection.execute("UPDATE workspace SET undo_seconds = 0")
            await connection.execute("UPDATE channel SET connected_at = now() - interval '90 days'")
            await connection.execute("DELETE FROM channel WHERE id = $1", world.channel_id)
        outbound = Outbound(office.settings)
        await cluster.check(database)
        await office.opens()
        road = Road(database, office.bell, world.safe, outbound, platforms())
        try:
            yield Outside(office, network, channel_id, road)
        finally:
            complaints = [complaint for seat in office.seats for complaint in seat.complaints]
            await office.locks_up()
            await outbound.close()
            await network.close()
        assert complaints == []
