"""The web process without a socket: its whole ASGI application, opened once, and browsers that talk to it."""

from collections.abc import AsyncIterator

import pytest

from inbox.api.doorstep import Doorstep
from inbox.app import create_app
from inbox.ground.settings import Settings
from tests.api.browser import Browsers, opened


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
