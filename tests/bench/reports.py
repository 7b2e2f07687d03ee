"""The report of how long customers waited, over a million waitings: each cut, beside the bare reading of the rows."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any, get_args
from uuid import UUID

import asyncpg

from inbox.ground import clock
from inbox.ground.db import Database, raw
from inbox.people.access import Agent, Role
from inbox.reports import packing, population, waiting, wallboard
from inbox.reports.waiting import Wanted
from tests.bench.house import House
from tests.bench.table import Figure, quantile
from tests.world import World

MANY = int(os.environ.get("WAITINGS", "1000000"))
TIMES = 12
LIMIT = "limit 300 ms"

# Five years of them, a fifth of an hour apart on average; four in a hundred wait, some ended by themselves.
CONVERSATIONS = """
INSERT INTO conversation (workspace_id, id, channel_id, platform, kind, thread_key, status, last_message_at)
SELECT $1, md5('c' || n)::uuid, ($2::uuid[])[1 + n % 6], 'facebook', (ARRAY['dm', 'comment', 'mention'])[1 + n % 3],
       'waiting ' || n, 'open', now() FROM generate_series(1, $3::int) n
"""
EPISODES = """
INSERT INTO episode (workspace_id, conversation_id, key, channel_id, thread_kind, author, before_connection, state,
    kind, case_key, case_number, opened_at, opening_item, opened_as_seen, received_at, items, waiting_items, ended_at,
    cause, ended_by, answer, customer_waited, team_took, clamped, team_clamped, agent, team, closed_unanswered, reason,
    depends_from)
SELECT $1, md5('c' || n)::uuid, md5('m' || n), ($2::uuid[])[1 + n % 6],
       (ARRAY['dm', 'comment', 'mention'])[1 + n % 3], md5('a' || n), false,
       CASE WHEN n % 25 = 0 THEN 'waiting' WHEN n % 33 = 0 THEN 'ended' ELSE 'answered' END,
       CASE WHEN n % 3 = 0 THEN 'next_response' ELSE 'first_response' END, md5('k' || n), 1, at, md5('m' || n), false,
       at, ARRAY[md5('m' || n)], '{}', CASE WHEN n % 25 > 0 THEN at + took END, '', '', md5('r' || n),
       CASE WHEN n % 25 > 0 THEN took END, CASE WHEN n % 25 > 0 THEN took END, false, false,
       ($3::uuid[])[1 + n % 4]::text, '', false, '', at
FROM (SELECT n, now() - n * interval '150 seconds' AS at, -ln(random() + 1e-9) * interval '5 hours' AS took
      FROM generate_series(1, $4::int) n) drawn
"""


def measure(house: House) -> list[Figure]:
    return asyncio.run(_measure(house))


async def _measure(house: House) -> list[Figure]:
    database = await Database.open(house.settings)
    owner = await asyncpg.connect(house.settings.database_url)
    world = await World.make(database)
    channels = [world.channel_id, *[await world.channel() for _ in range(5)]]
    agents = [(await world.member(Role.AGENT, f"Agent {number}")).id for number in range(4)]
    await _lay_down(owner, world.workspace_id, channels, agents)
    by = world.supervisor
    first = clock.now().date() - timedelta(days=365 * 5)

    async def bare(session: Any) -> None:
        await (await raw(session)).fetchval(
            "SELECT count(ended_at) FROM episode WHERE workspace_id = $1 AND opened_at > '2000-01-01'",
            world.workspace_id,
        )

    def cut(name: population.Cut | None) -> Callable[[Any], Awaitable[Any]]:
        return partial(waiting.report, wanted=Wanted(first=first, measure="any"), by=by, cut=name)

    async def one(name: population.Cut, session: Any) -> None:
        asked = population.Asked(
            start=clock.now() - timedelta(days=365 * 5), end=clock.now(), zone="UTC", measure="any"
        )
        await population.fetch(await raw(session), world.workspace_id, asked, clock.now(), name)

    async def board(session: Any, agent: Agent) -> None:
        await wallboard.read(await raw(session), agent, {}, clock.now(), "UTC")

    took = await _timed(database, world.workspace_id, cut(None))
    unpacked = Figure("report, before any week is packed", f"{quantile(took, 0.5):.0f} / {took[-1]:.0f} ms", "")
    packed = await packing.pack(database, world.workspace_id)
    verbs: dict[str, Callable[[Any], Awaitable[Any]]] = {
        "count the rows of the index": bare,
        "report, not cut": cut(None),
    }
    for name in get_args(population.Cut):
        verbs[f"report, cut by {name} as well"] = cut(name)
        verbs[f"    of which the rows by {name}"] = partial(one, name)
    verbs["wallboard, as each reads it"] = partial(board, agent=by)
    figures = [Figure(f"{MANY:,} waitings, {packed} weeks packed; p50 / worst of {TIMES}", "", ""), unpacked]
    for what, verb in verbs.items():
        took = await _timed(database, world.workspace_id, verb)
        figures.append(
            Figure(what, f"{quantile(took, 0.5):.0f} / {took[-1]:.0f} ms", LIMIT if "report" in what else "")
        )
    await owner.close()
    await database.close()
    return figures


async def _lay_down(owner: Any, workspace_id: UUID, channels: list[UUID], agents: list[UUID]) -> None:
    await owner.execute("SET session_replication_role = replica")
    await owner.execute(CONVERSATIONS, workspace_id, channels, MANY, timeout=3600)
    await owner.execute(EPISODES, workspace_id, channels, agents, MANY, timeout=3600)
    await owner.execute("RESET session_replication_role")
    for table in ("conversation", "episode"):
        await owner.execute(f"VACUUM ANALYZE {table}", timeout=3600)


async def _timed(database: Database, workspace_id: UUID, verb: Callable[[Any], Awaitable[Any]]) -> list[float]:
    took = []
    for _ in range(TIMES + 2):
        async with database.session(workspace_id) as session:
            started = time.perf_counter()
            await verb(session)
            took.append((time.perf_counter() - started) * 1000)
    return sorted(took[2:])
