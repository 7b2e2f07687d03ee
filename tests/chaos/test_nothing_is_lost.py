"""Whatever is killed, whenever: what was answered 200 is there once, and every reply is out once or asks a person."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from functools import partial

import httpx
import pytest

from tests.chaos import checker
from tests.chaos.people import Crowd, delivery, said, told
from tests.chaos.place import until
from tests.chaos.town import Town, town

pytestmark = pytest.mark.timeout(600)


async def test_ten_thousand_events_told_one_to_five_times_through_two_doors_are_ten_thousand_messages() -> None:
    chance = random.Random(10_000)
    numbers = [number for number in range(10_000) for _ in range(chance.randint(1, 5))]
    chance.shuffle(numbers)
    batches: list[bytes] = []
    while numbers:
        size = chance.choice((1, 1, 2, 5, 20, 60))
        batches.append(delivery([said(number) for number in numbers[:size]]))
        del numbers[:size]
    async with town("web0", "web1", "worker0", "worker1") as here, httpx.AsyncClient(timeout=30) as http:
        statuses: Counter[int] = Counter()

        async def taken(body: bytes) -> bool:
            status = await here.deliver(http, body, door=chance.randint(0, 1))
            statuses[status] += 1
            return status == 200

        async def send(share: list[bytes]) -> None:
            for body in share:  # a disk that stands still for seconds is told so, and sent the same again
                await until(partial(taken, body), "it is taken")

        await asyncio.gather(*(send(batches[lane::16]) for lane in range(16)))
        assert statuses[200] == len(batches)
        assert set(statuses) <= {200, 503}
        await here.drained()
        assert await here.count("SELECT count(*) FROM conversation WHERE workspace_id = $1") == 400
        assert await here.count("SELECT count(*) FROM message WHERE workspace_id = $1") == 10_000
        await checker.everything_holds(here, told=told(range(10_000)), accepted={})


async def test_killing_web_worker_postgres_and_valkey_under_load_loses_and_doubles_nothing() -> None:
    chance = random.Random(20261124)
    async with town("web0", "web1", "worker0", "worker1") as here:
        crowd = Crowd(here)
        await crowd.ask(40)
        async with await here.browser() as agent:
            crowd.begin(agent)
            for blow in chance.sample(("web1", "worker0", "postgres", "valkey", "worker1", "web0"), 6):
                await crowd.more(60)
                await strike(here, blow)
            await crowd.more(60)
            await crowd.end()
        await here.answers(0)
        await here.drained()
        await until(partial(checker.settled, here), "every reply has come to its end")
        assert crowd.accepted
        await checker.everything_holds(here, told=told(crowd.taken), accepted=crowd.accepted)


async def strike(here: Town, what: str) -> None:
    """Kill one part without warning, and let it come back."""
    if what == "postgres":
        here.postgres.kill()
        await asyncio.to_thread(here.postgres.restart)
    elif what == "valkey":
        here.valkey.kill()
        for left in here.folder.glob("valkey/*.rdb"):
            left.unlink()
        await asyncio.to_thread(here.valkey.restart)
    else:
        here.kill(what)
        here.open(what)
        if what.startswith("web"):
            await here.answers(int(what[-1]))
