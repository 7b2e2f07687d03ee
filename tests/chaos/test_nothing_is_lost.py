"""Whatever is killed, whenever: what was answered 200 is there once, and every reply is out once or asks a person."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest

from inbox.ground import clock
from inbox.ground.embedded import Valkey
from inbox.sla import storage
from tests.chaos.town import Town, town, until

pytestmark = pytest.mark.timeout(600)

FACES = ("sent", "failed", "needs_decision")


START = int(clock.now().timestamp() * 1000) - 3_600_000


def said(number: int, *, person: int | None = None) -> dict[str, Any]:
    """One message event of the page's own inbox."""
    return {
        "sender": {"id": str(70_000 + (number % 400 if person is None else person))},
        "recipient": {"id": "1040"},
        "timestamp": START + number % 1_000_000,
        "message": {"mid": f"m_{number}", "text": f"Where is order {number}?"},
    }


def delivery(events: list[dict[str, Any]]) -> bytes:
    return msgspec.json.encode({"object": "page", "entry": [{"id": "1040", "time": 1, "messaging": events}]})


async def test_ten_thousand_events_told_one_to_five_times_through_two_doors_are_ten_thousand_messages() -> None:
    chance = random.Random(10_000)
    told = [number for number in range(10_000) for _ in range(chance.randint(1, 5))]
    chance.shuffle(told)
    batches: list[bytes] = []
    while told:
        size = chance.choice((1, 1, 2, 5, 20, 60))
        batches.append(delivery([said(number) for number in told[:size]]))
        del told[:size]
    async with town("web0", "web1", "worker0", "worker1") as here, httpx.AsyncClient(timeout=30) as http:
        statuses: Counter[int] = Counter()

        async def send(share: list[bytes]) -> None:
            for body in share:
                statuses[await here.deliver(http, body, door=chance.randint(0, 1))] += 1

        await asyncio.gather(*(send(batches[lane::16]) for lane in range(16)))
        assert statuses == {200: len(batches)}
        await here.drained()
        assert await here.count("SELECT count(*) FROM message WHERE workspace_id = $1") == 10_000
        assert await here.count("SELECT count(DISTINCT external_id) FROM message WHERE workspace_id = $1") == 10_000
        assert await here.count("SELECT sum(message_count) FROM conversation WHERE workspace_id = $1") == 10_000
        assert await here.count("SELECT count(*) FROM conversation WHERE workspace_id = $1") == 400
        await nothing_contradicts(here)


async def test_killing_web_worker_postgres_and_valkey_under_load_loses_and_doubles_nothing() -> None:
    chance = random.Random(20261124)
    async with town("web0", "web1", "worker0", "worker1") as here:
        stop = asyncio.Event()
        taken: set[int] = set()
        accepted: dict[str, str] = {}
        customers = [
            asyncio.create_task(write_in(here, taken, stop, start)) for start in range(0, 4_000_000, 1_000_000)
        ]
        async with await here.browser() as agent, httpx.AsyncClient(timeout=10) as http:
            for number in range(40):  # people whose conversations are there to be answered
                assert await here.deliver(http, delivery([said(9_000_000 + number, person=90_000 + number)])) == 200
            await until(_waiting(here, 40), "forty people wait")
            answering = asyncio.create_task(answer(here, agent, accepted, stop))
            for blow in chance.sample(("web1", "worker0", "postgres", "valkey", "worker1", "web0"), 6):
                before = len(taken)
                await until(_more(taken, before + 60), "deliveries go on being taken")
                await strike(here, blow)
            await until(_more(taken, len(taken) + 60), "deliveries are taken after the last blow")
            stop.set()
            await asyncio.gather(*customers, answering)
        await here.answers(0)
        await here.drained()

        found = Counter(
            row["external_id"]
            for row in await here.rows("SELECT external_id FROM message WHERE workspace_id = $1 AND direction = 'in'")
        )
        assert all(found[f"m_{number}"] == 1 for number in taken)
        assert max(found.values()) == 1

        async def settled() -> bool:
            left = "SELECT count(*) FROM outbound_message WHERE workspace_id = $1 AND state NOT IN ('sent', 'failed', "
            return not await here.count(left + "'needs_decision', 'cancelled')")

        await until(settled, "every reply has come to its end")
        await every_reply_is_out_once_or_asks(here, accepted)
        await nothing_contradicts(here)


async def write_in(here: Town, taken: set[int], stop: asyncio.Event, number: int) -> None:
    """Customers who write all the time; what is not taken is sent again, as platforms do."""
    async with httpx.AsyncClient(timeout=10) as http:
        while not stop.is_set():
            number += 1
            for attempt in range(400):
                if await here.deliver(http, delivery([said(number)]), door=(number + attempt) % 2) == 200:
                    taken.add(number)
                    break
                await asyncio.sleep(0.02)


async def answer(here: Town, agent: httpx.AsyncClient, accepted: dict[str, str], stop: asyncio.Event) -> None:
    """An agent who answers one conversation after the other; an answer that is not confirmed is asked for again."""
    waiting = await here.rows(
        """SELECT c.id, m.id AS item FROM conversation c JOIN message m
           ON m.workspace_id = c.workspace_id AND m.conversation_id = c.id
           WHERE c.workspace_id = $1 AND m.external_id LIKE 'm_90000%' ORDER BY c.id"""
    )
    for number, row in enumerate(waiting):
        key, text = str(uuid4()), f"Answer number {number}: it is on its way."
        body = {"visibility": "private", "text": text, "reply_to": str(row["item"]), "answers": [str(row["item"])]}
        while True:
            with suppress(httpx.HTTPError):
                answered = await agent.post(
                    f"/conversations/{row['id']}/messages", json=body, headers={"Idempotency-Key": key}
                )
                if answered.status_code == 201:
                    accepted[str(answered.json()["id"])] = text
                    break
                assert answered.status_code >= 500, answered.text
            await asyncio.sleep(0.05)


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
        assert isinstance(here.valkey, Valkey)
    else:
        here.kill(what)
        here.open(what)
        if what.startswith("web"):
            await here.answers(int(what[-1]))


async def every_reply_is_out_once_or_asks(here: Town, accepted: dict[str, str]) -> None:
    """I3 and I7: on the platform once, or failed or undecided with a reason; one audit line for each that is out."""
    out = Counter(item.text for talk in here.network.memory.talks.values() for item in talk if item.author == "1040")
    rows = {
        row["id"]: row
        for row in await here.rows(
            "SELECT id, text, delivery, delivery_reason FROM message WHERE workspace_id = $1 AND direction = 'out'"
        )
    }
    assert accepted
    for name, text in accepted.items():
        row = rows[UUID(name)]
        assert row["delivery"] in FACES, (name, dict(row))
        assert out[text] <= 1, f"posted {out[text]} times: {text}"
        if row["delivery"] == "sent":
            assert out[text] == 1
        else:
            assert row["delivery_reason"]
    audited = Counter(
        row["message_id"]
        for row in await here.rows("SELECT message_id FROM audit_entry WHERE workspace_id = $1 AND verb = 'replied'")
    )
    assert all(count == 1 for count in audited.values())


async def nothing_contradicts(here: Town) -> None:
    """I5 and I6, and a feed without a hole."""
    assert await storage.recompute(here.database, here.world.workspace_id) == 0
    assert await here.count("SELECT count(*) FROM outbound_message WHERE workspace_id = $1 AND state = 'sending'") == 0
    numbers = await here.rows(
        "SELECT count(*) AS n, min(seq) AS first, max(seq) AS last FROM event WHERE workspace_id = $1"
    )
    assert numbers[0]["n"] == numbers[0]["last"] - numbers[0]["first"] + 1


def _more(taken: set[int], number: int) -> Any:
    async def enough() -> bool:
        return len(taken) >= number

    return enough


def _waiting(here: Town, number: int) -> Any:
    async def enough() -> bool:
        people = "SELECT count(*) FROM message WHERE workspace_id = $1 AND external_id LIKE 'm_90000%'"
        return await here.count(people) >= number

    return enough
