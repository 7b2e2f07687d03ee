"""The hub by itself: rooms come and go with their pages, and what goes wrong in one room stays there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from inbox.ground.bell import Bell
from inbox.ground.db import Database
from inbox.ground.settings import Settings
from inbox.people.access import Agent
from inbox.people.sessions import hash_of
from inbox.realtime import hub as hubs
from inbox.realtime.connection import MOST_FRAMES, Connection
from inbox.realtime.hub import Hub, open_pages
from inbox.realtime.presence import Presence
from tests.waiting import until
from tests.world import World


@pytest.fixture
async def hub(database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hub]:
    monkeypatch.setattr(hubs, "RECHECK", 0.02)
    hub = Hub(database, Bell(settings), Presence(settings.redis_url))
    await hub.start()
    yield hub
    await hub.stop()


@asynccontextmanager
async def looking(hub: Hub, world: World, who: Agent, said: list[bytes] | None = None) -> AsyncIterator[Connection]:
    """Somebody's page, open and listening."""
    cookie, _ = await world.sign_in(who)

    async def send(frame: bytes) -> None:
        if said is not None:
            said.append(frame)

    page = Connection(who, hash_of(cookie), send)
    await hub.greet(page)
    await hub.join_new(page)
    try:
        yield page
    finally:
        hub.leave(page)


def readers() -> int:
    return sum(task.get_name() == "hub reader" and not task.done() for task in asyncio.all_tasks())


async def test_a_room_in_which_nobody_looks_any_more_is_closed_and_opens_again(hub: Hub, database: Database) -> None:
    world = await World.make(database)
    async with looking(hub, world, world.agent):
        assert readers() == 1
    await until(lambda: readers() == 0)
    async with looking(hub, world, world.agent):
        assert readers() == 1


async def test_a_workspace_that_is_gone_keeps_nobody_elses_session_open(
    hub: Hub, database: Database, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    gone, here = await World.make(database, name="Gone"), await World.make(database, name="Here")
    async with looking(hub, gone, gone.agent) as lost, looking(hub, here, here.agent) as page:
        await owner.execute("DELETE FROM feed_head WHERE workspace_id = $1", gone.workspace_id)
        await until(lost.closed.is_set)
        await owner.execute("DELETE FROM session WHERE user_id = $1", here.agent.id)
        await until(page.closed.is_set)
        assert page.why == "signed out"


async def test_a_page_that_cannot_even_be_told_to_look_afresh_is_closed(
    hub: Hub, database: Database, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    world = await World.make(database)
    async with looking(hub, world, world.agent) as page:
        await until(lambda: len(page._frames) == 3)  # hello, started, counts; nobody reads them
        for _ in range(MOST_FRAMES - 3):
            page.put(b"{}")
        await owner.execute("UPDATE membership SET access_version = access_version + 1")
        await until(page.closed.is_set)
        assert page.why == "slow"


async def test_a_page_that_starts_twice_is_one_page(hub: Hub, database: Database) -> None:
    world = await World.make(database)
    before = open_pages._value.get()
    async with looking(hub, world, world.agent) as page:
        await hub.join_new(page)
        assert open_pages._value.get() == before + 1
    assert open_pages._value.get() == before
