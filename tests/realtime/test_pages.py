"""Whatever the line does to it, a page shows what a page opened this minute would show."""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack
from uuid import uuid4

import httpx
import pytest

from tests.chaos.proxy import Proxy
from tests.realtime.conftest import Live
from tests.realtime.looking import PATIENCE, agrees, look
from tests.realtime.reader import Reader, reader

pytestmark = pytest.mark.timeout(600)


async def act(live: Live, agent: httpx.AsyncClient, chance: random.Random, turn: int) -> None:
    """Somebody does something: a customer or an agent, drawn at random."""
    road, at = live.road, f"{9 + turn // 60:02}:{turn % 60:02}"
    conversations = await live.conversations()
    pick = chance.choice(conversations) if conversations else None
    person = str(7000 + chance.randint(0, 5))
    match chance.randint(0, 13):
        case 0 | 1 | 2:
            await live.arrives(road.dm(person, f"Question {turn}, can you help?", at=at, mid=f"m_{turn}"))
        case 3 | 4:
            under = f"900_{chance.randint(1, 3)}" if chance.random() < 0.5 else ""
            await live.arrives(road.comment(person, f"Does it ship? ({turn})", at=at, id=f"900_{turn}", under=under))
        case 5:
            await live.arrives(
                road.edit(person, f"I meant {turn}", at=at, mid=f"m_{chance.randint(0, turn)}", number=turn)
            )
        case 6 | 7 if pick:
            whom = chance.choice([None, str(live.world.agent.id), str(live.world.supervisor.id)])
            await agent.put(f"/conversations/{pick}/assignment", json={"assignee_id": whom})
        case 8 if pick:
            await agent.post(f"/conversations/{pick}/resolution", json={"unanswered": "close_unanswered"})
        case 9 if pick:
            await agent.delete(f"/conversations/{pick}/resolution")
        case 10 if pick:
            await agent.put(f"/conversations/{pick}/tags/{chance.choice(['late', 'lamp', 'refund'])}")
        case 11 if pick:
            await agent.put(f"/conversations/{pick}/snooze", json={"until": "2036-01-01T09:00:00Z"})
        case 12 if pick:
            await agent.put(f"/conversations/{pick}/priority", json={"priority": chance.randint(0, 4)})
        case 13 if pick:
            whom = chance.choice([[], [str(live.world.agent.id)]])
            note = {"visibility": "note", "text": f"Note {turn}", "mentions": whom}
            await agent.post(f"/conversations/{pick}/messages", json=note, headers={"Idempotency-Key": str(uuid4())})
        case _:
            await live.arrives(road.dm(person, "Thanks!", at=at, mid=f"t_{turn}"))


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_frames_dropped_doubled_swapped_and_cut_change_nothing_in_the_end(live: Live, seed: int) -> None:
    chance = random.Random(seed)
    async with AsyncExitStack() as open_pages:
        agent = await open_pages.enter_async_context(await live.browser(live.world.supervisor))
        for turn in range(6):
            await live.arrives(
                live.road.dm(str(7000 + turn), "Where is it?", at=f"08:0{turn}", mid=f"first_{turn}"),
                live.road.comment(str(7000 + turn), "Is it dimmable?", at="08:30", id=f"900_{turn}"),
            )
        threads = chance.sample(await live.conversations(), 3)
        pages: list[tuple[Reader, str]] = []
        for number, who in enumerate((live.world.agent, live.world.supervisor)):
            cookie, _ = await live.world.sign_in(who)
            page = await open_pages.enter_async_context(reader(live.base, cookie, seed=100 * seed + number + 1))
            await look(page, threads)
            pages.append((page, cookie))
        for burst in range(3):
            for turn in range(25):
                await act(live, agent, chance, 10 + 25 * burst + turn)
            for page, cookie in pages:
                await agrees(live.base, page, cookie, threads)
        for page, _ in pages:
            faults = await page.does("calm")
            assert sum(faults.values()) > 0


async def test_a_page_that_slept_sees_exactly_what_it_would_have_seen(live: Live) -> None:
    async with await live.browser(live.world.supervisor) as agent:
        await live.arrives(live.road.dm("7001", "Where is it?", at="08:00", mid="m_0"))
        threads = await live.conversations()
        cookie, _ = await live.world.sign_in(live.world.agent)
        async with reader(live.base, cookie) as sleeper:
            await look(sleeper, threads)
            await sleeper.sleeps()
            chance = random.Random(7)
            for turn in range(40):
                await act(live, agent, chance, 10 + turn)
            await sleeper.wakes()
            await agrees(live.base, sleeper, cookie, threads)


async def test_a_page_whose_line_is_half_open_notices_the_silence_and_comes_back(live: Live) -> None:
    await live.arrives(live.road.dm("7001", "Where is it?", at="08:00", mid="m_0"))
    threads = await live.conversations()
    cookie, _ = await live.world.sign_in(live.world.agent)
    line = Proxy("127.0.0.1", int(live.base.rpartition(":")[2]))
    async with line, reader(f"http://127.0.0.1:{line.port}", cookie) as page:
        await look(page, threads)
        line.goes_half_open()
        await live.arrives(live.road.dm("7001", "Hello?", at="08:05", mid="m_1"))
        await agrees(live.base, page, cookie, threads)


async def test_what_one_may_not_see_is_never_told(live: Live) -> None:
    hidden = await live.world.channel("facebook", name="Somebody else's page")
    cookie, _ = await live.world.sign_in(live.world.outsider)
    async with reader(live.base, cookie) as page:
        await look(page, [])
        await live.arrives(live.road.dm("7001", "Where is it?", at="08:00", mid="m_0"))
        assert await live.newest_for(live.world.outsider) == 0
        await agrees(live.base, page, cookie, [])
        dump = await page.dump()
        assert dump["conversations"] == 0
        assert all(not view["rows"] for view in dump["views"].values())
    assert hidden


async def test_who_loses_a_channel_sees_it_vanish(live: Live) -> None:
    await live.arrives(live.road.dm("7001", "Where is it?", at="08:00", mid="m_0"))
    cookie, _ = await live.world.sign_in(live.world.agent)
    async with await live.browser(live.world.admin) as admin, reader(live.base, cookie) as page:
        await look(page, [])
        assert (await page.dump())["conversations"] == 1
        answered = await admin.patch(f"/members/{live.world.agent.id}", json={"channel_ids": []})
        assert answered.status_code == 200, answered.text
        async with asyncio.timeout(PATIENCE):
            while (await page.dump())["conversations"]:  # noqa: ASYNC110 - the condition is another process's
                await asyncio.sleep(0.05)


async def test_who_is_signed_out_hears_nothing_more(live: Live) -> None:
    async with await live.browser(live.world.agent) as agent:
        cookie = agent.cookies["earshot_session"]
        async with reader(live.base, cookie) as page:
            await look(page, [])
            await agent.delete("/session")
            async with asyncio.timeout(PATIENCE):
                while (await page.dump())["connection"] != "signed_out":  # noqa: ASYNC110 - likewise
                    await asyncio.sleep(0.05)
