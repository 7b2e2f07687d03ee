"""A simulated YouTube that really listens, and the connector connected to it."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
import uvicorn

from inbox.platforms.base import Account, Act, Action, Budget, Incoming, Kind, Look, Outcome, Outgoing, Polled
from inbox.platforms.simulation import Person
from inbox.platforms.youtube.connector import YouTube
from inbox.platforms.youtube.simulator import YouTube as Network

ANA = Person("7001", "Ana Ruiz", "ana")
BOB = Person("7002", "Bob Li", "bob")


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """The address at which uvicorn serves this application."""
    # With the protocol named asyncio switches Nagle's algorithm off; without it every answer takes 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    # Whoever connects before uvicorn is up waits in the socket's queue.
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


class Connected:
    """The connector as the product drives it: cursors kept between polls as JSON, every payload stored and read."""

    def __init__(self, network: Network, http: httpx.AsyncClient) -> None:
        self.network, self.http, self.connector = network, http, YouTube()
        told = network.connection
        # Every list at every turn, so that no story has to wait.
        self.account = Account(
            platform="youtube",
            external_id=told["external_id"],
            credentials=told["credentials"],
            settings={**told["settings"], "held_seconds": 0.0, "watch_seconds": 0.0},
            app_id=told["app"]["id"],
            app_secrets=told["app"]["secrets"],
        )
        self.cursor: dict[str, Any] = {}
        self.last = Polled(payloads=[], cursor={})
        self.cost = 0.0
        self.payloads: list[dict[str, Any]] = []

    def set(self, **settings: Any) -> None:
        """Settings of the channel, as a person changes them."""
        self.account.settings.update(settings)

    def with_budget(self, limit: float, used: float, resets_in: timedelta) -> None:
        """What the house has counted."""
        budget = Budget(limit=limit, used=used, reserve=0.5, resets_at=datetime.now(UTC) + resets_in)
        self.account = msgspec.structs.replace(self.account, budget=budget)

    async def page(self) -> list[Incoming]:
        """One call of the poll."""
        self.last = await self.connector.poll(self.http, self.account, self.cursor)
        self.cost += self.last.cost
        self.cursor = json.loads(json.dumps(self.last.cursor))
        payloads = json.loads(json.dumps(self.last.payloads))
        self.payloads += payloads
        return [event for payload in payloads for event in self.connector.normalise(payload)]

    async def polled(self) -> list[Incoming]:
        """Until there is no more."""
        events: list[Incoming] = []
        for _ in range(500):
            events += await self.page()
            if not self.last.more:
                return events
        raise AssertionError("The poll never ends.")

    async def send(self, act: Outgoing) -> Outcome:
        return await self.connector.send(self.http, self.account, act)

    async def look(self, act: Outgoing) -> Look:
        return await self.connector.look(self.http, self.account, act)

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
    async with served(network.app) as url:
        network.bind(url=url)
        yield network
        await network.flush()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        yield client


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
