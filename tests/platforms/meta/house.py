"""What the tests of all of Meta's networks need: a server that really listens, and somebody who hears its webhooks."""

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
import uvicorn

from inbox.platforms.base import Account, App, Connector, Incoming
from inbox.platforms.meta.simulator_network import MetaNetwork

Polling = Callable[[dict[str, Any]], Awaitable[tuple[list[Incoming], dict[str, Any], int | None]]]


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
    """Takes webhooks as Earshot's door does, and keeps what it heard."""

    connector: Connector
    app: App
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
        if scope["method"] == "GET":
            told = self.connector.challenge(self.app, dict(parse_qsl(scope["query_string"].decode())))
            await send({"type": "http.response.start", "status": 403 if told is None else 200, "headers": []})
            await send({"type": "http.response.body", "body": (told or "").encode()})
            return
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


@asynccontextmanager
async def running(network: MetaNetwork) -> AsyncIterator[MetaNetwork]:
    """The network on a real port, telling nobody yet."""
    network.postman.patience = 5
    async with served(network.app) as url:
        network.bind(url=url)
        yield network
        await network.flush()
        await network.close()


@asynccontextmanager
async def heard_by(connector: Connector, network: MetaNetwork) -> AsyncIterator[Listener]:
    """Somebody who is told what happens on the network."""
    app = App(id="demo", platform=network.name, secrets=network.secrets, verify_token=network.verify_token)
    listener = Listener(connector, app)
    async with served(listener) as url:
        network.bind(url=network.url, webhook_url=f"{url}/webhooks/{network.name}/demo")
        yield listener
        await network.flush()


def account_of(network: MetaNetwork) -> Account:
    """Our account there, as a channel is unsealed."""
    told = network.connection
    return Account(
        platform=network.name,
        external_id=told["external_id"],
        handle=told["handle"],
        credentials=told["credentials"],
        settings=told["settings"],
        app_id=told["app"]["id"],
        app_secrets=told["app"]["secrets"],
    )


def app_of(network: MetaNetwork) -> App:
    """Our app there, as the vendor knows it."""
    return App(id=network.app_id, platform=network.name, secrets=network.secrets, verify_token=network.verify_token)


def sweeping(connector: Connector, http: httpx.AsyncClient, account: Account) -> Polling:
    """Polls until there is no more; gives the events, the cursor and what the platform counted."""

    async def run(cursor: dict[str, Any]) -> tuple[list[Incoming], dict[str, Any], int | None]:
        events: list[Incoming] = []
        for _ in range(500):
            polled = await connector.poll(http, account, cursor)
            events += [event for payload in polled.payloads for event in connector.normalise(payload)]
            cursor = json.loads(json.dumps(polled.cursor))
            if not polled.more:
                return events, cursor, polled.platform_count
        raise AssertionError("The poll never ends.")

    return run
