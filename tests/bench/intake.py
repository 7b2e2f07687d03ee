"""Webhook in, durable, 200: beside a bare ASGI echo on the same server, in the same run. And draining what came in."""

from __future__ import annotations

import asyncio
import time

from inbox.flow import lanes
from inbox.flow.split import split
from inbox.ground.bell import Bell
from inbox.ground.crypto import Safe
from inbox.ground.db import Database
from inbox.ground.ids import new_id
from inbox.ground.processes import free_port
from inbox.platforms.registry import platforms
from tests.bench.house import House, load, message, signed, wait_for, workspace
from tests.bench.table import Figure

TOTAL, CONNECTIONS = 20_000, 64


def measure(house: House) -> list[Figure]:
    asyncio.run(_prepare(house))
    port = free_port()
    bodies = [message(number) for number in range(2_000)]
    with house.process(
        "uvicorn",
        "tests.bench.echo:app",
        "--port",
        str(port),
        "--loop",
        "uvloop",
        "--http",
        "httptools",
        "--no-access-log",
        "--log-level",
        "error",
    ):
        wait_for(f"http://127.0.0.1:{port}/")
        echo = load(port, [signed(body, port) for body in bodies], connections=CONNECTIONS, total=TOTAL)
    with house.web() as web:
        requests = [signed(body, web) for body in bodies]
        load(web, requests, connections=CONNECTIONS, total=2_000)
        full = load(web, requests, connections=CONNECTIONS, total=TOTAL)
        calm = load(web, requests, connections=CONNECTIONS, total=5_000, rate=500)
    assert full["statuses"] == {"200": TOTAL}, full["statuses"]
    ratio = full["per_second"] / echo["per_second"]
    return [
        Figure("bare ASGI echo, same server", f"{echo['per_second']:,.0f}/s", "the limit"),
        Figure("signed 1 KB webhook -> durable -> 200", f"{full['per_second']:,.0f}/s", f"{ratio:.2f} of it (>= 0.6)"),
        Figure("the same at 500/s, p99", f"{calm['p99_ms']:.1f} ms", "<= 50 ms"),
        *asyncio.run(_drain(house)),
        asyncio.run(_worker(house)),
    ]


async def _prepare(house: House) -> None:
    database = await Database.open(house.settings)
    await workspace(database)
    await database.close()


async def _deliver(database: Database, first: int, many: int) -> None:
    """What was delivered before is forgotten, and so many messages of 300 bytes lie there."""
    async with database.intake.acquire() as connection, connection.transaction():
        await connection.execute("UPDATE inbound_delivery SET state = 'done'")
        await connection.executemany(
            "INSERT INTO inbound_delivery (id, platform, app, headers, body) VALUES ($1, 'facebook', 'bench', '', $2)",
            [(new_id(), message(first + number, size=300)) for number in range(many)],
        )


async def _worker(house: House) -> Figure:
    """A worker process as it runs, with all its loops: from the deliveries on disk to the last message placed."""
    database, bell = await Database.open(house.settings), Bell(house.settings)
    await bell.start()
    with house.process("inbox", "work"):
        await _deliver(database, 2_000_000, 1)
        await _placed(database)  # it is up
        await _deliver(database, 3_000_000, TOTAL)
        started = time.perf_counter()
        bell.ring("deliveries")
        await _placed(database)
        took = time.perf_counter() - started
    await bell.stop()
    await database.close()
    return Figure("one worker process, all of it", f"{TOTAL / took:,.0f}/s", ">= 3,000/s")


async def _placed(database: Database) -> None:
    async def left() -> bool:
        asked = "SELECT EXISTS (SELECT 1 FROM {} WHERE state = 'new')"
        return bool(
            await database.intake.fetchval(asked.format("inbound_delivery"))
            or await database.claim.fetchval(asked.format("inbound_event"))
        )

    while await left():  # noqa: ASYNC110 - the condition is another process's
        await asyncio.sleep(0.02)


async def _drain(house: House) -> list[Figure]:
    """The two steps of the road by hand, one after the other, so that each figure is its own."""
    database, safe = await Database.open(house.settings), Safe(house.settings.secret_key)
    await _deliver(database, 1_000_000, TOTAL)
    started = time.perf_counter()
    while await split(database, platforms(), safe):
        pass
    split_took = time.perf_counter() - started
    placed, started = 0, time.perf_counter()
    while busy := await lanes.busy(database):
        for workspace_id, lane in busy:
            placed += await lanes.work(database, platforms(), workspace_id, lane)
    took = time.perf_counter() - started
    await database.close()
    return [
        Figure("deliveries split into lanes", f"{TOTAL / split_took:,.0f}/s", ""),
        Figure("lanes -> contact, conversation, message, episode, feed", f"{placed / took:,.0f}/s", ""),
    ]
