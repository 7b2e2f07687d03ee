"""The fixture `bluesky_server`; a conftest offers it to its folder by importing it."""

from collections.abc import AsyncIterator

import pytest

from inbox.ground.embedded import Valkey
from tests.bluesky_server.install import NotInstallableError
from tests.bluesky_server.server import BlueskyServer


@pytest.fixture(scope="session")
async def bluesky_server(
    template_url: str, valkey: Valkey, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[BlueskyServer]:
    """The real server on the tests' own Postgres and Valkey; its first use on a machine fetches it from npm."""
    try:
        server = await BlueskyServer.start(tmp_path_factory.mktemp("bluesky"), template_url, valkey.url)
    except NotInstallableError as reason:
        pytest.skip(str(reason))
    yield server
    await server.stop()
