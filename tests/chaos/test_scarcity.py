"""More who want a line to Postgres than there are lines: some wait, some are told so, nobody waits for ever."""

from __future__ import annotations

import asyncio
from collections import Counter

import asyncpg
import httpx
import pytest

from inbox.flow import committer, intake
from inbox.ground.db import Database
from inbox.ground.settings import Settings
from tests.chaos import checker
from tests.chaos.people import Crowd, delivery, said, told
from tests.chaos.place import until
from tests.chaos.street import hurried, street

pytestmark = pytest.mark.timeout(600)

AT_ONCE = 18  # half as many again of each kind as there are lines


async def test_more_doors_than_lines_answer_late_or_say_so_and_platforms_are_heard_all_the_while(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurried(monkeypatch, but=(committer, intake))
    async with street(settings, database) as here:
        crowd = Crowd(here)
        await crowd.ask(3)
        rows = await here.rows("SELECT id FROM conversation WHERE workspace_id = $1 ORDER BY id")
        held, free = str(rows[0]["id"]), str(rows[1]["id"])
        hand = await asyncpg.connect(settings.database_url)
        async with await here.browser() as agent, httpx.AsyncClient(timeout=60) as platform:
            agent.timeout = httpx.Timeout(60)

            async def all_at_once() -> Counter[int]:
                asked = [agent.put(f"/conversations/{held}/tags/tag-{n}") for n in range(AT_ONCE)]
                asked += [agent.put(f"/conversations/{free}/tags/tag-{n}") for n in range(AT_ONCE // 2)]
                asked += [agent.get("/conversations", params={"view": "open"}) for _ in range(AT_ONCE)]
                asked += [agent.get(f"/conversations/{free}") for _ in range(AT_ONCE)]
                return Counter(answer.status_code for answer in await asyncio.gather(*asked))

            async def platforms_knock() -> list[int]:
                return [await here.deliver(platform, delivery([said(number)])) for number in range(20)]

            async with hand.transaction():
                await hand.execute("SELECT 1 FROM conversation WHERE id = $1 FOR UPDATE", rows[0]["id"])
                answers, knocks = await asyncio.wait_for(asyncio.gather(all_at_once(), platforms_knock()), 60)
            assert knocks == [200] * 20
            assert answers[503] > 0
            assert set(answers) <= {200, 201, 204, 503}

            async def well_again() -> bool:
                return 503 not in await all_at_once()

            await until(well_again, "everybody is answered")
        await hand.close()
        await here.drained()
        await checker.everything_holds(here, told=told(range(20)), accepted={})
