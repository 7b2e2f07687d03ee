"""Two web processes behind a switchboard are restarted one after the other, while five hundred pages are open."""

from __future__ import annotations

import asyncio
import os
import random
import resource
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from inbox.ground.bell import Bell
from inbox.ground.db import Database
from inbox.ground.processes import free_ports
from inbox.ground.settings import Settings
from inbox.people.access import Agent, Role
from inbox.realtime import rows
from tests.chaos.page import Page
from tests.chaos.place import until
from tests.chaos.proxy import Proxy
from tests.flow.road import Road, clock
from tests.realtime.looking import agrees, look
from tests.realtime.reader import reader
from tests.world import World

pytestmark = pytest.mark.timeout(600)

PAGES, PEOPLE = 500, 40


@dataclass
class Doors:
    """Two web processes, and the switchboard by which everybody reaches whichever picks up."""

    switchboard: Proxy
    env: dict[str, str]
    processes: dict[int, subprocess.Popen[bytes]]

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.switchboard.port}"

    def opens(self, port: int) -> None:
        self.processes[port] = subprocess.Popen(
            [sys.executable, "-m", "inbox", "serve"],
            env=self.env | {"PORT": str(port), "BASE_URL": self.base},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    async def answers(self, port: int) -> None:
        async def ready() -> bool:
            async with httpx.AsyncClient(timeout=2) as http:
                return (await http.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200

        await until(ready, "the web process answers")

    async def restarts(self, port: int) -> None:
        """As a deployment does it: told to stop, waited for, started anew."""
        process = self.processes.pop(port)
        process.send_signal(signal.SIGTERM)
        await until(lambda: process.poll() is not None, "the web process has ended")
        self.opens(port)
        await self.answers(port)


@asynccontextmanager
async def two_doors(settings: Settings, folder: Path) -> AsyncIterator[Doors]:
    """Started, and not yet waited for."""
    ports = free_ports(2)
    env = {
        **os.environ,
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "SECRET_KEY": settings.secret_key,
        "DATA_DIR": str(folder),
        "HOST": "127.0.0.1",
    }
    async with Proxy("127.0.0.1", ports[0], ("127.0.0.1", ports[1])) as switchboard:
        doors = Doors(switchboard, env, {})
        try:
            for port in ports:
                doors.opens(port)
            yield doors
        finally:
            for process in doors.processes.values():
                process.kill()
                process.wait()


class Traffic:
    """Customers on two channels, and a supervisor who sorts what they write, until everybody is told to stop."""

    def __init__(self, world: World, roads: list[Road], bell: Bell, desk: httpx.AsyncClient) -> None:
        self.world, self.roads, self.bell, self.desk = world, roads, bell, desk
        self.chance = random.Random(500)
        self.turns = 0
        self._stop = asyncio.Event()

    async def run(self) -> None:
        while not self._stop.is_set():
            self.turns += 1
            await self._somebody_writes()
            if self.turns % 3 == 0:
                await self._somebody_sorts()

    async def more(self, turns: int) -> None:
        wanted = self.turns + turns
        await until(lambda: self.turns >= wanted, "life goes on")

    def end(self) -> None:
        self._stop.set()

    async def _somebody_writes(self) -> None:
        road, who = self.chance.choice(self.roads), str(7000 + self.chance.randint(0, 9))
        at = f"09:{self.turns // 60 % 60:02}:{self.turns % 60:02}"
        await road.arrives(road.dm(who, f"Where is it? ({self.turns})", at=at, mid=f"m_{self.turns}"))
        self.bell.ring(f"feed:{self.world.workspace_id}")

    async def _somebody_sorts(self) -> None:
        """A door that closes meanwhile refuses, and that is that."""
        thread = self.chance.choice(await self.roads[0].conversations())["id"]
        try:
            await self.desk.put(f"/conversations/{thread}/tags/{self.chance.choice(['late', 'lamp', 'refund'])}")
        except httpx.HTTPError:
            return


@pytest.fixture
def many_files() -> Iterator[None]:
    """Five hundred lines have three ends in this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_five_hundred_pages_stay_true_through_a_rolling_restart_and_a_storm_of_returns(
    database: Database, settings: Settings, tmp_path: Path, many_files: None
) -> None:
    async with AsyncExitStack() as open_things:
        doors = await open_things.enter_async_context(two_doors(settings, tmp_path))
        world = await World.make(database)
        roads = [await Road.make(world)]
        other = await world.channel("facebook", external_id="2050", name="The other page")
        roads.append(Road(world, "2050"))
        async with database.tenant(world.workspace_id) as connection:
            await connection.execute("UPDATE channel SET connected_at = $1 WHERE id = $2", clock("00:00"), other)
        people = [
            await world.member(Role.AGENT, f"Agent {n}", channel_ids=None if n % 2 else [world.channel_id])
            for n in range(PEOPLE)
        ]
        await asyncio.gather(*(doors.answers(port) for port in doors.processes))
        bell = Bell(settings)
        await bell.start()
        open_things.push_async_callback(bell.stop)
        desk = await open_things.enter_async_context(await desk_of(world, doors))
        cookies = [(await world.sign_in(who))[0] for who in people]
        pages = [(people[n % PEOPLE], Page(doors.base, cookies[n % PEOPLE], seed=n)) for n in range(PAGES)]
        for _, page in pages:
            page.opens()
            open_things.push_async_callback(page.closes)
        await until(lambda: all(page.live for _, page in pages), "all pages are open")
        cookie, _ = await world.sign_in(world.supervisor)
        real = await open_things.enter_async_context(reader(doors.base, cookie))
        await look(real, [])

        traffic = Traffic(world, roads, bell, desk)
        living = asyncio.create_task(traffic.run())
        await traffic.more(20)
        for port in list(doors.processes):
            await doors.restarts(port)
            await traffic.more(10)
        doors.switchboard.resets()
        await traffic.more(10)
        traffic.end()
        await living

        for who in people:
            seen = await visible(database, who)
            for _, page in (one for one in pages if one[0] is who):
                await until(page.is_at(seen[-1]), "the page has heard everything")
                assert page.heard == [seq for seq in seen if seq > page.first]
        assert {(page.holes, page.twice, page.afresh) for _, page in pages} == {(0, 0, 0)}
        assert min(page.calls for _, page in pages) >= 2
        await everybody_shows_what_is_so(database, world, pages)
        await agrees(doors.base, real, cookie, [])


async def desk_of(world: World, doors: Doors) -> httpx.AsyncClient:
    cookie, csrf = await world.sign_in(world.supervisor)
    return httpx.AsyncClient(
        base_url=f"{doors.base}/api/v1",
        headers={"X-CSRF-Token": csrf, "Origin": doors.base},
        cookies={"earshot_session": cookie},
        timeout=10,
    )


async def visible(database: Database, who: Agent) -> list[int]:
    """The numbers of everything this person may hear."""
    channels = None if who.channel_ids is None else list(who.channel_ids)
    async with database.tenant(who.workspace_id) as connection:
        found = await connection.fetch(
            """SELECT seq FROM event WHERE workspace_id = $1 AND (user_id IS NULL OR user_id = $2)
                   AND (channel_id IS NULL OR $3::uuid[] IS NULL OR channel_id = ANY($3)) ORDER BY seq""",
            who.workspace_id,
            who.id,
            channels,
        )
    return [int(row["seq"]) for row in found]


async def everybody_shows_what_is_so(database: Database, world: World, pages: list[tuple[Agent, Page]]) -> None:
    """I4: the rows each page ended with are the rows that a page opened now would be given."""
    async with database.snapshot(world.workspace_id) as connection:
        ids = await connection.fetch(
            "SELECT id, channel_id FROM conversation WHERE workspace_id = $1", world.workspace_id
        )
        letters = await connection.fetch(
            "SELECT id, channel_id FROM message WHERE workspace_id = $1", world.workspace_id
        )
        threads = await rows.conversations(connection, world.workspace_id, [row["id"] for row in ids])
        messages = await rows.messages(connection, world.workspace_id, [row["id"] for row in letters])
    where = {str(row["id"]): row["channel_id"] for row in [*ids, *letters]}
    fresh = {name: as_sent(found) for name, found in (("conversations", threads), ("messages", messages))}
    for who, page in pages:
        for name, known in (("conversations", page.conversations), ("messages", page.messages)):
            assert known == {key: row for key, row in fresh[name].items() if who.sees(where[key])}


def as_sent(found: dict[UUID, Any]) -> dict[str, Any]:
    return {str(key): msgspec.json.decode(msgspec.json.encode(row)) for key, row in found.items()}
