"""Many hands at one desk: agents and customers act at once, and nothing is lost, miscounted or left unsaid."""

from __future__ import annotations

import asyncio
import random
from typing import Any
from uuid import UUID

import pytest

from inbox.desk import assignment, conversations, decisions, reading, second_thoughts, snoozes, tags
from inbox.desk.conversations import Unanswered
from inbox.ground.db import again
from inbox.ground.errors import AlreadyResolved, EarshotError
from inbox.ground.ids import new_id
from tests.desk.story import Desk, minutes_ago

TEXTS = ("Where is my order?", "Thanks!", "Does it ship to Spain?", "Lovely.", "I want my money back!")


async def test_of_two_who_resolve_at_once_one_is_told_so(desk: Desk) -> None:
    thread = await desk.has_answered("7001", ago=60)
    outcomes = await asyncio.gather(
        *[desk.does(conversations.resolve, thread, by=who) for who in (desk.ana, desk.sam)], return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes if isinstance(outcome, Exception)] == [AlreadyResolved]
    assert await desk.lines(thread) == ["replied", "resolved"]


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_whatever_agents_and_customers_do_at_once_the_desk_stands(desk: Desk, seed: int) -> None:
    chance = random.Random(seed)
    threads = [await desk.hears(f"70{number}", "Where is my order?", ago=100) for number in range(2)]
    threads.append(await desk.sees_comment("8000", "Does it ship?", ago=100, id="900_1"))
    done = 0
    for _ in range(6):
        acts = [again(lambda: _act(desk, chance, chance.choice(threads))) for _ in range(8)]
        customers = [_customer(desk, chance) for _ in range(2)]
        outcomes = await asyncio.gather(*acts, *customers, return_exceptions=True)
        unexpected = [one for one in outcomes if isinstance(one, Exception) and not isinstance(one, EarshotError)]
        assert unexpected == []
        done += sum(not isinstance(one, Exception) for one in outcomes)
    assert done > 30


async def _customer(desk: Desk, chance: random.Random) -> UUID:
    text, ago = chance.choice(TEXTS), chance.uniform(1, 90)
    if chance.random() < 0.5:
        return await desk.hears(f"70{chance.randrange(2)}", text, ago=ago)
    return await desk.sees_comment(f"800{chance.randrange(4)}", text, ago=ago, under="900_1")


async def _act(desk: Desk, chance: random.Random, thread: UUID) -> Any:
    who = chance.choice([desk.ana, desk.sam])
    messages = await desk.messages(thread)
    theirs = chance.choice([one for one in messages if one.direction == "in"])
    ours = [one for one in messages if one.direction == "out"]
    picked = chance.choice(ours).id if ours else None
    said = chance.choice(
        [
            None,
            Unanswered(how="no_reply_needed", reason="Spam"),
            Unanswered(how="answered_elsewhere"),
            Unanswered(how="answered_elsewhere", reply=picked),
            Unanswered(how="close_unanswered"),
        ]
    )
    verbs: list[tuple[Any, ...]] = [
        (conversations.resolve, thread),
        (conversations.resolve, thread),
        (conversations.reopen, thread),
        (conversations.prioritise, thread, chance.randrange(5)),
        (assignment.assign, thread, chance.choice([None, desk.ana.id, desk.sam.id])),
        (snoozes.snooze, thread, minutes_ago(-chance.randrange(10, 1000))),
        (snoozes.unsnooze, thread),
        (tags.put_on, thread, chance.choice("abc")),
        (tags.take_off, thread, chance.choice("abc")),
        (reading.read, thread, minutes_ago(chance.randrange(100))),
        (reading.unread, thread),
        (decisions.needs_reply, theirs.id, chance.random() < 0.5, "So it is"),
    ]
    verbs += [(decisions.coverage, one.id, [theirs.id]) for one in ours[:1]]
    verbs += [(decisions.authorship, one.id, chance.random() < 0.5) for one in ours if one.written_elsewhere]
    verbs += [(second_thoughts.cancel, one.id) for one in ours[-1:]]
    if chance.random() < 0.35:
        return await _answer(desk, chance, thread, theirs.id)
    verb, *values = chance.choice(verbs)
    more = {"unanswered": said} if verb is conversations.resolve else {}
    return await desk.does(verb, *values, by=who, **more)


async def _answer(desk: Desk, chance: random.Random, thread: UUID, to: UUID) -> Any:
    kind = (await desk.conversation(thread)).kind
    if kind == "dm" and chance.random() < 0.4:
        who = (await desk.rows("SELECT thread_key FROM conversation WHERE workspace_id = $1 AND id = $2", thread))[0]
        app = chance.choice([None, 999])
        words, mid = f"Reply {chance.random()}", new_id().hex
        return await desk.echoes(who["thread_key"], words, ago=1, app=app, mid=mid)
    message = await desk.writes(thread, "It is on its way!", by=desk.ana, reply_to=to, anyway=True)
    if chance.random() < 0.7:
        await desk.arrives(message)
    return message
