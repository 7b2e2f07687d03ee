"""A worker dies at each of the six points, and another heals what it left: at most one post, and never silence."""

from __future__ import annotations

import asyncio
import signal
import subprocess
from typing import Any

import pytest

from inbox.ground.failpoints import KILLED, read
from tests.outbox.conftest import Desk
from tests.outbox.echo_platform import LOSE
from tests.waiting import until

POINTS = {
    # where it dies: how many posts stand there at that moment
    "outbox.before_claim_commit": 0,
    "outbox.after_claim": 0,
    "outbox.after_bytes": None,  # the bytes are on their way: the platform may be quicker than the death
    "outbox.before_answer": 1,
    "outbox.after_answer": 1,
    "outbox.after_commit": 1,
}


async def die_at(desk: Desk, point: str) -> None:
    with desk.worker(f"{point}=exit") as worker:
        assert await desk.gone(worker) == KILLED


async def heal(desk: Desk, owner: Any, message_id: Any, *states: str) -> str:
    """A second worker, as it would be once the lease is over."""
    await desk.lease_over(owner)
    with desk.worker():

        async def settled() -> str | None:
            state = await desk.state(message_id)
            return state if state in states else None

        return str(await until(settled))


@pytest.mark.parametrize("point", POINTS)
async def test_with_a_strong_look_it_is_posted_exactly_once(desk: Desk, owner: Any, point: str) -> None:
    item = await desk.hears("Where is my order?")
    reply = await desk.replies(item)
    await die_at(desk, point)
    if POINTS[point] is not None:
        assert len(desk.network.posts) == POINTS[point]
    assert await heal(desk, owner, reply.id, "sent", "failed", "needs_decision") == "sent"
    assert desk.network.counted() == {"On its way!": 1}
    assert await desk.waiting(item) == 0
    assert len(await desk.lines("replied")) == 1
    assert await desk.value("SELECT count(*) FROM fact WHERE kind = 'answered'") == 1
    assert await desk.value("SELECT count(*) FROM outbound_message WHERE lease_until IS NOT NULL") == 0


@pytest.mark.parametrize("point", POINTS)
async def test_with_a_weak_look_it_is_posted_at_most_once_or_a_person_is_asked(
    weak_desk: Desk, owner: Any, point: str
) -> None:
    desk = weak_desk
    item = await desk.hears("Where is my order?")
    reply = await desk.replies(item)
    await die_at(desk, point)
    await desk.lease_over(owner)
    state = await desk.heals(reply.id, "sent", "failed", "needs_decision")
    posted = len(desk.network.posts)
    assert posted <= 1
    assert state == ("sent" if posted else "needs_decision")
    assert (await desk.conversation(item))["problems"] == 1 - posted


@pytest.mark.parametrize("point", POINTS)
async def test_with_no_look_at_all_nothing_is_posted_twice(blind_desk: Desk, owner: Any, point: str) -> None:
    desk = blind_desk
    item = await desk.hears("Where is my order?")
    reply = await desk.replies(item)
    await die_at(desk, point)
    await desk.lease_over(owner)
    state = await desk.heals(reply.id, "sent", "needs_decision")
    certain = point in ("outbox.before_claim_commit", "outbox.after_commit")
    assert state == ("sent" if certain else "needs_decision")
    assert len(desk.network.posts) <= 1


@pytest.mark.parametrize("done", [False, True])
async def test_a_worker_killed_while_the_platform_thinks(desk: Desk, owner: Any, done: bool) -> None:
    """Killed from outside, once before the platform has done it and forgets it, once after."""
    item = await desk.hears("Where is my order?")
    reply = await desk.replies(item)
    with desk.worker() as worker:

        async def kill() -> None:
            desk.network.stages.clear()
            worker.send_signal(signal.SIGKILL)
            await desk.gone(worker)

        desk.network.stages["after" if done else "before"] = kill
        if not done:
            desk.network.misdeeds.append(LOSE)
        assert await desk.gone(worker) == -signal.SIGKILL
    assert len(desk.network.posts) == int(done)
    assert await heal(desk, owner, reply.id, "sent", "failed", "needs_decision") == "sent"
    assert desk.network.counted() == {"On its way!": 1}


async def test_told_to_stop_it_lets_the_send_finish_and_claims_no_more(desk: Desk) -> None:
    first = await desk.replies(await desk.hears("One?"), "1")
    desk.network.hold = asyncio.Event()
    with desk.worker() as worker:

        async def posted() -> bool:
            return bool(desk.network.posts)

        await until(posted)
        worker.send_signal(signal.SIGTERM)
        later = await desk.replies(await desk.hears("Two?"), "2")
        with pytest.raises(subprocess.TimeoutExpired):
            await asyncio.to_thread(worker.wait, 1.5)  # longer than any loop looks away
        desk.network.hold.set()
        assert await desk.gone(worker) == 0
    assert await desk.state(first.id) == "sent"
    assert await desk.state(later.id) == "queued"
    assert desk.network.counted() == {"1": 1}


def test_a_failpoint_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="exit, raise and pause"):
        read("outbox.after_claim=explode")
    traps = read("a=exit, b=pause:here/it/is@3")
    assert (traps["a"].action, traps["b"].argument, traps["b"].passes) == ("exit", "here/it/is", 2)
