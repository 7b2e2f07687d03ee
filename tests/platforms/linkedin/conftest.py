"""A simulated LinkedIn that really listens, somebody who hears its webhooks, and the connector between them."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import uvicorn

from inbox.platforms.base import Account, Action, App, Incoming, Kind, Outgoing
from inbox.platforms.linkedin.connector import LinkedIn
from inbox.platforms.linkedin.simulator import LinkedIn as Network
from inbox.platforms.simulation import Person

ANA = Person("7001", "Ana Ruiz")
LI = Person("7002", "Li Wei")
PAGE = "urn:li:organization:1040"


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
    """Takes webhooks and challenges as Earshot's door does, and keeps what it heard."""

    connector: LinkedIn
    app: App
    url: str = ""
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    refused: int = 0
    failing: int = 0  # that many are answered 503 first

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        more = True
        while more:
            event = await receive()
            body += event.get("body", b"")
            more = event.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        status, told = 200, b""
        if scope["method"] == "GET":
            answer = self.connector.challenge(self.app, dict(httpx.QueryParams(scope["query_string"].decode())))
            status, told = (200, answer.encode()) if answer is not None else (403, b"")
        elif not self.connector.verify(self.app, headers, body, datetime.now(UTC)):
            status, self.refused = 403, self.refused + 1
        elif self.failing:
            status, self.failing = 503, self.failing - 1
        else:
            self.deliveries.append(json.loads(body))
        kind = self.connector.challenge_type.encode()
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind)]})
        await send({"type": "http.response.body", "body": told})

    @property
    def events(self) -> list[Incoming]:
        """Everything heard, in our words."""
        return [event for delivery in self.deliveries for event in self.connector.normalise(delivery)]


@pytest.fixture
def linkedin() -> LinkedIn:
    return LinkedIn()


@pytest.fixture
async def network(linkedin: LinkedIn) -> AsyncIterator[Network]:
    network = Network(account="1040", secrets=["client-secret", "older"])
    network.postman.patience = 5
    async with served(network.app) as url:
        network.bind(url=url)
        yield network
        await network.flush()
        await network.close()


@pytest.fixture
async def listener(linkedin: LinkedIn, network: Network) -> AsyncIterator[Listener]:
    listener = Listener(linkedin, App(id=network.client_id, platform="linkedin", secrets=network.secrets))
    async with served(listener) as url:
        listener.url = f"{url}/webhooks/linkedin/demo"
        network.bind(url=network.url, webhook_url=listener.url)
        yield listener
        await network.flush()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        yield client


@pytest.fixture
def account(network: Network) -> Account:
    told = network.connection
    return Account(
        platform="linkedin",
        external_id=told["external_id"],
        credentials=told["credentials"],
        settings=told["settings"],
        app_id=told["app"]["id"],
        app_secrets=told["app"]["secrets"],
    )


def outgoing(action: Action, **more: Any) -> Outgoing:
    """An act, with what the test does not care about filled in."""
    given: dict[str, Any] = {"kind": Kind.COMMENT, "correlation": "inbox:msg:42", "text": "On its way!"}
    return Outgoing(action=action, **(given | {"created_at": datetime.now(UTC)} | more))


Polling = Callable[[dict[str, Any]], Awaitable[tuple[list[Incoming], dict[str, Any], float]]]


@pytest.fixture
def sweep(linkedin: LinkedIn, http: httpx.AsyncClient, account: Account) -> Polling:
    """Poll until there is no more; gives the events, the cursor and how many calls it took."""

    async def run(cursor: dict[str, Any]) -> tuple[list[Incoming], dict[str, Any], float]:
        events: list[Incoming] = []
        calls = 0.0
        for _ in range(500):
            polled = await linkedin.poll(http, account, cursor)
            calls += polled.cost
            events += [event for payload in polled.payloads for event in linkedin.normalise(payload)]
            cursor = json.loads(json.dumps(polled.cursor))
            if not polled.more:
                return events, cursor, calls
        raise AssertionError("The poll never ends.")

    return run
