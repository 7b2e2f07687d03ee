"""A simulated Reddit on a real port, and our connector connected to it as the product drives it."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import uvicorn

from inbox.platforms.base import Account, Action, Incoming, Kind, Look, NotHere, Outcome, Outgoing, Polled
from inbox.platforms.reddit.connector import Reddit
from inbox.platforms.reddit.simulator import RedditSimulator
from inbox.platforms.simulation import Person

ANA = Person("7001", "Ana Ruiz", "ana_r")
LI = Person("7002", "Li Wei", "li_w")


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[str]:
    """The application on a free loopback port; gives its address."""
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
    """The connector with its account: access renewed when it says so, cursors kept between polls."""

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self.connector, self.http, self.account = Reddit(), http, account
        self.cursor: dict[str, Any] = {}
        self.payloads: list[dict[str, Any]] = []
        self.rest: Polled | None = None

    @classmethod
    def to(cls, network: RedditSimulator, http: httpx.AsyncClient, **settings: Any) -> "Connected":
        told = network.connection
        account = Account(
            platform="reddit",
            external_id=told["external_id"],
            name=told["name"],
            handle=told["handle"],
            credentials=told["credentials"],
            settings={**told["settings"], "tend_seconds": 0, **settings},
            app_id=told["app"]["id"],
            app_secrets=told["app"]["secrets"],
        )
        return cls(http, account)

    def set(self, **settings: Any) -> None:
        """Change the channel's settings."""
        self.account = msgspec.structs.replace(self.account, settings={**self.account.settings, **settings})

    async def signed_in(self) -> "Connected":
        credentials = await self.connector.refresh(self.http, self.account)
        assert credentials
        self.account = msgspec.structs.replace(self.account, credentials=credentials)
        return self

    async def polled(self) -> list[Incoming]:
        """Everything new, through to the end of the round."""
        found: list[Incoming] = []
        for _ in range(500):
            page = await self.page()
            found += [event for payload in page.payloads for event in self.connector.normalise(payload)]
            if not page.more:
                return found
        raise AssertionError("The poll never ends.")

    async def page(self) -> Polled:
        """One page."""
        try:
            page = await self.connector.poll(self.http, self.account, self.cursor)
        except NotHere as refused:
            if refused.error != "auth_expired":
                raise
            await self.signed_in()
            page = await self.connector.poll(self.http, self.account, self.cursor)
        # What is stored is JSON, and so is the cursor.
        self.cursor = json.loads(json.dumps(page.cursor))
        self.payloads += json.loads(json.dumps(page.payloads))
        self.rest = page
        return page

    async def send(self, act: Outgoing) -> Outcome:
        return await self.connector.send(self.http, self.account, act)

    async def look(self, act: Outgoing) -> Look:
        return await self.connector.look(self.http, self.account, act)


def outgoing(action: Action, **more: Any) -> Outgoing:
    """An act, with what the test does not care about filled in."""
    given: dict[str, Any] = {"kind": Kind.DM if action is Action.DM else Kind.COMMENT, "correlation": "inbox:msg:42"}
    given |= {"text": "On its way!", "created_at": datetime.now(UTC), **more}
    return Outgoing(action=action, **given)


def ids(events: list[Incoming]) -> list[str]:
    """The names of what was heard, sorted: the order in which it is told is nobody's promise."""
    return sorted(event.external_id for event in events)
