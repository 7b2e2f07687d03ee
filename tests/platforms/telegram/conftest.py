"""A simulated Telegram that really listens, somebody who hears its webhooks, and the connector between them."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import uvicorn

from inbox.platforms.base import Account, Action, App, Incoming, Kind, Outgoing
from inbox.platforms.simulation import Person
from inbox.platforms.telegram.connector import Telegram
from inbox.platforms.telegram.simulator import Telegram as Network

ANA = Person("7001", "Ana Ruiz", "anaruiz")
LI = Person("7002", "Li Wei")


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """The address at which uvicorn serves this application."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


@dataclass
class Listener:
    """Takes webhooks as Earshot's door does, and keeps what it heard."""

    connector: Telegram
    app: App
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    refused: int = 0
    failing: int = 0  # that many are answered 503 first

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            event = await receive()
            body += event.get("body", b"")
            more = event.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        status = 200
        if not self.connector.verify(self.app, headers, body, datetime.now(UTC)):
            status, self.refused = 403, self.refused + 1
        elif self.failing:
            status, self.failing = 503, self.failing - 1
        else:
            self.deliveries.append(json.loads(body))
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    @property
    def events(self) -> list[Incoming]:
        """Everything heard, in our words."""
        return [event for delivery in self.deliveries for event in self.connector.normalise(delivery)]


@dataclass
class Desk:
    """Our account there: what it polls, and what it does."""

    connector: Telegram
    http: httpx.AsyncClient
    account: Account
    cursor: dict[str, Any] = field(default_factory=dict)

    async def polled(self) -> list[Incoming]:
        """Poll until there is no more."""
        events: list[Incoming] = []
        for _ in range(100):
            page = await self.connector.poll(self.http, self.account, self.cursor)
            events += [event for payload in page.payloads for event in self.connector.normalise(payload)]
            self.cursor = json.loads(json.dumps(page.cursor))
            if not page.more:
                return events
        raise AssertionError("The poll never ends.")

    async def send(self, action: Action, **more: Any) -> Any:
        """Ask for an act."""
        return await self.connector.send(self.http, self.account, outgoing(action, **more))


@pytest.fixture
def telegram() -> Telegram:
    return Telegram()


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    network = Network(account="1040", secrets=["secret"], handle="nordwind", through_business=False)
    network.postman.patience = 5
    async with served(network.app) as url:
        network.bind(url=url)
        yield network
        await network.flush()
        await network.close()


@pytest.fixture
async def listener(telegram: Telegram, network: Network) -> AsyncIterator[tuple[Listener, str]]:
    listener = Listener(telegram, App(id="demo", platform="telegram", secrets=[], verify_token="a-secret_Token"))
    async with served(listener) as url:
        yield listener, f"{url}/webhooks/telegram/demo"
        await network.flush()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        yield client


@pytest.fixture
def account(network: Network) -> Account:
    told = network.connection
    return Account(
        platform="telegram",
        external_id=told["external_id"],
        handle=told["handle"],
        credentials=told["credentials"],
        settings={**told["settings"], "poll_timeout": 0},
    )


@pytest.fixture
def desk(telegram: Telegram, http: httpx.AsyncClient, account: Account) -> Desk:
    return Desk(telegram, http, account)


def outgoing(action: Action, **more: Any) -> Outgoing:
    """An act, with what the test does not care about filled in."""
    given: dict[str, Any] = {"kind": Kind.DM if action is Action.DM else Kind.MENTION, "correlation": "inbox:msg:42"}
    given |= {"text": "On its way!", "created_at": datetime.now(UTC), **more}
    if action is Action.DM and "recipient" not in given and "thread" not in given:
        given |= {"recipient": ANA.external_id, "thread": ANA.external_id}
    return Outgoing(action=action, **given)
