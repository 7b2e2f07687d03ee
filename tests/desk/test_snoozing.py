"""A sleeping conversation is out of the way, and no number knows."""

from __future__ import annotations

import pytest

from inbox.desk import assignment, conversations, snoozes, views
from inbox.ground.errors import Conflict, Invalid
from tests.desk.story import Desk, minutes_ago

TOMORROW = minutes_ago(-60 * 24)


async def test_snooze_hides_from_mine_and_changes_no_number(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    await desk.does(assignment.assign, thread, desk.ana.id, by=desk.ana)
    before = await desk.numbers(thread)
    shown = await desk.does(snoozes.snooze, thread, TOMORROW, by=desk.ana)
    assert (shown.status, shown.snoozed_until, shown.waiting_count) == ("snoozed", TOMORROW, 1)
    assert await desk.numbers(thread) == before
    assert (await desk.does(views.page, desk.ana, "mine")).items == []
    assert [row.id for row in (await desk.does(views.page, desk.ana, "snoozed")).items] == [thread]
    assert await desk.lines(thread) == ["assigned", "snoozed"]


async def test_a_question_wakes_it_before_its_time(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    await desk.does(snoozes.snooze, thread, TOMORROW, by=desk.ana)
    await desk.hears("7001", "Is anybody there?", ago=30)
    shown = await desk.conversation(thread)
    assert (shown.status, shown.snoozed_until) == ("open", None)


async def test_an_agent_wakes_it_before_its_time(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    await desk.does(snoozes.snooze, thread, TOMORROW, by=desk.ana)
    shown = await desk.does(snoozes.unsnooze, thread, by=desk.sam)
    assert (shown.status, shown.snoozed_until) == ("open", None)
    heard = await desk.heard()
    assert await desk.does(snoozes.unsnooze, thread, by=desk.sam) == shown
    assert await desk.heard() == heard
    assert await desk.lines(thread) == ["snoozed", "woke"]


async def test_it_wakes_when_its_time_is_over_and_says_so(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    other = await desk.hears("7002", "And mine?", ago=60)
    for one in (thread, other):
        await desk.does(snoozes.snooze, one, TOMORROW, by=desk.ana)
    assert await snoozes.over(desk.database) == []
    async with desk.database.tenant(desk.workspace_id) as connection:
        await connection.execute("UPDATE conversation SET snoozed_until = now() WHERE id = $1", thread)
    assert await snoozes.over(desk.database) == [desk.workspace_id]
    assert await snoozes.wake(desk.database, desk.workspace_id) == 1
    shown = await desk.conversation(thread)
    assert (shown.status, shown.snoozed_until) == ("open", None)
    assert (await desk.conversation(other)).status == "snoozed"
    assert await desk.lines(thread) == ["snoozed", "snooze_over"]
    assert await snoozes.over(desk.database) == []


async def test_the_same_snooze_again_is_done_already(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    shown = await desk.does(snoozes.snooze, thread, TOMORROW, by=desk.ana)
    assert await desk.does(snoozes.snooze, thread, TOMORROW, by=desk.ana) == shown
    assert await desk.lines(thread) == ["snoozed"]


@pytest.mark.parametrize("until", [minutes_ago(1), minutes_ago(-60 * 24 * 400)], ids=["past", "too far"])
async def test_a_time_that_makes_no_sense_is_refused(desk: Desk, until: object) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    with pytest.raises(Invalid):
        await desk.does(snoozes.snooze, thread, until, by=desk.ana)


async def test_what_is_resolved_does_not_sleep(desk: Desk) -> None:
    thread = await desk.has_answered("7001", ago=60)
    await desk.does(conversations.resolve, thread, by=desk.ana)
    with pytest.raises(Conflict):
        await desk.does(snoozes.snooze, thread, TOMORROW, by=desk.ana)
