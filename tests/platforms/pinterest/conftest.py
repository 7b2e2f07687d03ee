"""A simulated Pinterest that really listens, and the connector connected to it."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn

from inbox.platforms.base import Account, Incoming
from inbox.platforms.pinterest.connector import Pinterest
from inbox.platforms.pinterest.simulator import Pinterest as Network
from inbox.platforms.simulation import Person

ANA = Person("7001", "Ana Ruiz")
LI = Person("7002", "Li Wei")


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


@pytest.fixture
def pinterest() -> Pinterest:
    return Pinterest()


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    network = Network(account="549", secrets=["app-secret", "older"])
    async with served(network.app) as url:
        network.bind(url=url)
        yield network


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        yield client


@pytest.fixture
def account(network: Network) -> Account:
    told = network.connection
    return Account(
        platform="pinterest",
        external_id=told["external_id"],
        credentials=told["credentials"],
        settings=told["settings"],
        app_id=told["app"]["id"],
        app_secrets=told["app"]["secrets"],
    )


Polling = Callable[[dict[str, Any]], Awaitable[tuple[list[Incoming], dict[str, Any]]]]


@pytest.fixture
def sweep(pinterest: Pinterest, http: httpx.AsyncClient, account: Account) -> Polling:
    """Poll until there is no more; gives the events and the cursor."""

    async def run(cursor: dict[str, Any]) -> tuple[list[Incoming], dict[str, Any]]:
        events: list[Incoming] = []
        for _ in range(100):
            polled = await pinterest.poll(http, account, cursor)
            # What is stored is JSON, and so is the cursor.
            payloads = json.loads(json.dumps(polled.payloads))
            events += [event for payload in payloads for event in pinterest.normalise(payload)]
            cursor = json.loads(json.dumps(polled.cursor))
            if not polled.more:
                return events, cursor
        raise AssertionError("The poll never ends.")

    return run
