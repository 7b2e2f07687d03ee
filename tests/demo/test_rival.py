"""The demo's rival has a past in public, and the workspace watches it from the beginning."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from inbox.demo import rival
from inbox.demo.cast import Cast
from inbox.demo.stages import Stage
from inbox.demo.workspace import Demo
from inbox.flow import competing
from inbox.flow.road import Road
from inbox.ground.bell import Bell
from inbox.ground.db import Database
from inbox.ground.outbound import Outbound
from inbox.platforms.bluesky.simulator import BlueskySimulator
from inbox.platforms.registry import platforms
from inbox.reports import competition
from tests.platforms.house import running
from tests.world import World


async def test_a_rival_moves_in_and_is_read(database: Database, tmp_path: Path) -> None:
    network = BlueskySimulator(secrets=["pass-word-pass-word"])
    async with running(network):
        world, told = await World.make(database, is_demo=True), network.connection
        await world.channel(
            "bluesky", external_id=told["external_id"], credentials=told["credentials"], settings=told["settings"]
        )
        port = int(told["settings"]["service"].rpartition(":")[2])
        outbound = Outbound(replace(database.settings, demo_ports={"bluesky": port}))
        road = Road(database, Bell(database.settings), world.safe, outbound, platforms())
        demo = Demo(world.workspace_id, [world.admin], fresh=True)
        await rival.move_in(road, demo, [Stage("bluesky", network, tmp_path)], Cast(7))
        for _ in range(2 * rival.POSTS):
            async with database.tenant(world.workspace_id) as connection:
                await connection.execute(
                    "UPDATE competitor_account SET due_at = now() WHERE workspace_id = $1", world.workspace_id
                )
            for one in await competing.due(road):
                await competing.turn(road, *one)
        async with database.session(world.workspace_id) as session:
            found = await competition.read(session, by=world.admin)
        (account,) = found.competitors[0].accounts
        assert account.reading.read == account.reading.posts == rival.POSTS
        assert account.figures is not None
        assert account.figures.n > 10
        assert account.figures.answered > 5
        await outbound.close()
