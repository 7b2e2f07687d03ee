"""A token is revoked while twenty use it: one of them asks for a new one, everybody goes on, nobody is signed out."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import urlsplit

import httpx
import pytest

from inbox.flow import accounts, care, outbox
from inbox.flow.hearing import Ear
from inbox.flow.road import Road
from inbox.ground.db import Database
from inbox.ground.outbound import Outbound
from inbox.ground.settings import Settings
from inbox.platforms.base import Account, ErrorClass, NotHere, Polled, Receipt
from tests.chaos.proxy import Proxy
from tests.outbox.conftest import Desk, opened_desk
from tests.outbox.echo_platform import PLATFORMS, Network, Strong
from tests.waiting import until

SENDS = 18  # with a poll and a look at the channel, twenty who use the account at once


@dataclass
class Rotating(Network):
    """A network whose refresh tokens are good once, and whose access tokens end the moment a new one is given.

    `crowd`: so many must have been refused before any of them is told so. `sign_in`: waited for before a new token.
    """

    crowd: asyncio.Barrier | None = None
    sign_in: asyncio.Event = field(default_factory=asyncio.Event)
    away: bool = False  # where one signs in, the connection is cut
    asked_twice: int = 0  # with a refresh token that was used before: real networks end the whole sign-in then
    used: list[tuple[str, str]] = field(default_factory=list)  # each token that was accepted, beside the stored one
    generation: int = 0
    refused: int = 0
    desk: Desk | None = None
    before_answer: list[Callable[[], Awaitable[Any]]] = field(default_factory=list)

    def revoke(self) -> None:
        """Somebody changed the password: access tokens end, the refresh token stays."""
        self.token = f"revoked-{self.generation}"

    async def _answer(
        self, method: str, address: str, headers: dict[str, str], body: dict[str, Any]
    ) -> tuple[int, dict[str, str], bytes] | None:
        if urlsplit(address).path == "/refresh":
            self.refreshed += 1
            if self.away:
                return None
            if body["token"] != f"refresh-{self.generation}":
                self.asked_twice += 1
                return 401, {}, b"{}"
            await self.sign_in.wait()
            self.generation += 1
            self.token = f"access-{self.generation}"
            if self.before_answer:
                await self.before_answer.pop()()
            return 200, {}, json.dumps({"token": self.token, "refresh": f"refresh-{self.generation}"}).encode()
        held = headers.get("authorization", "").removeprefix("Bearer ")
        if held != self.token:
            self.refused += 1
            if self.crowd:
                await self.crowd.wait()
                self.crowd = None
            return 401, {}, b"{}"
        assert self.desk
        self.used.append((held, (await stored(self.desk)).credentials["token"]))
        return await super()._answer(method, address, headers, body)


class Echo(Strong):
    """With something to poll and something to check."""

    name: ClassVar[str] = "echo_rotating"

    async def refresh(self, http: httpx.AsyncClient, account: Account) -> dict[str, Any] | None:
        body = {"token": account.credentials["refresh"]}
        answer = await http.post(f"{account.settings['url']}/refresh", json=body)
        if answer.status_code != 200:
            raise NotHere(ErrorClass.AUTH_EXPIRED, "Echo wants a new sign-in.")
        return dict(answer.json())

    async def poll(self, http: httpx.AsyncClient, account: Account, cursor: dict[str, Any]) -> Polled:
        await self._ask(http, account)
        return Polled(payloads=[], cursor={})

    async def check(self, http: httpx.AsyncClient, account: Account) -> Receipt:
        await self._ask(http, account)
        return Receipt(account.external_id, account.name)

    async def _ask(self, http: httpx.AsyncClient, account: Account) -> None:
        headers = {"authorization": f"Bearer {account.credentials['token']}"}
        if (await http.get(f"{account.settings['url']}/posts", headers=headers)).status_code == 401:
            raise NotHere(ErrorClass.AUTH_EXPIRED, "Echo does not know us any more.")


async def stored(desk: Desk) -> Account:
    async with desk.database.tenant(desk.workspace_id) as connection:
        account = await accounts.load(connection, desk.world.safe, desk.workspace_id, desk.world.channel_id)
    assert account
    return account


@pytest.fixture
async def network() -> AsyncIterator[Rotating]:
    async with Rotating() as opened:
        opened.sign_in.set()
        yield opened


@pytest.fixture
async def desk(
    database: Database, settings: Settings, network: Rotating, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Desk]:
    monkeypatch.setitem(PLATFORMS, Echo.name, Echo())
    async with opened_desk(database, settings, network, Echo.name) as opened:
        network.desk = opened
        network.token = "access-0"
        sealed = opened.world.safe.seal(
            {"token": "access-0", "refresh": "refresh-0"}, f"channel:{opened.world.channel_id}"
        )
        await opened.change_channel(credentials=sealed, poll_due_at=await opened.value("SELECT now()"))
        async with database.tenant(opened.workspace_id) as connection:  # its own other channel is of no interest
            await connection.execute("DELETE FROM channel WHERE id <> $1", opened.world.channel_id)
        yield opened


async def test_of_twenty_who_meet_a_revoked_token_one_asks_for_a_new_one(
    desk: Desk, network: Rotating, settings: Settings
) -> None:
    desk = desk.at(deadline=60.0, lease=200.0)  # all of them wait for the last
    replies = [await desk.replies(await desk.hears(f"{n}?", thread=str(n)), f"answer {n}") for n in range(SENDS)]
    due = await outbox.due(desk.database, limit=SENDS)
    network.revoke()
    network.crowd = asyncio.Barrier(SENDS + 2)
    async with another_process(desk, settings) as other:
        both = (desk.road, other)
        await asyncio.wait_for(
            asyncio.gather(
                *(outbox.deliver(both[n % 2], one.workspace_id, one.outbound_id) for n, one in enumerate(due)),
                *(ear(road).poll(desk.workspace_id, desk.world.channel_id) for road in both),
                *(care.tend(road, desk.workspace_id, desk.world.channel_id) for road in both),
            ),
            60,
        )
    for reply in replies:
        assert await desk.works_until(reply.id, "sent", "failed") == "sent"
    assert (network.refreshed, network.asked_twice) == (1, 0)
    assert {held for held, _ in network.used} == {"access-1"}
    assert all(held == kept for held, kept in network.used)  # stored before anybody used it
    assert len(network.posts) == SENDS
    assert (await desk.channel())["state"] == "connected"


async def test_where_one_signs_in_is_away_nobody_is_signed_out(desk: Desk, network: Rotating) -> None:
    reply = await desk.replies(await desk.hears("Where is my order?"))
    network.revoke()
    network.away = True
    (due,) = await outbox.due(desk.database, limit=1)
    await outbox.deliver(desk.road, due.workspace_id, due.outbound_id)
    await ear(desk.road).poll(desk.workspace_id, desk.world.channel_id)
    await care.tend(desk.road, desk.workspace_id, desk.world.channel_id)
    assert network.refreshed == 3
    assert (await desk.channel())["state"] == "connected"
    assert await desk.state(reply.id) == "queued"
    network.away = False
    assert await desk.works_until(reply.id, "sent", "failed") == "sent"


async def test_a_new_token_is_kept_though_postgres_hung_up_while_it_was_given(
    desk: Desk, network: Rotating, settings: Settings
) -> None:
    reply = await desk.replies(await desk.hears("Where is my order?"))
    stale = (await stored(desk)).credentials
    network.revoke()
    told = urlsplit(settings.database_url)
    async with Proxy(told.hostname or "", told.port or 0) as line:
        through = dataclasses.replace(settings, database_url=line.before(settings.database_url))
        async with another_process(desk, through) as other:

            async def hangs_up() -> None:
                line.resets()
                # And a process with a good line asks in this very moment, with what was good once.
                assert await renew(desk, desk.road, stale) is None
                assert (await desk.channel())["state"] == "signed_out"

            network.before_answer.append(hangs_up)
            account = await asyncio.wait_for(renew(desk, other, stale), 60)
    assert account
    assert account.credentials == (await stored(desk)).credentials == {"token": "access-1", "refresh": "refresh-1"}
    assert network.asked_twice == 1
    assert (await desk.channel())["state"] == "connected"
    assert await desk.works_until(reply.id, "sent", "failed") == "sent"


async def test_a_slow_sign_in_of_one_account_takes_no_line_from_the_others(
    desk: Desk, network: Rotating, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "RENEWAL", 60.0)
    desk = desk.at(deadline=60.0, lease=200.0)
    slow = [await desk.replies(await desk.hears(f"{n}?", thread=str(n)), f"slow {n}") for n in range(8)]
    due = await outbox.due(desk.database, limit=8)
    network.revoke()
    network.sign_in.clear()
    async with Network() as quick, another_process(desk, settings, quick) as road:
        beside = await beside_it(desk, quick)
        delivering = [asyncio.create_task(outbox.deliver(road, one.workspace_id, one.outbound_id)) for one in due]

        async def all_refused() -> bool:
            return network.refreshed == 1 and network.refused >= 8

        await until(all_refused)
        reply = await beside.replies(await beside.hears("Hello?"), "quick")
        await outbox.deliver(road, desk.workspace_id, reply.id)
        assert await desk.state(reply.id) == "sent"
        network.sign_in.set()
        await asyncio.gather(*delivering)
    for one in slow:
        assert await desk.works_until(one.id, "sent", "failed") == "sent"
    assert network.refreshed == 1


async def test_who_signed_in_anew_meanwhile_stays_signed_in(desk: Desk) -> None:
    old = {"token": "access-before", "refresh": "refresh-before"}
    await accounts.sign_out(
        desk.database, desk.world.safe, desk.workspace_id, desk.world.channel_id, "It is over.", refused=old
    )
    assert (await desk.channel())["state"] == "connected"


@asynccontextmanager
async def another_process(desk: Desk, settings: Settings, *networks: Network) -> AsyncIterator[Road]:
    """What another worker works with: three lines to Postgres of its own, and its own way out."""
    database = await Database.open(settings, app=3, intake=1, claim=1)
    ports = {f"n{number}": network.port for number, network in enumerate((desk.network, *networks))}
    outbound = Outbound(dataclasses.replace(settings, demo_ports=ports))
    yield dataclasses.replace(desk.road, database=database, outbound=outbound)
    await outbound.close()
    await database.close()


async def beside_it(desk: Desk, network: Network) -> Desk:
    """The same workspace's channel on another network."""
    world = dataclasses.replace(desk.world)
    for role in ("admin", "supervisor", "agent", "read_only", "outsider"):
        setattr(world, role, getattr(desk.world, role))
    world.channel_id = await desk.world.channel(
        "echo_strong",
        external_id="account-echo_strong",
        credentials=network.credentials,
        settings={"url": network.url, "needs_reply": {"comment": "always"}},
    )
    return dataclasses.replace(desk, network=network, platform="echo_strong", world=world)


async def renew(desk: Desk, road: Road, stale: dict[str, Any]) -> Account | None:
    return await accounts.renew(
        road.database,
        road.safe,
        road.outbound.for_channel(True),
        Echo(),
        desk.workspace_id,
        desk.world.channel_id,
        stale,
    )


def ear(road: Road) -> Ear:
    return Ear(road.database, road.bell, road.safe, road.outbound, PLATFORMS)
