"""What only a person can say of a message."""

from __future__ import annotations

import pytest

from inbox.desk import conversations, decisions
from inbox.ground.errors import Forbidden, Invalid, NotFound, NotPossibleHere
from tests.desk.story import Desk, minutes_ago


async def test_no_reply_needed_wants_a_reason_and_ends_the_waiting(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    (asked,) = await desk.messages(thread)
    with pytest.raises(Invalid):
        await desk.does(decisions.needs_reply, asked.id, False, " ", by=desk.ana)
    shown = await desk.does(decisions.needs_reply, asked.id, False, "Spam", by=desk.ana)
    assert (shown.needs_reply, shown.needs_reply_reason) == (False, "Spam")
    now = await desk.conversation(thread)
    assert (now.status, now.waiting_count) == ("open", 0)
    assert (await desk.numbers(thread))[0][1] == "never_asked"
    assert await desk.lines(thread) == ["marked_no_reply_needed"]


async def test_the_same_word_again_is_said_already(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    (asked,) = await desk.messages(thread)
    shown = await desk.does(decisions.needs_reply, asked.id, False, "Spam", by=desk.ana)
    assert await desk.does(decisions.needs_reply, asked.id, False, "Spam", by=desk.sam) == shown
    assert await desk.lines(thread) == ["marked_no_reply_needed"]


async def test_that_it_needs_a_reply_after_all_reopens_and_counts_from_when_it_was_written(desk: Desk) -> None:
    thread = await desk.sees_comment("8001", "Nice.", ago=60)
    (said,) = await desk.messages(thread)
    assert not said.needs_reply
    await desk.does(conversations.resolve, thread, by=desk.ana)
    shown = await desk.does(decisions.needs_reply, said.id, True, "", by=desk.ana)
    assert shown.needs_reply
    now = await desk.conversation(thread)
    assert (now.status, now.resolved_at, now.waiting_since) == ("open", None, minutes_ago(60))


async def test_the_agents_word_can_be_taken_back(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    (asked,) = await desk.messages(thread)
    before = await desk.numbers(thread)
    await desk.does(decisions.needs_reply, asked.id, False, "Spam", by=desk.ana)
    await desk.does(decisions.needs_reply, asked.id, True, "It was no spam", by=desk.sam)
    assert await desk.numbers(thread) == before


async def test_our_own_words_need_no_reply(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    reply = await desk.posts(thread, "On its way!", by=desk.ana)
    with pytest.raises(Invalid):
        await desk.does(decisions.needs_reply, reply.id, True, "?", by=desk.ana)


async def test_a_machines_answer_stops_no_clock_until_somebody_says_a_person_wrote_it(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    robot = await desk.answered_elsewhere("7001", "We look into it.", ago=50, app=999)
    assert (await desk.conversation(thread)).waiting_count == 1
    shown = await desk.does(decisions.authorship, robot, False, by=desk.ana)
    assert shown.written_elsewhere == "person"
    now = await desk.conversation(thread)
    assert (now.waiting_count, now.status) == (0, "pending")
    assert (await desk.numbers(thread))[0][4] == minutes_ago(50)
    assert (await desk.message(thread, "Where is my order?")).answered


async def test_said_to_be_a_machines_the_waiting_goes_on_and_the_queue_has_it_back(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    answer = await desk.answered_elsewhere("7001", "We look into it.", ago=50)
    await desk.does(conversations.resolve, thread, by=desk.ana)
    assert (await desk.conversation(thread)).waiting_count == 0
    shown = await desk.does(decisions.authorship, answer, True, by=desk.ana)
    assert shown.written_elsewhere == "automatic"
    now = await desk.conversation(thread)
    assert (now.waiting_count, now.waiting_since, now.status) == (1, minutes_ago(60), "open")
    assert await desk.does(decisions.authorship, answer, True, by=desk.ana) == shown


async def test_who_wrote_here_is_known(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    reply = await desk.posts(thread, "On its way!", by=desk.ana)
    with pytest.raises(NotPossibleHere):
        await desk.does(decisions.authorship, reply.id, True, by=desk.ana)


async def test_that_reply_answered_it_too(desk: Desk) -> None:
    thread = await desk.sees_comment("8001", "Does it ship?", ago=60, id="900_1")
    await desk.sees_comment("8002", "Same question: does it?", ago=50, under="900_1")
    first = await desk.message(thread, "Does it ship?")
    second = await desk.message(thread, "Same question: does it?")
    reply = await desk.posts(thread, "It does!", by=desk.ana, ago=40, reply_to=first.id)
    assert (await desk.conversation(thread)).status == "open"
    shown = await desk.does(decisions.coverage, reply.id, [second.id], by=desk.sam)
    assert set(shown.answers) == {first.id, second.id}
    now = await desk.conversation(thread)
    assert (now.waiting_count, now.status) == (0, "resolved")
    assert [number[4] for number in await desk.numbers(thread)] == [minutes_ago(40), minutes_ago(40)]
    assert await desk.does(decisions.coverage, reply.id, [second.id], by=desk.ana) == shown
    assert await desk.lines(thread) == ["replied", "covered", "resolved"]


async def test_a_reply_covers_only_what_customers_wrote_here(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    other = await desk.hears("7002", "Where is mine?", ago=60)
    (elsewhere,) = await desk.messages(other)
    reply = await desk.posts(thread, "On its way!", by=desk.ana, ago=40)
    for wrong in (elsewhere.id, reply.id):
        with pytest.raises(Invalid):
            await desk.does(decisions.coverage, reply.id, [wrong], by=desk.ana)


async def test_what_has_not_been_posted_has_answered_nobody(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    (asked,) = await desk.messages(thread)
    queued = await desk.writes(thread, "On its way!", by=desk.ana, answers=[])
    with pytest.raises(Invalid):
        await desk.does(decisions.coverage, queued.id, [asked.id], by=desk.ana)


async def test_what_is_out_of_sight_cannot_be_judged(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    (asked,) = await desk.messages(thread)
    with pytest.raises(NotFound):
        await desk.does(decisions.needs_reply, asked.id, False, "Spam", by=desk.otto)
    with pytest.raises(Forbidden):
        await desk.does(decisions.needs_reply, asked.id, False, "Spam", by=desk.rea)
