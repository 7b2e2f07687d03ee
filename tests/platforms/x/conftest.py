"""A simulated X that really listens, somebody who answers its challenges and hears its webhooks, and the connector."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
import uvicorn

from inbox.platforms.base import Account, Action, App, Incoming, Kind, Outgoing
from inbox.platforms.simulation import Person
from inbox.platforms.x.connector import X
from inbox.platforms.x.simulator import X as Network

ANA = Person("7001", "Ana Ruiz", "anaruiz")
LI = Person("7002", "Li Wei", "liwei")


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


@dataclass
class Listener:
    """Answers challenges and takes webhooks as Earshot's door does, and keeps what it heard."""

    connector: X
    app: App
    url: str = ""
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    refused: int = 0
    failing: int = 0  # that many are answered 503 first
    challenged: int = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        more = True
        while more:
            event = await receive()
            body += event.get("body", b"")
            more = event.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        if scope["method"] == "GET":
            self.challenged += 1
            told = self.connector.challenge(self.app, dict(parse_qsl(scope["query_string"].decode())))
            return await self._answer(send, 403 if told is None else 200, told or "")
        if not self.connector.verify(self.app, headers, body, datetime.now(UTC)):
            self.refused += 1
            return await self._answer(send, 403, "")
        if self.failing:
            self.failing -= 1
            return await self._answer(send, 503, "")
        self.deliveries.append(json.loads(body))
        return await self._answer(send, 200, "")

    async def _answer(self, send: Any, status: int, text: str) -> None:
        kind = [(b"content-type", self.connector.challenge_type.encode())]
        await send({"type": "http.response.start", "status": status, "headers": kind})
        await send({"type": "http.response.body", "body": text.encode()})

    @property
    def events(self) -> list[Incoming]:
        """Everything heard, in our words."""
        return [event for delivery in self.deliveries for event in self.connector.normalise(delivery)]


@pytest.fixture
def x() -> X:
    return X()


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    """An X on which only who names us or quotes us may be answered."""
    network = Network(account="1040", secrets=["consumer-secret", "token-secret"])
    network.enterprise = False
    network.postman.patience = 5
    async with served(network.app) as url:
        network.bind(url=url)
        yield network
        await network.flush()
        await network.close()


@pytest.fixture
async def listener(x: X, network: Network) -> AsyncIterator[Listener]:
    listener = Listener(x, App(id="demo", platform="x", secrets=["consumer-secret"]))
    async with served(listener) as url:
        listener.url = f"{url}/webhooks/x/demo"
        network.bind(url=network.url, webhook_url=listener.url)
        yield listener
        await network.flush()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        yield client


@pytest.fixture
def account(network: Network) -> Account:
    return account_of(network)


def account_of(network: Network) -> Account:
    """Our account, as the house hands it over."""
    told = network.connection
    return Account(
        platform="x",
        external_id=told["external_id"],
        handle=told["handle"],
        credentials=told["credentials"],
        settings=told["settings"],
        app_id=told["app"]["id"],
        app_secrets=told["app"]["secrets"],
    )


def outgoing(action: Action, **more: Any) -> Outgoing:
    """An act, with what the test does not care about filled in."""
    given: dict[str, Any] = {"kind": Kind.DM if action is Action.DM else Kind.COMMENT, "correlation": "c1"}
    given |= {"text": "On its way!", "created_at": datetime.now(UTC), **more}
    if action is Action.DM and "recipient" not in given:
        given |= {"recipient": ANA.external_id, "thread": ANA.external_id}
    return Outgoing(action=action, **given)


def answering(*responses: httpx.Response | Exception) -> tuple[httpx.AsyncClient, list[httpx.Request]]:
    """A client whose requests are answered in turn, the last answer for ever, and what was asked."""
    asked: list[httpx.Request] = []
    waiting = list(responses)

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        told = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if isinstance(told, Exception):
            raise told
        return told

    return httpx.AsyncClient(transport=httpx.MockTransport(answer)), asked


Sweep = Callable[[dict[str, Any]], Awaitable[tuple[list[Incoming], dict[str, Any], float]]]


@pytest.fixture
def sweep(x: X, http: httpx.AsyncClient, account: Account) -> Sweep:
    """Poll until there is no more; gives the events, the cursor and what it cost."""

    async def run(cursor: dict[str, Any]) -> tuple[list[Incoming], dict[str, Any], float]:
        events: list[Incoming] = []
        cost = 0.0
        for _ in range(500):
            polled = await x.poll(http, account, cursor)
            events += [event for payload in polled.payloads for event in x.normalise(payload)]
            cursor = json.loads(json.dumps(polled.cursor))
            cost += polled.cost
            if not polled.more:
                return events, cursor, round(cost, 6)
        raise AssertionError("The poll never ends.")

    return run
