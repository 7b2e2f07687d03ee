"""A simulated Mastodon on a real port, and our connector connected to it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest
import uvicorn

from inbox.platforms.base import Account, Action, Author, Incoming, Kind, Known, Outgoing, Polled
from inbox.platforms.mastodon.connector import Mastodon
from inbox.platforms.mastodon.simulator import MastodonSimulator
from inbox.platforms.simulation import Person

ANA = Person("7001", "Ana Ruiz", "ana", "es")
BEN = Person("7002", "Ben Okafor", "ben@n.example")
EVE = Person("7003", "Ève Noël-Dünkel 光", "", "fr")
US = "alder_finch@social.example"


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[str]:
    """The application on a free loopback port; gives its address."""
    # With the protocol named asyncio switches Nagle's algorithm off; without it every answer takes 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off", timeout_graceful_shutdown=2))
    task = asyncio.create_task(server.serve(sockets=[listener]))  # whoever comes before it is up waits in the queue
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


class Connected:
    """The connector as the product drives it: cursors kept between polls, all that is stored gone through JSON."""

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self.connector, self.http, self.account = Mastodon(), http, account
        self.cursor: dict[str, Any] = {}

    @classmethod
    def to(cls, network: MastodonSimulator, http: httpx.AsyncClient, **settings: Any) -> "Connected":
        known = network.connection
        return cls(
            http,
            Account(
                platform="mastodon",
                external_id=known["external_id"],
                name=known["name"],
                handle=known["handle"],
                credentials=known["credentials"],
                settings={**known["settings"], "tend_seconds": 0, **settings},
            ),
        )

    def wanting(self, **settings: Any) -> "Connected":
        """The same account with other settings."""
        self.account = msgspec.structs.replace(self.account, settings={**self.account.settings, **settings})
        return self

    def read(self, page: Polled) -> list[Incoming]:
        stored = msgspec.json.decode(msgspec.json.encode(page.payloads))
        return [each for payload in stored for each in self.connector.normalise(payload)]

    async def polled(self) -> list[Incoming]:
        """Everything new, through to the last page."""
        found: list[Incoming] = []
        for _ in range(100):
            page = await self.connector.poll(self.http, self.account, self.cursor)
            self.cursor = msgspec.json.decode(msgspec.json.encode(page.cursor))
            found += self.read(page)
            if not page.more:
                return found
        raise AssertionError("The poll never ends.")

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

    def outgoing(self, action: Action, target: str, text: str = "", **more: Any) -> Outgoing:
        """An act as the outbox hands it over: its key minted and stored before."""
        at = more.pop("created_at", datetime.now(UTC))
        correlation = more.pop("correlation", f"{action}:{target}:{text}:{at.isoformat()}")
        kind = Kind.DM if action is Action.DM else Kind.COMMENT
        act = Outgoing(
            action=action, kind=kind, correlation=correlation, target=target, text=text, created_at=at, **more
        )
        return msgspec.structs.replace(act, minted=self.connector.mint(act))

    async def send(self, act: Outgoing) -> Any:
        return await self.connector.send(self.http, self.account, act)

    async def look(self, act: Outgoing) -> Any:
        return await self.connector.look(self.http, self.account, act)


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
    async with serving(simulator.app) as url:
        simulator.bind(url=url)
        yield simulator


@pytest.fixture
async def shop(network: MastodonSimulator) -> AsyncIterator[Connected]:
    """Our account there."""
    async with httpx.AsyncClient(timeout=5, trust_env=False) as http:
        yield Connected.to(network, http)
