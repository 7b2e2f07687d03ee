"""Customers who write all the time and agents who answer them, whatever is falling down around them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import uuid4

import httpx
import msgspec

from inbox.ground import clock
from tests.chaos.checker import Told
from tests.chaos.place import ACCOUNT, Place, until

START = int(clock.now().timestamp() * 1000) - 3_600_000
ASKERS = 90_000  # people whose conversations are there to be answered
CUSTOMERS = 4


def said(number: int, *, person: int | None = None) -> dict[str, Any]:
    """One message event of the page's own inbox."""
    return {
        "sender": {"id": _sender(number, person)},
        "recipient": {"id": ACCOUNT},
        "timestamp": START + number % 1_000_000,
        "message": {"mid": f"m_{number}", "text": f"Where is order {number}?"},
    }


def told(numbers: Iterable[int], *, person: int | None = None) -> list[Told]:
    """The same, as the checker looks for it."""
    return [Told(f"m_{number}", _sender(number, person), START + number % 1_000_000) for number in numbers]


def _sender(number: int, person: int | None) -> str:
    return str(70_000 + number % 400 if person is None else person)


def delivery(events: list[dict[str, Any]]) -> bytes:
    return msgspec.json.encode({"object": "page", "entry": [{"id": ACCOUNT, "time": 1, "messaging": events}]})


class Crowd:
    """`taken`: numbers of what was answered 200. `statuses`: of every answer. `accepted`: replies by their id."""

    def __init__(self, here: Place) -> None:
        self.here = here
        self.taken: set[int] = set()
        self.statuses: list[int] = []
        self.accepted: dict[str, str] = {}
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def begin(self, agent: httpx.AsyncClient | None = None) -> None:
        """Everybody writes. `agent`: answers those who asked."""
        starts = range(0, CUSTOMERS * 1_000_000, 1_000_000)
        self._tasks = [asyncio.create_task(self._write(start)) for start in starts]
        if agent:
            self._tasks.append(asyncio.create_task(self._answer(agent)))

    async def end(self) -> None:
        """Nobody begins anything new; what is under way comes to its end."""
        self._stop.set()
        await asyncio.gather(*self._tasks)

    async def ask(self, count: int) -> None:
        """So many people whose questions wait to be answered."""
        async with httpx.AsyncClient(timeout=10) as http:
            for number in range(count):
                body = delivery([said(9_000_000 + number, person=ASKERS + number)])
                await until(partial(self._takes, http, body), "the question is taken")
        people = "SELECT count(*) FROM message WHERE workspace_id = $1 AND external_id LIKE 'm_90000%'"

        async def all_there() -> bool:
            return await self.here.count(people) >= count

        await until(all_there, f"{count} people wait")

    async def _takes(self, http: httpx.AsyncClient, body: bytes) -> bool:
        return await self.here.deliver(http, body) == 200

    async def more(self, number: int) -> None:
        """Until so many more were taken than by now."""
        wanted = len(self.taken) + number
        await until(lambda: len(self.taken) >= wanted, "deliveries are taken")

    async def answered(self, status: int, times: int) -> None:
        """Until so many more deliveries were answered with this status."""
        wanted = self.statuses.count(status) + times
        await until(lambda: self.statuses.count(status) >= wanted, f"deliveries are answered with {status}")

    async def _write(self, number: int) -> None:
        """What is not taken is sent again, as platforms do."""
        async with httpx.AsyncClient(timeout=10) as http:
            while not self._stop.is_set():
                number += 1
                for attempt in range(400):
                    status = await self.here.deliver(http, delivery([said(number)]), door=number + attempt)
                    self.statuses.append(status)
                    if status == 200:
                        self.taken.add(number)
                        break
                    await asyncio.sleep(0.02)

    async def _answer(self, agent: httpx.AsyncClient) -> None:
        """One conversation after the other; an answer that is not confirmed is asked for again under the same key."""
        waiting = await self.here.rows(
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
                        self.accepted[str(answered.json()["id"])] = text
                        break
                    assert answered.status_code == 503, answered.text
                await asyncio.sleep(0.05)
