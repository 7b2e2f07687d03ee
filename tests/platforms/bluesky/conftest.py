"""What these tests may ask for besides: the real server, and a simulated one with our connector connected to it."""

import pytest

from tests.bluesky_server.fixture import bluesky_server as bluesky_server
from tests.platforms.bluesky.house import network as network
from tests.platforms.bluesky.house import shop as shop


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first test to use the server may have to fetch it."""
    for item in items:
        if "bluesky_server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(900))
