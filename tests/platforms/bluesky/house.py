"""A simulated Bluesky on a real port, and our connector connected to it."""

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

from inbox.platforms.base import Account, Action, Incoming, Kind, NotHere, Outgoing, Polled
from inbox.platforms.bluesky.connector import Bluesky
from inbox.platforms.bluesky.simulator import BlueskySimulator
from inbox.platforms.simulation import Person

ANA = Person("7001", "Ana Ruiz", "ana-ruiz.bsky.social", "es")
BEN = Person("7002", "Ben Okafor", "ben-okafor.bsky.social")
EVE = Person("7003", "Ève Noël-Dünkel 光", "", "fr")


class Server(uvicorn.Server):
    """A server that says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listens.set()


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[str]:
    """The application on a free loopback port; gives its address."""
    # With the protocol named asyncio switches Nagle's algorithm off; without it every answer takes 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    config = uvicorn.Config(app, log_level="critical", lifespan="on", timeout_graceful_shutdown=2)
    server = Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    await server.listens.wait()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


class Connected:
    """The connector as the product drives it: sessions renewed when it says so, cursors kept between polls."""

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self.connector, self.http, self.account = Bluesky(), http, account
        self.cursor: dict[str, Any] = {}
        self.payloads: list[dict[str, Any]] = []

    @classmethod
    def to(cls, network: BlueskySimulator, http: httpx.AsyncClient) -> "Connected":
        known = network.connection
        return cls(
            http,
            Account(
                platform="bluesky",
                external_id=known["external_id"],
                name=known["name"],
                handle=known["handle"],
                credentials=known["credentials"],
                settings={**known["settings"], "tend_seconds": 0},
            ),
        )

    async def signed_in(self) -> "Connected":
        credentials = await self.connector.refresh(self.http, self.account)
        assert credentials
        self.account = msgspec.structs.replace(self.account, credentials=credentials)
        return self

    async def polled(self) -> list[Incoming]:
        """Everything new, through to the last page."""
        found: list[Incoming] = []
        while True:
            page = await self._poll()
            self.payloads += page.payloads
            # What is stored is JSON, and so is the cursor.
            self.cursor = msgspec.json.decode(msgspec.json.encode(page.cursor))
            for payload in page.payloads:
                found += self.connector.normalise(msgspec.json.decode(msgspec.json.encode(payload)))
            if not page.more:
                return found

    async def _poll(self) -> Polled:
        try:
            return await self.connector.poll(self.http, self.account, self.cursor)
        except NotHere as refused:
            if refused.error != "auth_expired":
                raise
            await self.signed_in()
            return await self.connector.poll(self.http, self.account, self.cursor)

    def outgoing(self, action: Action, target: str, text: str = "", **more: Any) -> Outgoing:
        """An act as the outbox hands it over: its key minted and stored before."""
        at = more.pop("created_at", datetime.now(UTC))
        correlation = more.pop("correlation", f"{action}:{target}:{text}:{at.isoformat()}")
        act = Outgoing(
            action=action, kind=Kind.COMMENT, correlation=correlation, target=target, text=text, created_at=at, **more
        )
        return msgspec.structs.replace(act, minted=self.connector.mint(act))

    async def send(self, act: Outgoing) -> Any:
        return await self.connector.send(self.http, self.account, act)

    async def look(self, act: Outgoing) -> Any:
        return await self.connector.look(self.http, self.account, act)


@pytest.fixture
async def network() -> AsyncIterator[BlueskySimulator]:
    """A simulated Bluesky that listens."""
    simulator = BlueskySimulator(secrets=["pass-word-pass-word"])
    async with serving(simulator.app) as url:
        simulator.bind(url=url)
        yield simulator


@pytest.fixture
async def shop(network: BlueskySimulator) -> AsyncIterator[Connected]:
    """Our account there, not signed in yet."""
    async with httpx.AsyncClient(timeout=5) as http:
        yield Connected.to(network, http)
