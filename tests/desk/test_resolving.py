"""Off the queue and on again. Resolving ends no waiting, so it asks what became of whoever still waits."""

from __future__ import annotations

from uuid import UUID

import pytest

from inbox.desk import conversations, snoozes
from inbox.desk.conversations import Unanswered
from inbox.desk.threads import WaitingOut
from inbox.ground.errors import AlreadyResolved, Forbidden, Invalid, NotFound, NotPossibleHere, SomebodyWaits
from inbox.ground.ids import new_id
from tests.desk.story import Desk, minutes_ago


async def test_a_conversation_in_which_nobody_waits_is_resolved_at_one_key(desk: Desk) -> None:
    thread = await desk.has_answered("7001", ago=60)
    shown = await desk.does(conversations.resolve, thread, by=desk.ana)
    assert shown.status == "resolved"
    assert shown.resolved_at is not None
    assert await desk.lines(thread) == ["replied", "resolved"]
    (told,) = await desk.heard("conversation.resolved")
    assert told.by == desk.ana.id
    assert told.activity is not None
    assert told.activity.verb == "resolved"


async def test_resolving_with_somebody_waiting_asks_and_says_who(desk: Desk) -> None:
    thread = await desk.sees_comment("8001", "Does it ship?", ago=60, id="900_1")
    await desk.sees_comment("8002", "And to Spain?", ago=50, under="900_1")
    before = await desk.conversation(thread)
    with pytest.raises(SomebodyWaits) as refusal:
        await desk.does(conversations.resolve, thread, by=desk.ana)
    assert refusal.value.message == "Person 8001 and Person 8002 still wait for an answer."
    waiting: list[WaitingOut] = refusal.value.extra["waiting"]
    assert [(one.person.name, one.since) for one in waiting] == [
        ("Person 8001", minutes_ago(60)),
        ("Person 8002", minutes_ago(50)),
    ]
    assert await desk.conversation(thread) == before


async def test_no_reply_was_needed_takes_it_out_of_the_count(desk: Desk) -> None:
    thread = await desk.hears("7001", "Can anybody hear me?", ago=60)
    said = Unanswered(how="no_reply_needed", reason="A test by our own people")
    shown = await desk.does(conversations.resolve, thread, by=desk.ana, unanswered=said)
    assert (shown.status, shown.waiting_count) == ("resolved", 0)
    (message,) = await desk.messages(thread)
    assert (message.needs_reply, message.needs_reply_reason) == (False, "A test by our own people")
    ((_, state, *_),) = await desk.numbers(thread)
    assert state == "never_asked"


async def test_answered_by_phone_ends_the_waiting_now(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    said = Unanswered(how="answered_elsewhere")
    await desk.does(conversations.resolve, thread, by=desk.ana, unanswered=said)
    ((_, state, _, _, ended_at, cause, *_),) = await desk.numbers(thread)
    assert (state, cause) == ("ended", "by_phone")
    assert ended_at >= minutes_ago(0)


async def test_the_reply_that_answered_it_too_is_picked_and_its_time_counts(desk: Desk) -> None:
    thread = await desk.sees_comment("8001", "Does it ship?", ago=60, id="900_1")
    await desk.sees_comment("8002", "I wonder too: does it?", ago=50, under="900_1")
    asked = await desk.message(thread, "Does it ship?")
    reply = await desk.posts(thread, "It does!", by=desk.ana, ago=40, reply_to=asked.id)
    assert (await desk.conversation(thread)).waiting_count == 1
    said = Unanswered(how="answered_elsewhere", reply=reply.id)
    shown = await desk.does(conversations.resolve, thread, by=desk.ana, unanswered=said)
    assert (shown.status, shown.waiting_count) == ("resolved", 0)
    other = (await desk.numbers(thread))[1]
    assert (other[1], other[4], other[6]) == ("answered", minutes_ago(40), str(reply.id))
    assert (await desk.message(thread, "I wonder too: does it?")).answered


async def test_a_reply_that_counts_as_automatic_answers_nobody(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    robot = await desk.answered_elsewhere("7001", "We are closed.", ago=50, app=999)
    with pytest.raises(NotPossibleHere):
        await desk.does(
            conversations.resolve,
            thread,
            by=desk.ana,
            unanswered=Unanswered(how="answered_elsewhere", reply=robot),
        )
    assert (await desk.conversation(thread)).status == "open"


async def test_a_reply_from_another_conversation_is_not_taken(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    other = await desk.hears("7002", "Where is mine?", ago=60)
    reply = await desk.posts(other, "On its way!", by=desk.ana, ago=40)
    with pytest.raises(Invalid):
        await desk.does(
            conversations.resolve,
            thread,
            by=desk.ana,
            unanswered=Unanswered(how="answered_elsewhere", reply=reply.id),
        )


async def test_closed_unanswered_leaves_the_queue_and_waits_on_in_the_numbers(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    shown = await desk.does(conversations.resolve, thread, by=desk.ana, unanswered=Unanswered(how="close_unanswered"))
    assert (shown.status, shown.waiting_count, shown.waiting_since) == ("resolved", 0, None)
    ((_, state, _, opened_at, ended_at, *_),) = await desk.numbers(thread)
    assert (state, opened_at, ended_at) == ("waiting", minutes_ago(60), None)


async def test_reopening_brings_back_whoever_was_closed_unanswered(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    before = await desk.numbers(thread)
    await desk.does(conversations.resolve, thread, by=desk.ana, unanswered=Unanswered(how="close_unanswered"))
    shown = await desk.does(conversations.reopen, thread, by=desk.sam)
    assert (shown.status, shown.waiting_since, shown.resolved_at) == ("open", minutes_ago(60), None)
    assert await desk.numbers(thread) == before
    assert await desk.lines(thread) == ["resolved", "reopened"]


async def test_a_second_person_who_resolves_is_told_so(desk: Desk) -> None:
    thread = await desk.has_answered("7001", ago=60)
    await desk.does(conversations.resolve, thread, by=desk.ana)
    with pytest.raises(AlreadyResolved):
        await desk.does(conversations.resolve, thread, by=desk.sam)
    assert await desk.lines(thread) == ["replied", "resolved"]


async def test_reopening_what_is_open_changes_nothing(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    before, heard = await desk.conversation(thread), await desk.heard()
    assert await desk.does(conversations.reopen, thread, by=desk.ana) == before
    assert await desk.heard() == heard


async def test_a_question_reopens_what_was_resolved_and_thanks_does_not(desk: Desk) -> None:
    thread = await desk.has_answered("7001", ago=60)
    await desk.does(conversations.resolve, thread, by=desk.ana)
    await desk.hears("7001", "Thank you!", ago=50)
    assert (await desk.conversation(thread)).status == "resolved"
    await desk.hears("7001", "But where is it?", ago=40)
    assert (await desk.conversation(thread)).status == "open"


async def test_resolving_while_the_answer_is_on_its_way_waits_for_it(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    reply = await desk.writes(thread, "On its way!", by=desk.ana)
    shown = await desk.does(conversations.resolve, thread, by=desk.ana)
    assert shown.status == "open"
    assert await desk.lines(thread) == ["replied", "resolves_when_sent"]
    await desk.does(conversations.resolve, thread, by=desk.ana)
    assert await desk.lines(thread) == ["replied", "resolves_when_sent"]
    await desk.arrives(reply)
    assert (await desk.conversation(thread)).status == "resolved"
    ((_, state, *_),) = await desk.numbers(thread)
    assert state == "answered"


async def test_an_answer_on_its_way_to_one_does_not_close_the_other_silently(desk: Desk) -> None:
    thread = await desk.sees_comment("8001", "Does it ship?", ago=60, id="900_1")
    await desk.sees_comment("8002", "And to Spain?", ago=50, under="900_1")
    asked = await desk.message(thread, "Does it ship?")
    await desk.writes(thread, "It does!", by=desk.ana, reply_to=asked.id)
    with pytest.raises(SomebodyWaits):
        await desk.does(conversations.resolve, thread, by=desk.ana)


async def test_what_was_there_before_us_leaves_imported_once_it_is_dealt_with(desk: Desk) -> None:
    await desk.connected(ago=30)
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    shown = await desk.conversation(thread)
    assert (shown.status, shown.imported, shown.waiting_count) == ("resolved", True, 0)
    with pytest.raises(SomebodyWaits):
        await desk.does(conversations.resolve, thread, by=desk.ana)
    closed = await desk.does(conversations.resolve, thread, by=desk.ana, unanswered=Unanswered(how="close_unanswered"))
    assert (closed.status, closed.imported) == ("resolved", False)


async def test_a_resolved_conversation_no_longer_sleeps(desk: Desk) -> None:
    thread = await desk.has_answered("7001", ago=60)
    await desk.does(snoozes.snooze, thread, minutes_ago(-60), by=desk.ana)
    shown = await desk.does(conversations.resolve, thread, by=desk.ana)
    assert (shown.status, shown.snoozed_until) == ("resolved", None)


@pytest.mark.parametrize("priority", [1, 2, 3, 4, 0])
async def test_a_priority_is_set(desk: Desk, priority: int) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    shown = await desk.does(conversations.prioritise, thread, priority, by=desk.ana)
    assert shown.priority == priority
    assert await desk.lines(thread) == (["prioritised"] if priority else [])


async def test_who_may_only_read_resolves_nothing(desk: Desk) -> None:
    thread = await desk.has_answered("7001", ago=60)
    with pytest.raises(Forbidden):
        await desk.does(conversations.resolve, thread, by=desk.rea)


async def test_what_somebody_may_not_see_does_not_exist_for_them(desk: Desk) -> None:
    thread = await desk.has_answered("7001", ago=60)
    for stranger in (desk.otto, (await Desk.make(desk.database, name="Other")).ana):
        with pytest.raises(NotFound):
            await _as(desk, stranger.workspace_id, thread, stranger)
    with pytest.raises(NotFound):
        await desk.does(conversations.resolve, new_id(), by=desk.ana)


async def _as(desk: Desk, workspace_id: UUID, thread: UUID, who: object) -> None:
    async with desk.database.session(workspace_id) as session:
        await conversations.resolve(session, thread, by=who)  # type: ignore[arg-type]
