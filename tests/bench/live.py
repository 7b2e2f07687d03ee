"""Commit -> 500 open pages: how long until each has it; and how much gets through, beside a bare broadcast."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import httpx
import msgspec

from inbox.flow import lanes
from inbox.flow.split import split
from inbox.ground.bell import Bell
from inbox.ground.crypto import Safe
from inbox.ground.db import Database
from inbox.ground.ids import new_id
from inbox.ground.processes import free_port
from inbox.people.access import Role
from inbox.people.sessions import COOKIE
from inbox.platforms.registry import platforms
from inbox.realtime import events
from inbox.realtime.events import Happening
from tests.bench.house import House, message, wait_for, workspace
from tests.bench.listeners import Order, Seen
from tests.bench.table import Figure, quantile
from tests.world import World

SOCKETS, PEOPLE = 500, 30
CALM, EVERY = 100, 0.1  # events, seconds between them
BURST, WINDOW = 300, 4  # events, and how many of them may be under way

Tell = Callable[[], Awaitable[float]]  # makes the next event; gives the moment of its commit


@dataclass
class Told:
    """What was told, and what the pages saw of it."""

    moments: list[float]
    seen: Seen
    burst: float  # seconds until every page had the burst

    @property
    def delays(self) -> list[float]:
        """Milliseconds from each commit to each page."""
        numbers = sorted(self.seen.at)[:CALM]
        return sorted(
            (at - moment) * 1000
            for number, moment in zip(numbers, self.moments, strict=False)
            for at in self.seen.at[number]
        )

    @property
    def per_second(self) -> float:
        return BURST * SOCKETS / self.burst


def measure(house: House) -> list[Figure]:
    return asyncio.run(_measure(house))


async def _measure(house: House) -> list[Figure]:
    database, bell = await Database.open(house.settings), Bell(house.settings)
    await bell.start()
    world = await workspace(database)
    cookies = [f"{COOKIE}={cookie}" for cookie in await _people(world)]
    known = await _conversations(database, world)
    turn = iter(range(10**9))

    async def commits() -> float:
        conversation_id, message_id = known[next(turn) % len(known)]
        async with database.tenant(world.workspace_id) as connection:
            told = [Happening("message.received", conversation_id, message_id)]
            await events.number(connection, world.workspace_id, told)
        moment = time.monotonic()
        bell.ring(f"feed:{world.workspace_id}")
        return moment

    with house.web() as port:
        async with _listeners(Order(port, "/ws", [cookies[n % PEOPLE] for n in range(SOCKETS)])) as pages:
            ours = await _tell(pages, commits)
    await bell.stop()
    await database.close()
    bare = await _bare(house, ours.seen.size // ours.seen.frames)
    calm, limit = ours.delays, bare.delays
    return [
        Figure("bare broadcast, same server, p50 / p99", _both(limit), "the limit, from the call"),
        Figure(f"commit -> {SOCKETS} pages, p50 / p99", _both(calm), "p99 <= 50 ms"),
        Figure("bare broadcast, as fast as it goes", f"{bare.per_second:,.0f} frames/s", "the limit"),
        Figure(
            "events of a burst, each to every page",
            f"{ours.per_second:,.0f}/s",
            f"{ours.per_second / bare.per_second:.2f} of it (>= 0.8)",
        ),
    ]


async def _people(world: World) -> list[str]:
    """Cookies of enough people that none has more pages than one may."""
    return [(await world.sign_in(await world.member(Role.AGENT, f"Agent{n}")))[0] for n in range(PEOPLE)]


async def _conversations(database: Database, world: World) -> list[tuple[UUID, UUID]]:
    """Conversations with a message each, which is what events tell of."""
    async with database.intake.acquire() as connection:
        await connection.executemany(
            "INSERT INTO inbound_delivery (id, platform, app, headers, body) VALUES ($1, 'facebook', 'bench', '', $2)",
            [(new_id(), message(number, size=300)) for number in range(200)],
        )
    while await split(database, platforms(), Safe(database.settings.secret_key)):
        pass
    while busy := await lanes.busy(database):
        for workspace_id, lane in busy:
            await lanes.work(database, platforms(), workspace_id, lane)
    async with database.tenant(world.workspace_id) as connection:
        rows = await connection.fetch(
            "SELECT conversation_id, id FROM message WHERE workspace_id = $1", world.workspace_id
        )
    return [(row["conversation_id"], row["id"]) for row in rows]


async def _bare(house: House, size: int) -> Told:
    port, numbers = free_port(), iter(range(1, 10**9))
    arguments = ["--port", str(port), "--loop", "uvloop", "--http", "httptools", "--ws", "websockets-sansio"]
    quiet = ["--ws-per-message-deflate", "false", "--no-access-log", "--log-level", "error"]
    with house.process("uvicorn", "tests.bench.broadcast:app", *arguments, *quiet):
        wait_for(f"http://127.0.0.1:{port}/")
        async with httpx.AsyncClient() as client:

            async def calls() -> float:
                number = next(numbers)
                frame = b'{"type":"events","seq":%d,"prev":%d,"events":["' % (number, number - 1)
                moment = time.monotonic()
                await client.post(f"http://127.0.0.1:{port}/", content=frame + b"x" * (size - len(frame) - 3) + b'"]}')
                return moment

            async with _listeners(Order(port, "/", [""] * SOCKETS)) as pages:
                return await _tell(pages, calls)


@asynccontextmanager
async def _listeners(order: Order) -> AsyncIterator[asyncio.subprocess.Process]:
    pages = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.bench.listeners",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**28,
    )
    assert pages.stdin
    assert pages.stdout
    try:
        pages.stdin.write(msgspec.json.encode(order) + b"\n")
        if await asyncio.wait_for(pages.stdout.readline(), 60) != b"ready\n":
            raise RuntimeError("Not every page could be opened.")
        yield pages
    finally:
        if pages.returncode is None:
            pages.kill()
        await pages.wait()


async def _tell(pages: asyncio.subprocess.Process, tell: Tell) -> Told:
    """First one by one; then so that there is always something under way."""
    assert pages.stdin
    assert pages.stdout
    moments = []
    for _ in range(CALM):
        started = time.monotonic()
        moments.append(await tell())
        await pages.stdout.readline()
        await asyncio.sleep(max(0.0, started + EVERY - time.monotonic()))
    started, under_way = time.monotonic(), asyncio.Semaphore(WINDOW)

    async def hear() -> None:
        assert pages.stdout
        for _ in range(BURST):
            await pages.stdout.readline()
            under_way.release()

    hearing = asyncio.create_task(hear())
    for _ in range(BURST):
        await under_way.acquire()
        await tell()
    await hearing
    burst = time.monotonic() - started
    pages.stdin.write(b"\n")
    return Told(moments, msgspec.json.decode(await pages.stdout.readline(), type=Seen), burst)


def _both(delays: list[float]) -> str:
    return f"{quantile(delays, 0.5):.1f} / {quantile(delays, 0.99):.1f} ms"
