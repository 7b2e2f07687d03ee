"""The web process without a socket: its whole ASGI application, opened once, and browsers that talk to it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from inbox.api.doorstep import Doorstep
from inbox.app import create_app
from inbox.ground.db import Database
from inbox.ground.settings import Settings
from inbox.platforms.facebook.simulator import Facebook
from tests.api.browser import Browsers, opened
from tests.api.town import SECRET, Harbour, Town, listening
from tests.world import World


@pytest.fixture(scope="session")
async def open_app(settings: Settings) -> AsyncIterator[Doorstep]:
    async with opened(create_app(settings)) as app:
        yield app


@pytest.fixture
async def web(open_app: Doorstep, database: object) -> AsyncIterator[Browsers]:
    """Browsers and programs at our door, over an empty database."""
    browsers = Browsers(open_app)
    yield browsers
    await browsers.close()


@pytest.fixture(scope="session")
async def harbour(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Harbour]:
    found: list[Harbour] = []

    async def network(scope: Any, receive: Any, send: Any) -> None:
        await found[0](scope, receive, send)

    async def ours(scope: Any, receive: Any, send: Any) -> None:
        await found[0].app(scope, receive, send)

    async with listening(network) as port, listening(ours) as home:
        here = replace(
            settings,
            demo_ports={"facebook": port},
            base_url=f"http://127.0.0.1:{home}",
            attachments_url=tmp_path_factory.mktemp("attachments").as_uri(),
        )
        async with opened(create_app(here)) as app:
            found.append(Harbour(app, port, here.base_url))
            yield found[0]


@pytest.fixture
async def town(harbour: Harbour, database: Database) -> AsyncIterator[Town]:
    network = harbour.network = Facebook(secrets=[SECRET])
    network.bind(url=f"http://127.0.0.1:{harbour.port}")
    web, world = Browsers(harbour.app), await World.make(database, is_demo=True)
    yield Town(world, network, web, await web.of(world, world.admin), harbour.home, harbour)
    await network.close()
    await web.close()
