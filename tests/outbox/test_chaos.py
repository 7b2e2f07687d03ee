"""Many replies, workers that are killed in the middle of their work, and a platform that answers as it likes."""

from __future__ import annotations

import asyncio
import random
import signal
from contextlib import ExitStack
from typing import Any

import pytest

from inbox.ground.db import Database
from inbox.ground.settings import Settings
from inbox.platforms.base import Kind
from inbox.sla import storage
from tests.outbox.conftest import Desk, opened_desk
from tests.outbox.echo_platform import Network

REPLIES = 30
KILLS = 4
SETTLED = ("sent", "failed", "needs_decision")


class Killer:
    """Keeps two workers running, and kills one of them now and then while the platform is doing something for it."""

    def __init__(self, desk: Desk, chance: random.Random, open_workers: ExitStack) -> None:
        self.desk, self.chance, self.open_workers = desk, chance, open_workers
        self.kills = self.calls = 0
        # Each reply is asked for once at least, so that all of these come.
        self.chosen = set(chance.sample(range(1, REPLIES + 1), KILLS))
        self.workers = [self._start(), self._start()]
        desk.network.stages = {"before": self, "after": self}

    def _start(self) -> Any:
        return self.open_workers.enter_context(self.desk.worker())

    async def __call__(self) -> None:
        self.calls += 1
        if self.calls in self.chosen:
            self.kills += 1
            place = self.chance.randrange(2)
            self.workers[place].send_signal(signal.SIGKILL)
            self.workers[place] = self._start()


@pytest.mark.parametrize(("platform", "seed"), [("echo_strong", 1), ("echo_weak", 2)])
async def test_every_reply_is_there_once_or_says_why_not(
    database: Database, settings: Settings, platform: str, seed: int
) -> None:
    chance = random.Random(seed)
    pace = {"deadline": 1.5, "lease": 3.0, "settle": 1.0, "first_look": 0.2, "backoff": 0.1, "tries": 30}
    async with Network(chance=chance) as network, opened_desk(database, settings, network, platform) as opened:
        desk = opened.at(**pace)
        items = [await desk.hears("Where is my order?", who=f"p{n}", thread=f"t{n}") for n in range(8)]
        items += [await desk.hears("Hello?", who=f"d{n}", kind=Kind.DM) for n in range(4)]
        with ExitStack() as open_workers:
            killer = Killer(desk, chance, open_workers)
            replies: dict[Any, str] = {}
            for number in range(REPLIES):
                item = chance.choice(items)
                private = item in items[8:]
                shown = await desk.replies(item, f"reply {number}", visibility="private" if private else "public")
                replies[shown.id] = f"reply {number}"
            await asyncio.gather(_echoes(desk, chance), _settled(desk))
        assert killer.kills == KILLS
        await _check(desk, replies)


async def _echoes(desk: Desk, chance: random.Random) -> None:
    """Some of what was posted comes back, sooner or later, as an event of its own."""
    told = 0
    while told < REPLIES // 2 and not await _all_settled(desk):
        for post in list(desk.network.posts)[told:]:
            told += 1
            if chance.random() < 0.5:
                item = await desk.value("SELECT id FROM message WHERE external_id = $1", post.target)
                conversation = await desk.conversation(item)
                kind, thread = Kind(conversation["kind"]), conversation["thread_key"]
                echo = desk.echo(
                    post.text,
                    post.id,
                    thread=thread,
                    at=post.at,
                    kind=kind,
                    parent=post.target,
                    correlation=post.correlation,
                )
                await desk.arrives(echo)
        await asyncio.sleep(0.05)


async def _all_settled(desk: Desk) -> bool:
    moving = await desk.value("SELECT count(*) FROM outbound_message WHERE state <> ALL ($1)", list(SETTLED))
    return int(moving) == 0


async def _settled(desk: Desk) -> None:
    async with asyncio.timeout(90):
        while not await _all_settled(desk):  # noqa: ASYNC110 - workers are other processes
            await asyncio.sleep(0.1)


async def _check(desk: Desk, replies: dict[Any, str]) -> None:
    counted = desk.network.counted()
    assert max(counted.values()) == 1, "nothing stands there twice"
    told = await desk.rows(
        """SELECT m.id, m.delivery, m.delivery_reason, m.external_id, o.state FROM outbound_message o
           JOIN message m ON m.workspace_id = o.workspace_id AND m.id = o.id"""
    )
    assert {row["id"] for row in told} == set(replies)
    for row in told:
        posted = counted[replies[row["id"]]]
        assert row["delivery"] == row["state"]
        if row["state"] == "sent":
            assert posted == 1
            assert row["external_id"]
        elif row["state"] == "failed":
            assert (posted, bool(row["delivery_reason"])) == (0, True)
        else:
            assert row["delivery_reason"]
    if desk.platform == "echo_strong":
        assert {row["state"] for row in told} == {"sent"}
    lines = await desk.rows("SELECT message_id, count(*) AS n FROM audit_entry WHERE verb = 'replied' GROUP BY 1")
    assert {row["message_id"]: row["n"] for row in lines} == dict.fromkeys(replies, 1)
    sent = [row for row in told if row["state"] == "sent"]
    assert await desk.value("SELECT count(*) FROM fact WHERE kind = 'answered'") == len(sent)
    assert await desk.value("SELECT count(*) FROM outbound_message WHERE lease_until IS NOT NULL") == 0
    assert await desk.value("SELECT count(*) FROM message WHERE elsewhere <> ''") == 0
    problems = await desk.value("SELECT sum(problems) FROM conversation")
    assert problems == len(told) - len(sent)
    assert await storage.recompute(desk.database, desk.workspace_id) == 0
