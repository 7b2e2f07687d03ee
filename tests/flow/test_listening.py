"""Asking platforms: whoever is slow, lies or wants to be left alone holds up nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from inbox.ground.bell import Bell
from inbox.ground.db import Database
from inbox.ground.outbound import Outbound
from inbox.ground.settings import Settings
from inbox.platforms.base import (
    Account,
    Author,
    Capabilities,
    Connector,
    ErrorClass,
    Incoming,
    NotHere,
    Outcome,
    Outgoing,
    Polled,
    Receipt,
    Unknown,
)
from tests.flow.road import Road
from tests.waiting import until
from tests.world import World
from workers import loops
from workers.house import House


class Network(Connector):
    """A platform that says what the test wants."""

    name = title = "network"

    capabilities = Capabilities(hears=["poll"], kinds=[], actions={}, text_limits={})

    def __init__(self, poll: Callable[[], Awaitable[Polled]]) -> None:
        self._poll = poll
        self.asked = 0

    def normalise(self, payload: Any) -> list[Incoming]:
        return []

    async def poll(self, http: httpx.AsyncClient, account: Account, cursor: dict[str, Any]) -> Polled:
        self.asked += 1
        return await self._poll()

    async def person(self, http: httpx.AsyncClient, account: Account, external_id: str) -> Author | None:
        self.asked += 1
        raise NotHere(ErrorClass.RATE_LIMITED, "Not now.", datetime.now(UTC) + timedelta(hours=1))

    async def send(self, http: httpx.AsyncClient, account: Account, outgoing: Outgoing) -> Outcome:
        return Unknown("")

    async def check(self, http: httpx.AsyncClient, account: Account) -> Receipt:
        return Receipt(account.external_id, "")


async def nothing_new() -> Polled:
    return Polled(payloads=[], cursor={"seen": True})


async def never() -> Polled:
    await asyncio.Event().wait()
    raise AssertionError


async def nonsense() -> Polled:
    raise KeyError("data")


@asynccontextmanager
async def working(
    loop: Callable[[House, asyncio.Event], Coroutine[Any, Any, None]],
    database: Database,
    settings: Settings,
    **platforms: Connector,
) -> AsyncIterator[House]:
    """A worker with this one loop."""
    world_safe = (await World.make(database)).safe
    house = House(settings, database, Bell(settings), world_safe, Outbound(settings), platforms)
    stop = asyncio.Event()
    task = asyncio.create_task(loop(house, stop))
    try:
        yield house
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def becomes(world: World, channel_id: UUID, condition: str) -> None:
    async def holds() -> Any:
        async with world.database.tenant(world.workspace_id) as connection:
            return await connection.fetchval(f"SELECT {condition} FROM channel WHERE id = $1", channel_id)

    await until(holds, condition)


async def test_a_platform_that_does_not_answer_or_answers_nonsense_holds_up_no_other(
    database: Database, settings: Settings
) -> None:
    world = await World.make(database, platform="facebook")
    await world.channel("slow")
    silly, quick = await world.channel("silly"), await world.channel("quick")
    async with database.tenant(world.workspace_id) as connection:
        await connection.execute("UPDATE channel SET poll_due_at = now() WHERE platform <> 'facebook'")
    async with working(
        loops.poll_channels,
        database,
        settings,
        slow=Network(never),
        silly=Network(nonsense),
        quick=Network(nothing_new),
    ):
        await becomes(world, quick, "cursor ? 'seen' AND poll_lease_until IS NULL")
        await becomes(world, silly, "poll_lease_until IS NULL AND poll_due_at > now() + interval '20 seconds'")
        async with database.tenant(world.workspace_id) as connection:
            await connection.execute("UPDATE channel SET poll_due_at = now(), cursor = '{}' WHERE id = $1", quick)
        await becomes(world, quick, "cursor ? 'seen'")


async def test_a_platform_that_wants_to_be_left_alone_is_not_asked_for_names_again(
    road: Road, settings: Settings
) -> None:
    await road.says("7001", "Hello?", at="09:00")
    network = Network(nothing_new)
    async with working(loops.introduce_people, road.database, settings, facebook=network) as house:
        async with asyncio.timeout(10):
            while not network.asked:  # noqa: ASYNC110 - the network tells nobody
                await asyncio.sleep(0.01)
        for number in range(5):
            await road.says("7001", f"Hello {number}?", at="09:01")
            house.bell.ring("lanes")
            await asyncio.wait([asyncio.create_task(house.bell.wait("lanes", 0.1))])
    assert network.asked == 1
