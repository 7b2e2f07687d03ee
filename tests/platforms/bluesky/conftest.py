"""What these tests may ask for besides: the real server."""

import pytest

from tests.bluesky_server.fixture import bluesky_server as bluesky_server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first test to use the server may have to fetch it."""
    for item in items:
        if "bluesky_server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(900))
