"""What the tests of every network need: a simulator that really listens, our account there, and who hears it."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar
from urllib.parse import parse_qsl

import httpx
import msgspec
import uvicorn

from inbox.platforms.base import (
    Account,
    Action,
    App,
    Connector,
    Incoming,
    Kind,
    Look,
    NotHere,
    Outcome,
    Outgoing,
    Polled,
)
from inbox.platforms.simulation import Simulator

C = TypeVar("C", bound=Connector)
N = TypeVar("N", bound=Simulator)
T = TypeVar("T")


class Telling(Protocol):
    """A simulated network that sends webhooks."""

    name: ClassVar[str]
    url: str

    def bind(self, *, url: str, webhook_url: str = "") -> None: ...

    async def flush(self) -> None: ...


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """The address at which uvicorn serves this application."""
    # With the protocol named asyncio switches Nagle's algorithm off; without it every answer takes 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    config = uvicorn.Config(app, log_level="critical", lifespan="off", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    # Whoever connects before uvicorn is up waits in the socket's queue.
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def running(network: N) -> AsyncIterator[N]:
    """The network on a real port, telling nobody yet."""
    async with served(network.app) as url:
        network.bind(url=url)
        yield network
        await network.flush()
        await network.close()


@dataclass
class Listener:
    """Answers challenges and takes webhooks as Earshot's door does, and keeps what it heard."""

    connector: Connector
    app: App
    url: str = ""
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    challenged: int = 0
    refused: int = 0
    failing: int = 0  # that many are answered 503 first

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            event = await receive()
            body += event.get("body", b"")
            more = event.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        status, told = 200, b""
        if scope["method"] == "GET":
            self.challenged += 1
            answer = self.connector.challenge(self.app, dict(parse_qsl(scope["query_string"].decode())))
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


@asynccontextmanager
async def heard_by(connector: Connector, network: Telling, app: App) -> AsyncIterator[Listener]:
    """Somebody who is told what happens on the network."""
    listener = Listener(connector, app)
    async with served(listener) as url:
        listener.url = f"{url}/webhooks/{network.name}/demo"
        network.bind(url=network.url, webhook_url=listener.url)
        yield listener
        await network.flush()


def account_of(network: Simulator, **settings: Any) -> Account:
    """Our account there, as a channel is unsealed."""
    told = network.connection
    return Account(
        platform=network.name,
        external_id=told["external_id"],
        name=told["name"],
        handle=told["handle"],
        credentials=told["credentials"],
        settings={**told["settings"], **settings},
        app_id=told["app"]["id"],
        app_secrets=told["app"]["secrets"],
    )


class Connected(Generic[C]):
    """An account as the product drives it: cursors kept between polls, and all that is stored gone through JSON."""

    renews: ClassVar[bool] = False  # access is renewed when it has ended

    def __init__(
        self, connector: C, http: httpx.AsyncClient, account: Account, cursor: dict[str, Any] | None = None
    ) -> None:
        self.connector, self.http, self.account, self.cursor = connector, http, account, cursor or {}
        self.payloads: list[dict[str, Any]] = []
        self.last = Polled(payloads=[], cursor={})
        self.cost = 0.0

    def set(self, **settings: Any) -> Self:
        """Change the channel's settings, as a person does."""
        self.account = msgspec.structs.replace(self.account, settings={**self.account.settings, **settings})
        return self

    async def signed_in(self) -> Self:
        """With new access."""
        credentials = await self.connector.refresh(self.http, self.account)
        assert credentials
        self.account = msgspec.structs.replace(self.account, credentials=credentials)
        return self

    async def polled(self) -> list[Incoming]:
        """Everything new, through to the last page."""
        found: list[Incoming] = []
        for _ in range(500):
            page = await self.page()
            found += self.read(page)
            if not page.more:
                return found
        raise AssertionError("The poll never ends.")

    async def page(self) -> Polled:
        """One call of the poll."""
        try:
            page = await self.connector.poll(self.http, self.account, self.cursor)
        except NotHere as refused:
            if not self.renews or refused.error != "auth_expired":
                raise
            await self.signed_in()
            page = await self.connector.poll(self.http, self.account, self.cursor)
        # What is stored is JSON, and so is the cursor.
        self.cursor = json.loads(json.dumps(page.cursor))
        self.payloads += json.loads(json.dumps(page.payloads))
        self.cost += page.cost
        self.last = page
        return page

    def read(self, page: Polled) -> list[Incoming]:
        """What a page holds, in our words."""
        payloads = json.loads(json.dumps(page.payloads))
        return [event for payload in payloads for event in self.connector.normalise(payload)]

    def outgoing(self, action: Action, target: str, text: str = "", **more: Any) -> Outgoing:
        """An act as the outbox hands it over: its key minted and stored before."""
        at = more.pop("created_at", datetime.now(UTC))
        correlation = more.pop("correlation", f"{action}:{target}:{text}:{at.isoformat()}")
        kind = Kind.DM if action is Action.DM else Kind.COMMENT
        act = Outgoing(
            action=action, kind=kind, correlation=correlation, target=target, text=text, created_at=at, **more
        )
        return msgspec.structs.replace(act, minted=self.connector.mint(act))

    async def send(self, act: Outgoing) -> Outcome:
        return await self.connector.send(self.http, self.account, act)

    async def look(self, act: Outgoing) -> Look:
        return await self.connector.look(self.http, self.account, act)


Sweeping = Callable[[dict[str, Any]], Awaitable[tuple[list[Incoming], dict[str, Any], T]]]


def counted(shop: Connected[Connector]) -> int | None:
    """What the platform counted."""
    return shop.last.platform_count


def paid(shop: Connected[Connector]) -> float:
    """What all the pages cost."""
    return round(shop.cost, 6)


def sweeping(
    connector: Connector, http: httpx.AsyncClient, account: Account, told: Callable[[Connected[Connector]], T]
) -> Sweeping[T]:
    """Polls from a cursor until there is no more; gives the events, the cursor and what is `told` of it."""

    async def run(cursor: dict[str, Any]) -> tuple[list[Incoming], dict[str, Any], T]:
        shop = Connected(connector, http, account, cursor)
        return await shop.polled(), shop.cursor, told(shop)

    return run
