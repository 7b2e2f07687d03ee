"""A simulated Mastodon on a real port, and our connector connected to it."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from inbox.platforms.base import Author, Incoming, Known
from inbox.platforms.mastodon.connector import Mastodon
from inbox.platforms.mastodon.simulator import MastodonSimulator
from inbox.platforms.simulation import Person
from tests.platforms import house
from tests.platforms.house import account_of, running

ANA = Person("7001", "Ana Ruiz", "ana", "es")
BEN = Person("7002", "Ben Okafor", "ben@n.example")
EVE = Person("7003", "Ève Noël-Dünkel 光", "", "fr")
US = "alder_finch@social.example"


class Connected(house.Connected[Mastodon]):
    """Our account there."""

    @classmethod
    def to(cls, network: MastodonSimulator, http: httpx.AsyncClient, **settings: Any) -> "Connected":
        return cls(Mastodon(), http, account_of(network, tend_seconds=0, **settings))

    async def reread(self, *items: Incoming) -> dict[str, Incoming]:
        """What has become of these, by their ids."""
        known = [
            Known(
                external_id=each.external_id,
                kind=each.kind,
                at=each.at,
                thread=each.thread,
                root=each.root,
                ours=each.ours,
            )
            for each in items
        ]
        return {
            each.external_id: each for each in self.read(await self.connector.reread(self.http, self.account, known))
        }


def name_of(network: MastodonSimulator, who: Person) -> str:
    """Somebody's external id."""
    return network.network.join(who).name


def author_of(network: MastodonSimulator, who: Person) -> Author:
    """Somebody as the desk knows them."""
    name = name_of(network, who)
    return Author(name, who.name, name)


@pytest.fixture
async def network() -> AsyncIterator[MastodonSimulator]:
    """A simulated Mastodon that listens."""
    simulator = MastodonSimulator()
    async with running(simulator):
        yield simulator


@pytest.fixture
def shop(network: MastodonSimulator, http: httpx.AsyncClient) -> Connected:
    """Our account there."""
    return Connected.to(network, http)
