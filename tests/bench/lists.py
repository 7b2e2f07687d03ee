"""List, open, search and counts in a workspace with a million conversations, beside one with 33,000 and a primary key.

Everything is asked through the desk's own verbs, behind the walls. Laying a million down takes minutes, so this one
runs only when it is named: `python -m tests.bench lists`; LISTS=200000 asks for fewer.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID

import asyncpg

from inbox.desk import threads, views
from inbox.desk.filters import Filtering
from inbox.ground.db import Database, raw
from inbox.people.access import Agent, Role
from inbox.platforms.base import Kind
from inbox.realtime import counts
from tests.bench.house import House
from tests.bench.table import Figure, quantile
from tests.desk import crowd
from tests.world import World

LARGE, SMALL, MESSAGES = int(os.environ.get("LISTS", "1000000")), 33_000, 3
TIMES = 200

Verb = Callable[[Any], Awaitable[Any]]


@dataclass
class Filled:
    """A workspace, who asks in it, and some conversations to open."""

    world: World
    everything: Agent
    some: Agent
    known: list[UUID]


def measure(house: House) -> list[Figure]:
    return asyncio.run(_measure(house))


async def _measure(house: House) -> list[Figure]:
    database = await Database.open(house.settings)
    owner = await asyncpg.connect(house.settings.database_url)
    began = time.monotonic()
    small = await _filled(database, owner, SMALL)
    async with bare(owner):
        large = await _filled(database, owner, LARGE)
    took = time.monotonic() - began
    before = await _asked(database, small)
    figures = []
    for name, delays in (await _asked(database, large)).items():
        p50, p99 = quantile(delays, 0.5), quantile(delays, 0.99)
        ratio = p50 / quantile(before[name], 0.5)
        figures.append(Figure(name, f"{p50:.1f} / {p99:.1f} ms", f"{ratio:.1f} x at {SMALL:,} conversations"))
    await owner.close()
    await database.close()
    what = f"{LARGE:,} conversations, {LARGE * MESSAGES:,} messages laid down; p50 / p99 of {TIMES} below"
    return [Figure(what, f"{took:.0f} s", ""), *figures]


async def _filled(database: Database, owner: Any, conversations: int) -> Filled:
    world = await World.make(database)
    channels = [world.channel_id, *[await world.channel() for _ in range(5)]]
    some = await world.member(Role.AGENT, "Cleo", channel_ids=channels[:3])
    agents = [world.supervisor.id, world.agent.id, some.id, world.admin.id]
    await crowd.fill(
        owner, world.workspace_id, channels=channels, agents=agents, conversations=conversations, messages=MESSAGES
    )
    known = await owner.fetch(
        "SELECT id FROM conversation WHERE workspace_id = $1 ORDER BY id LIMIT $2", world.workspace_id, TIMES
    )
    return Filled(world, world.agent, some, [row["id"] for row in known])


@asynccontextmanager
async def bare(owner: Any) -> AsyncIterator[None]:
    """Indexes are built over the whole at the end, several times as fast as row by row; references were never wrong."""
    await owner.execute("SET maintenance_work_mem = '512MB'; SET synchronous_commit = off")
    await owner.execute("SET session_replication_role = replica")
    indexes = await owner.fetch(
        """SELECT i.indexname, i.indexdef FROM pg_indexes i WHERE i.tablename = ANY($1) AND NOT EXISTS (
               SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)""",
        list(crowd.TABLES),
    )
    for index in indexes:
        await owner.execute(f"DROP INDEX {index['indexname']}")
    yield
    for index in indexes:
        await owner.execute(index["indexdef"], timeout=3600)
    await owner.execute("RESET session_replication_role")
    for table in crowd.TABLES:
        await owner.execute(f"VACUUM ANALYZE {table}", timeout=3600)


async def _asked(database: Database, filled: Filled) -> dict[str, list[float]]:
    """Milliseconds of each verb, in order."""
    turn = count()

    async def by_key(session: Any) -> None:
        connection = await raw(session)
        await connection.fetchrow(
            "SELECT * FROM conversation WHERE workspace_id = $1 AND id = $2",
            filled.world.workspace_id,
            filled.known[next(turn) % TIMES],
        )

    def page(view: str, by: Agent, **more: Any) -> Verb:
        return lambda session: views.page(session, by, view, Filtering(**more))

    async def second(session: Any) -> None:
        first = await views.page(session, filled.everything, "open")
        await views.page(session, filled.everything, "open", cursor=first.next)

    verbs: dict[str, Verb] = {
        "a row by its primary key": by_key,
        "list: open": page("open", filled.everything),
        "list: open, two pages": second,
        "list: resolved": page("resolved", filled.everything),
        "list: open, of an agent with three channels": page("open", filled.some),
        "list: resolved, reviews only": page("resolved", filled.everything, kind=Kind.REVIEW),
        "list: resolved, of a priority that is rare": page("resolved", filled.everything, priority=3),
        "list: resolved, with a tag of one in ten": page("resolved", filled.everything, tags=["tag 48"]),
        "search: a beginning of many names": page("resolved", filled.everything, person="an"),
        "search: one person": page("open", filled.everything, person="ana c4"),
        "open a conversation": lambda session: threads.read(
            session, filled.known[next(turn) % TIMES], by=filled.everything
        ),
        "counts of one agent": lambda session: views.counts(session, filled.everything),
        "counts for everybody at once": lambda session: _tally(session, filled),
    }
    return {name: await timed(database, filled, verb) for name, verb in verbs.items()}


async def _tally(session: Any, filled: Filled) -> None:
    await counts.tally(await raw(session), filled.world.workspace_id)


async def timed(database: Database, filled: Filled, verb: Verb) -> list[float]:
    took = []
    for _ in range(TIMES + 5):
        async with database.session(filled.world.workspace_id) as session:
            started = time.perf_counter()
            await verb(session)
            took.append((time.perf_counter() - started) * 1000)
    return sorted(took[5:])
