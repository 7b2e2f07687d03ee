"""A village of its own for each story: its network really listens, and so do we."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inbox.app import create_app
from inbox.flow.road import Road as Way
from inbox.ground.bell import Bell
from inbox.ground.db import Connection, Database
from inbox.ground.outbound import Outbound
from inbox.ground.settings import Settings
from inbox.platforms.linkedin.simulator import LinkedIn
from inbox.platforms.registry import platforms
from tests.api.browser import Browsers, opened
from tests.api.town import listening
from tests.flow.road import Road
from tests.privacy.home import Home
from tests.privacy.village import Village
from tests.world import World

APP = "demo"


@pytest.fixture
async def home(database: Database, owner: Connection, settings: Settings, tmp_path: Path) -> AsyncIterator[Home]:
    """A page on a network without such rules, where people write in private too."""
    here = replace(settings, attachments_url=(tmp_path / "files").as_uri())
    async with opened(create_app(here)) as app:
        world = await World.make(database)
        web = Browsers(app)
        yield Home(world, await Road.make(world), web, await web.of(world, world.admin), owner, here)
        await web.close()


@pytest.fixture
async def village(database: Database, owner: Connection, settings: Settings, tmp_path: Path) -> AsyncIterator[Village]:
    network = LinkedIn(account="1040", secrets=["client-secret", "older"])
    pictures: dict[str, bytes] = {}

    async def outside(scope: Any, receive: Any, send: Any) -> None:
        """The network, and beside it the server that has its pictures."""
        if (content := pictures.get(scope["path"])) is None:
            await network.app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"image/png")]})
        await send({"type": "http.response.body", "body": content})

    async with listening(outside) as port:
        here = replace(settings, demo_ports={"linkedin": port}, attachments_url=(tmp_path / "files").as_uri())
        async with opened(create_app(here)) as app, listening(app) as home:
            world = await World.make(database, is_demo=True)
            network.bind(url=f"http://127.0.0.1:{port}", webhook_url=f"http://127.0.0.1:{home}/webhooks/linkedin/{APP}")
            told = network.connection
            await world.app("linkedin", APP, network.secrets)
            world.channel_id = await world.channel(
                "linkedin",
                external_id=told["external_id"],
                credentials=told["credentials"],
                settings=told["settings"],
                app_id=APP,
            )
            bell, outbound, web = Bell(here), Outbound(here), Browsers(app)
            road = Way(database, bell, world.safe, outbound, platforms())
            village = Village(world, network, road, web, owner, here, pictures)
            village.post = await network.publish("New!")
            yield village
            await network.close()
            await web.close()
            await outbound.close()
            await bell.stop()
