"""A simulated Bluesky on a real port, and our connector connected to it."""

from collections.abc import AsyncIterator

import httpx
import pytest

from inbox.platforms.bluesky.connector import Bluesky
from inbox.platforms.bluesky.simulator import BlueskySimulator
from inbox.platforms.simulation import Person
from tests.platforms import house
from tests.platforms.house import account_of, running

ANA = Person("7001", "Ana Ruiz", "ana-ruiz.bsky.social", "es")
BEN = Person("7002", "Ben Okafor", "ben-okafor.bsky.social")
EVE = Person("7003", "Ève Noël-Dünkel 光", "", "fr")


class Connected(house.Connected[Bluesky]):
    """Our account there; its sessions are renewed when they have ended."""

    renews = True

    @classmethod
    def to(cls, network: BlueskySimulator, http: httpx.AsyncClient) -> "Connected":
        return cls(Bluesky(), http, account_of(network, tend_seconds=0))


@pytest.fixture
async def network() -> AsyncIterator[BlueskySimulator]:
    """A simulated Bluesky that listens."""
    simulator = BlueskySimulator(secrets=["pass-word-pass-word"])
    async with running(simulator):
        yield simulator


@pytest.fixture
def shop(network: BlueskySimulator, http: httpx.AsyncClient) -> Connected:
    """Our account there, not signed in yet."""
    return Connected.to(network, http)
