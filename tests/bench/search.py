"""Search in a workspace with a hundred thousand messages: words common and rare, phrases, beginnings, people.

Asked through the desk's own verb, behind the walls, beside the same questions in a workspace of a tenth. A million
take minutes to lay down: `SEARCH=333000 python -m tests.bench search` asks for as many conversations, of three messages
each.
"""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

from inbox.desk import search
from inbox.ground.db import Database
from inbox.people.access import Role
from tests.bench.house import House
from tests.bench.lists import TIMES, Filled, bare, timed
from tests.bench.table import Figure, quantile
from tests.desk import crowd
from tests.world import World

LARGE = int(os.environ.get("SEARCH", "33000"))
SMALL, MESSAGES = LARGE // 10, 3
UTC = ZoneInfo("UTC")

# Fourteen words to a message; the n-th most common comes once where the first comes n times, as in any language.
WORDS = """c.preview || (
    SELECT string_agg(' w' || floor(exp(random() * 10 + 0 * (k + g)))::int, '') FROM generate_series(1, 14) g)"""

ASKED = {
    "search: a word of six messages in ten": "w1",
    "search: a word of one message in fifty": "w70 ",
    "search: a word of one message in ten thousand": "w15000 ",
    "search: a word that nobody wrote": "nowhere ",
    "search: three common words": "w1 w2 w3 ",
    "search: a phrase of common words": '"w1 w2"',
    "search: a phrase of rarer words": '"w12 w40"',
    "search: a beginning, three letters": "w12",
    "search: a beginning and a word": "order w99",
    "search: a common word of one person": "w1 from:ana",
    "search: a common word, resolved reviews": "w1 kind:review is:resolved",
    "search: a common word before yesterday": "w1 before:yesterday",
    "search: one person's, no word": 'from:"ana c4"',
    "search: a tag, no word": 'tag:"tag 48"',
    "search: a name": "hana c4ca",
}


def measure(house: House) -> list[Figure]:
    return asyncio.run(_measure(house))


async def _measure(house: House) -> list[Figure]:
    database = await Database.open(house.settings)
    owner = await asyncpg.connect(house.settings.database_url)
    began = time.monotonic()
    async with bare(owner):
        small = await _filled(database, owner, SMALL)
        large = await _filled(database, owner, LARGE)
    took = time.monotonic() - began
    before = await _asked(database, small)
    figures = []
    for name, delays in (await _asked(database, large)).items():
        p50, p95 = quantile(delays, 0.5), quantile(delays, 0.95)
        ratio = p50 / quantile(before[name], 0.5)
        figures.append(Figure(name, f"{p50:.1f} / {p95:.1f} ms", f"{ratio:.1f} x at {SMALL * MESSAGES:,} messages"))
    await owner.close()
    await database.close()
    what = f"{LARGE * MESSAGES:,} messages laid down; p50 / p95 of {TIMES} below"
    return [Figure(what, f"{took:.0f} s", ""), *figures]


async def _filled(database: Database, owner: Any, conversations: int) -> Filled:
    world = await World.make(database)
    channels = [world.channel_id, *[await world.channel() for _ in range(5)]]
    some = await world.member(Role.AGENT, "Cleo", channel_ids=channels[:3])
    agents = [world.supervisor.id, world.agent.id, some.id, world.admin.id]
    await crowd.fill(
        owner,
        world.workspace_id,
        channels=channels,
        agents=agents,
        conversations=conversations,
        messages=MESSAGES,
        words=WORDS,
    )
    return Filled(world, world.agent, some, [])


async def _asked(database: Database, filled: Filled) -> dict[str, list[float]]:
    """Milliseconds of each question, in order."""

    def page(q: str) -> Any:
        return lambda session: search.page(session, filled.everything, q, zone=UTC)

    return {name: await timed(database, filled, page(q)) for name, q in ASKED.items()}
