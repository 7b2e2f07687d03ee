"""What these tests may ask for: a simulated Reddit that listens, and our account signed in there."""

from collections.abc import AsyncIterator

import httpx
import pytest

from inbox.platforms.reddit.simulator import RedditSimulator
from tests.platforms.house import running
from tests.platforms.reddit.house import Connected


@pytest.fixture
async def network() -> AsyncIterator[RedditSimulator]:
    simulator = RedditSimulator(account="1040", secrets=["app-secret"], title="Alder & Finch", handle="brandco")
    async with running(simulator):
        yield simulator


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=5, trust_env=False, headers={"User-Agent": "Earshot"}) as client:
        yield client


@pytest.fixture
async def shop(network: RedditSimulator, http: httpx.AsyncClient) -> Connected:
    return await Connected.to(network, http).signed_in()
