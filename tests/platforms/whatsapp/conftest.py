"""A simulated WhatsApp that really listens, somebody who hears its webhooks, and the connector between them."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
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
from inbox.platforms.whatsapp.connector import WhatsApp
from inbox.platforms.whatsapp.simulator import WhatsApp as Network

ANA = Person("351900000001", "Ana Ruiz", "anaruiz")
LI = Person("16505551234", "Li Wei")


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

    connector: WhatsApp
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
        status, told = 200, b""
        if scope["method"] == "GET":
            answer = self.connector.challenge(self.app, dict(parse_qsl(scope["query_string"].decode())))
            status, told = (200, answer.encode()) if answer is not None else (403, b"")
        elif not self.connector.verify(self.app, headers, body, datetime.now(UTC)):
            status, self.refused = 403, self.refused + 1
        elif self.failing:
            status, self.failing = 503, self.failing - 1
        else:
            self.deliveries.append(json.loads(body))
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": told})

    @property
    def events(self) -> list[Incoming]:
        """Everything heard, in our words."""
        return [event for delivery in self.deliveries for event in self.connector.normalise(delivery)]


@dataclass
class Desk:
    """Our number there, and what it does."""

    connector: WhatsApp
    http: httpx.AsyncClient
    account: Account
    network: Network

    async def send(self, action: Action = Action.DM, to: Person = ANA, **more: Any) -> Any:
        """Ask for an act."""
        peer = self.network.peers.get(to.external_id, to.external_id)
        return await self.connector.send(self.http, self.account, outgoing(action, peer, **more))


@pytest.fixture
def whatsapp() -> WhatsApp:
    return WhatsApp()


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    network = Network(account="1060", secrets=["app-secret"])
    network.postman.patience = 5
    async with served(network.app) as url:
        network.bind(url=url)
        yield network
        await network.flush()
        await network.close()


@pytest.fixture
async def listener(whatsapp: WhatsApp, network: Network) -> AsyncIterator[Listener]:
    app = App(id="demo", platform="whatsapp", secrets=network.secrets, verify_token=network.verify_token)
    listener = Listener(whatsapp, app)
    async with served(listener) as url:
        network.bind(url=network.url, webhook_url=f"{url}/webhooks/whatsapp/demo")
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
        platform="whatsapp",
        external_id=told["external_id"],
        credentials=told["credentials"],
        settings=told["settings"],
        app_id=told["app"]["id"],
        app_secrets=told["app"]["secrets"],
    )


@pytest.fixture
def desk(whatsapp: WhatsApp, http: httpx.AsyncClient, account: Account, network: Network) -> Desk:
    return Desk(whatsapp, http, account, network)


def outgoing(action: Action, peer: str, **more: Any) -> Outgoing:
    """An act, with what the test does not care about filled in."""
    given: dict[str, Any] = {"kind": Kind.DM, "correlation": "0190a000-0000-7000-8000-000000000042"}
    given |= {"text": "On its way!", "created_at": datetime.now(UTC), "recipient": peer, "thread": peer, **more}
    return Outgoing(action=action, **given)
