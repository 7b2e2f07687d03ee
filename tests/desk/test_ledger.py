"""Why it is counted as it is, readable, and with everybody's name in it."""

from __future__ import annotations

import pytest

from inbox.desk import assignment, conversations, decisions, ledger, snoozes
from inbox.desk.conversations import Unanswered
from inbox.ground.errors import NotFound
from tests.desk.story import Desk, minutes_ago


async def test_the_ledger_tells_the_whole_story_in_order(desk: Desk) -> None:
    thread = await desk.hears("7001", "Does it ship?", ago=60)
    await desk.is_called("7001", "Paul Person")
    (asked,) = await desk.messages(thread)
    await desk.does(assignment.assign, thread, desk.ana.id, by=desk.sam)
    await desk.does(snoozes.snooze, thread, minutes_ago(-60), by=desk.ana)
    await desk.does(snoozes.unsnooze, thread, by=desk.ana)
    await desk.posts(thread, "It does, to every country on earth and a few others.", by=desk.ana, ago=-1)
    (episode,) = await desk.does(ledger.of, thread, by=desk.ana)
    until = f"{minutes_ago(-60):%d %b %Y, %H:%M} UTC"
    assert [line.text for line in episode.lines] == [
        "Started by “Does it ship?”.",
        f"Needs a reply: {asked.needs_reply_reason} (question, version 1)",
        "Held by Ana.",
        f"Snoozed until {until}; the waiting goes on.",
        "Woken from its snooze.",
        "Answered by “It does, to every country on earth and…”.",
    ]
    assert (episode.person, episode.state, episode.customer_waited) == ("Paul Person", "answered", 61 * 60)
    assert episode.lines[-1].at == minutes_ago(-1)


async def test_every_ending_has_its_sentence(desk: Desk) -> None:
    said = {
        Unanswered(how="no_reply_needed", reason="Spam"): "Left out: no reply was needed, says Ana: Spam",
        Unanswered(how="answered_elsewhere"): "Ended by the customer (answered by phone).",
        Unanswered(how="close_unanswered"): "The conversation was resolved; the waiting goes on.",
    }
    for number, (unanswered, sentence) in enumerate(said.items()):
        thread = await desk.hears(f"70{number}", "Where is my order?", ago=60)
        await desk.does(conversations.resolve, thread, by=desk.ana, unanswered=unanswered)
        (episode,) = await desk.does(ledger.of, thread, by=desk.ana)
        assert sentence in [line.text for line in episode.lines]


async def test_a_machines_answer_is_named_as_what_stopped_nothing(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    await desk.answered_elsewhere("7001", "We are closed.", ago=50, app=999)
    (episode,) = await desk.does(ledger.of, thread, by=desk.ana)
    assert "“We are closed.” stopped nothing (it was written by a machine)." in [line.text for line in episode.lines]


async def test_what_was_never_asked_says_who_said_so(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    (asked,) = await desk.messages(thread)
    await desk.does(decisions.needs_reply, asked.id, False, "Spam", by=desk.sam)
    (episode,) = await desk.does(ledger.of, thread, by=desk.ana)
    assert episode.lines[-1].text == "Left out: no reply was needed, says Sam: Spam"
    assert (episode.state, episode.customer_waited) == ("never_asked", None)


async def test_a_conversation_nobody_waits_in_has_an_empty_ledger(desk: Desk) -> None:
    thread = await desk.hears("7001", "Thanks!", ago=60)
    assert await desk.does(ledger.of, thread, by=desk.ana) == []


async def test_a_ledger_is_for_those_who_see_the_conversation(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    with pytest.raises(NotFound):
        await desk.does(ledger.of, thread, by=desk.otto)
