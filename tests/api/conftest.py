"""The web process without a socket: its whole ASGI application, opened once, and browsers that talk to it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from inbox.api.doorstep import Doorstep
from inbox.app import create_app
from inbox.ground.settings import Settings
from tests.api.browser import Browsers


@pytest.fixture(scope="session")
async def open_app(settings: Settings) -> AsyncIterator[Doorstep]:
    app = create_app(settings)
    opened, leave = asyncio.Event(), asyncio.Event()

    async def hold_open() -> None:
        # Entered and left in one task, which a fixture's two halves need not be.
        async with app.rooms.lifespan():
            opened.set()
            await leave.wait()

    holding = asyncio.create_task(hold_open())
    await asyncio.wait([holding, asyncio.create_task(opened.wait())], return_when=asyncio.FIRST_COMPLETED)
    yield app
    leave.set()
    await holding


@pytest.fixture
async def web(open_app: Doorstep, database: object) -> AsyncIterator[Browsers]:
    """Browsers and programs at our door, over an empty database."""
    browsers = Browsers(open_app)
    yield browsers
    await browsers.close()
