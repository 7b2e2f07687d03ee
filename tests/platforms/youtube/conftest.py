"""A simulated YouTube that really listens, and the connector connected to it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest

from inbox.platforms.base import Act, Action, Budget, Incoming, Kind, Outgoing
from inbox.platforms.simulation import Person
from inbox.platforms.youtube.connector import YouTube
from inbox.platforms.youtube.simulator import YouTube as Network
from tests.platforms import house
from tests.platforms.house import account_of, running

ANA = Person("7001", "Ana Ruiz", "ana")
BOB = Person("7002", "Bob Li", "bob")


class Connected(house.Connected[YouTube]):
    """Our channel there, with every list read at every turn, so that no story has to wait."""

    def __init__(self, network: Network, http: httpx.AsyncClient) -> None:
        super().__init__(YouTube(), http, account_of(network, held_seconds=0.0, watch_seconds=0.0))
        self.network = network

    def with_budget(self, limit: float, used: float, resets_in: timedelta) -> None:
        """What the house has counted."""
        budget = Budget(limit=limit, used=used, reserve=0.5, resets_at=datetime.now(UTC) + resets_in)
        self.account = msgspec.structs.replace(self.account, budget=budget)

    async def heard(self) -> list[Incoming]:
        """What one call of the poll brings."""
        return self.read(await self.page())

    def asked(self, resource: str = "", method: str = "GET") -> list[dict[str, str]]:
        """What was asked for, with each parameter once."""
        return [
            {name: ",".join(values) for name, values in params.items()}
            for verb, path, params, _ in self.network.app.calls
            if verb == method and path == (resource or path)
        ]


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    network = Network(account="1040", secrets=["client-secret", "signing-key"])
    async with running(network):
        yield network


@pytest.fixture
def shop(network: Network, http: httpx.AsyncClient) -> Connected:
    return Connected(network, http)


@pytest.fixture
async def video(network: Network) -> str:
    return await network.publish("How we roast", at=ago(days=2))


def ago(**more: float) -> datetime:
    """A time before now."""
    return datetime.now(UTC) - timedelta(**more)


def outgoing(action: Action = Action.REPLY, **more: Any) -> Outgoing:
    """An act, with what the test does not care about filled in."""
    given: dict[str, Any] = {"kind": Kind.COMMENT, "correlation": "inbox:msg:42", "text": "Hold it for ten seconds."}
    return Outgoing(action=action, **(given | {"created_at": datetime.now(UTC)} | more))


def written(events: list[Incoming]) -> list[str]:
    """The texts of what is new."""
    return [event.text for event in events if event.act is Act.WROTE]


def acts(events: list[Incoming]) -> list[tuple[Act, str]]:
    """What happened to what, without what was written."""
    return [(event.act, event.external_id) for event in events if event.act is not Act.WROTE]
