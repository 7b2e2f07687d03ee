"""Spam: out of every queue and of the numbers, silent for ever after, and taken back whole."""

from __future__ import annotations

import pytest

from inbox.desk import assignment, conversations, snoozes, spam, views
from inbox.ground.errors import Forbidden, NotFound
from inbox.sla import storage
from tests.desk.story import Desk, minutes_ago


async def places(desk: Desk) -> dict[str, int]:
    """How many stand in each of these lists."""
    counted = {}
    for view in ("open", "unassigned", "resolved", "spam"):
        counted[view] = len((await desk.does(views.page, desk.ana, view)).items)
    return counted


async def test_it_leaves_every_queue_and_whoever_waited_never_asked(desk: Desk) -> None:
    thread = await desk.hears("7001", "Do you want cheap followers?", ago=60)
    shown = await desk.does(spam.mark, thread, by=desk.ana)
    assert (shown.status, shown.is_spam, shown.waiting_count) == ("resolved", True, 0)
    assert await places(desk) == {"open": 0, "unassigned": 0, "resolved": 0, "spam": 1}
    (row,) = await desk.rows("SELECT state, reason FROM episode WHERE workspace_id = $1")
    assert (row["state"], row["reason"]) == ("never_asked", spam.REASON)
    assert await desk.does(spam.mark, thread, by=desk.ana) == shown


async def test_what_comes_later_is_kept_and_asks_for_nothing(desk: Desk) -> None:
    thread = await desk.hears("7001", "Do you want cheap followers?", ago=60)
    await desk.does(spam.mark, thread, by=desk.ana)
    await desk.hears("7001", "Well? Do you?", ago=5)
    later = await desk.message(thread, "Well? Do you?")
    assert (later.needs_reply, later.needs_reply_reason) == (
        *(False, "It stands in a conversation that was marked as spam."),
    )
    assert (await desk.conversation(thread)).status == "resolved"
    assert await storage.recompute(desk.database, desk.workspace_id) == 0


async def test_taken_back_everybody_waits_since_they_asked(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    before = await desk.conversation(thread)
    await desk.does(spam.mark, thread, by=desk.ana)
    await desk.hears("7001", "Hello? Is anybody there?", ago=5)
    await desk.hears("7001", "Thanks", ago=4)
    shown = await desk.does(spam.unmark, thread, by=desk.sam)
    assert (shown.status, shown.is_spam, shown.waiting_since) == ("open", False, before.waiting_since)
    needs = await desk.rows("SELECT text, needs_reply FROM message WHERE workspace_id = $1 ORDER BY at")
    assert [row["needs_reply"] for row in needs] == [True, True, False]
    assert await places(desk) == {"open": 1, "unassigned": 1, "resolved": 0, "spam": 0}
    assert await storage.recompute(desk.database, desk.workspace_id) == 0


async def test_reopened_it_is_no_spam_and_what_comes_then_asks_again(desk: Desk) -> None:
    thread = await desk.hears("7001", "Do you want cheap followers?", ago=60)
    await desk.does(spam.mark, thread, by=desk.ana)
    await desk.does(conversations.reopen, thread, by=desk.ana)
    await desk.hears("7001", "Where is my order?", ago=5)
    shown = await desk.conversation(thread)
    assert (shown.is_spam, shown.waiting_count) == (False, 1)


async def test_a_sleeping_one_that_somebody_has_is_spam_like_any_other(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    await desk.does(assignment.assign, thread, desk.ana.id, by=desk.ana)
    await desk.does(snoozes.snooze, thread, minutes_ago(-60), by=desk.ana)
    shown = await desk.does(spam.mark, thread, by=desk.sam)
    assert (shown.status, shown.snoozed_until, shown.assignee_id) == ("resolved", None, desk.ana.id)
    with pytest.raises(Forbidden):
        await desk.does(spam.unmark, thread, by=desk.rea)
    with pytest.raises(NotFound):
        await desk.does(spam.unmark, thread, by=desk.otto)
