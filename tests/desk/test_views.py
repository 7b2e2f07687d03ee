"""The lists: who is in them, in what order, page by page, and how many."""

from __future__ import annotations

import random
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from inbox.desk import assignment, conversations, filters, policies, reading, snoozes, tags, views
from inbox.desk.conversations import Unanswered
from inbox.desk.filters import Filtering
from inbox.ground.errors import Invalid
from inbox.people.access import Agent, Role
from inbox.platforms.base import Kind
from inbox.realtime.rows import waiting_rank
from tests.desk.story import Desk, minutes_ago


async def ids(desk: Desk, view: str, who: Agent | None = None, **more: Any) -> list[UUID]:
    shown = await desk.does(views.page, who or desk.ana, view, Filtering(**more))
    return [row.id for row in shown.items]


async def test_whoever_waits_longest_comes_first_and_then_what_moved_last(desk: Desk) -> None:
    older = await desk.hears("7001", "Where is my order?", ago=90)
    quiet = await desk.has_answered("7002", ago=80)
    newer = await desk.hears("7003", "Where is mine?", ago=70)
    quieter = await desk.has_answered("7004", ago=75)
    assert await ids(desk, "open") == [older, newer, quieter, quiet]
    await desk.posts(quiet, "Did it come?", by=desk.ana, anyway=True)
    assert await ids(desk, "open") == [older, newer, quiet, quieter]


async def test_what_is_due_first_comes_before_whoever_was_promised_nothing_however_long_they_wait(desk: Desk) -> None:
    quick = [policies.WantedPolicy(name="Messages", first="8 hours", kinds=["dm"])]
    await desk.does(
        policies.put, policies.Wanted(policies=quick, version=0), by=desk.world.admin, since=minutes_ago(60 * 24 * 30)
    )
    long_ago = await desk.sees_comment("7001", "Where can I buy it?", ago=60 * 20)
    soon = await desk.hears("7002", "Where is my order?", ago=60 * 7)
    later = await desk.hears("7003", "Where is mine?", ago=60)
    assert await ids(desk, "open") == [soon, later, long_ago]
    assert await ids(desk, "open", minutes=60 * 6) == [soon, long_ago]
    assert await ids(desk, "open", minutes=60 * 12) == [long_ago]
    await desk.writes(soon, "Let me look.", by=desk.ana)
    assert await ids(desk, "open") == [soon, later, long_ago], "until it is sent"
    for row in await desk.rows("SELECT * FROM conversation WHERE workspace_id = $1"):
        assert row["waiting_rank"] == waiting_rank(row["waiting_since"], row["due_at"], row["last_message_at"])


async def test_a_second_message_of_the_same_person_moves_nothing(desk: Desk) -> None:
    first = await desk.hears("7001", "Where is my order?", ago=90)
    second = await desk.hears("7002", "Where is mine?", ago=80)
    before = await desk.numbers(first)
    await desk.hears("7001", "Hello? Anybody?", ago=10)
    assert await ids(desk, "open") == [first, second]
    assert (await desk.conversation(first)).waiting_since == minutes_ago(90)
    assert [number[3] for number in await desk.numbers(first)] == [number[3] for number in before]


async def test_each_view_holds_what_its_name_says(desk: Desk) -> None:
    mine = await desk.hears("7001", "Where is my order?", ago=90)
    free = await desk.hears("7002", "Where is mine?", ago=80)
    asleep = await desk.hears("7003", "Where is it?", ago=70)
    done = await desk.has_answered("7004", ago=60)
    waiting_for_them = await desk.hears("7005", "Where is that?", ago=50)
    await desk.does(assignment.assign, mine, desk.ana.id, by=desk.sam)
    await desk.does(snoozes.snooze, asleep, minutes_ago(-600), by=desk.sam)
    await desk.does(conversations.resolve, done, by=desk.sam)
    await desk.posts(waiting_for_them, "Which one?", by=desk.ana, ago=40)
    assert await ids(desk, "mine") == [mine]
    assert await ids(desk, "mine", desk.sam) == []
    assert await ids(desk, "unassigned") == [free, waiting_for_them]
    assert await ids(desk, "open") == [mine, free, waiting_for_them]
    assert await ids(desk, "snoozed") == [asleep]
    assert await ids(desk, "resolved") == [done]
    assert await ids(desk, "problems") == []
    assert await ids(desk, "imported") == []
    counts = await desk.does(views.counts, desk.ana)
    assert (counts.mine, counts.unassigned, counts.open, counts.snoozed, counts.resolved) == (1, 1, 2, 1, 1)
    assert (counts.problems, counts.imported) == (0, 0)


async def test_what_failed_to_leave_is_a_problem(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=90)
    await desk.hears("7002", "Where is mine?", ago=80)
    async with desk.database.tenant(desk.workspace_id) as connection:
        await connection.execute("UPDATE conversation SET problems = 1 WHERE id = $1", thread)
    assert await ids(desk, "problems") == [thread]
    assert (await desk.does(views.counts, desk.ana)).problems == 1


async def test_imported_holds_what_was_there_before_us_and_still_waits(desk: Desk) -> None:
    await desk.connected(ago=30)
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    assert await ids(desk, "imported") == [thread]
    assert await ids(desk, "open") == []
    assert (await desk.does(views.counts, desk.ana)).imported == 1
    said = Unanswered(how="no_reply_needed", reason="Long ago")
    await desk.does(conversations.resolve, thread, by=desk.ana, unanswered=said)
    assert await ids(desk, "imported") == []


async def test_sent_holds_what_this_agent_answered_the_last_answer_first(desk: Desk) -> None:
    first = await desk.hears("7001", "Where is my order?", ago=90)
    second = await desk.hears("7002", "Where is mine?", ago=80)
    third = await desk.hears("7003", "And mine?", ago=70)
    await desk.posts(first, "On its way!", by=desk.ana, ago=50)
    await desk.posts(second, "On its way!", by=desk.ana, ago=40)
    await desk.posts(third, "On its way!", by=desk.sam, ago=30)
    await desk.posts(first, "It should be there by now.", by=desk.ana, ago=20)
    await desk.writes(third, "Not yet", by=desk.ana, anyway=True)
    assert await ids(desk, "sent") == [first, second]
    assert await ids(desk, "sent", desk.sam) == [third]
    page = await desk.does(views.page, desk.ana, "sent", limit=1)
    assert [row.id for row in page.items] == [first]
    rest = await desk.does(views.page, desk.ana, "sent", limit=1, cursor=page.next)
    assert ([row.id for row in rest.items], rest.next) == ([second], None)


async def test_pages_follow_one_another_without_a_gap_and_without_a_repeat(desk: Desk) -> None:
    chance = random.Random(20261124)
    for number in range(12):
        begins = desk.has_answered if number % 3 == 0 else partial(desk.hears, text="Where is my order?")
        await begins(f"71{number}", ago=chance.choice([30, 40, 50]))
    everything = await ids(desk, "open")
    assert len(everything) == 12
    for limit in (1, 5, 11, 12):
        read: list[UUID] = []
        cursor: str | None = None
        while True:
            page = await desk.does(views.page, desk.ana, "open", limit=limit, cursor=cursor)
            read += [row.id for row in page.items]
            assert len(page.items) <= limit
            if page.next is None:
                break
            cursor = page.next
        assert read == everything


async def test_lists_are_narrowed_by_channel_kind_and_name(desk: Desk) -> None:
    message = await desk.hears("7001", "Where is my order?", ago=90)
    comment = await desk.sees_comment("8001", "Does it ship?", ago=80)
    other = await desk.world.channel("facebook")
    await desk.is_called("7001", "Ana Ruiz", handle="@Ana.Ruiz")
    for view in ("open", "unassigned"):
        assert await ids(desk, view, kind=Kind.DM) == [message]
        assert await ids(desk, view, kind=Kind.REVIEW) == []
        assert await ids(desk, view, channel=desk.world.channel_id) == [message, comment]
        assert await ids(desk, view, channel=desk.world.channel_id, kind=Kind.COMMENT) == [comment]
        assert await ids(desk, view, channel=other) == []
        for q in ("ana", "ANA R", " ana  ruiz ", "@ana.", "ana.ruiz"):
            assert await ids(desk, view, person=q) == [message], q
        assert await ids(desk, view, person="person") == [comment]
        assert await ids(desk, view, person="ruiz") == []
        assert await ids(desk, view, person="ana", kind=Kind.COMMENT) == []


async def test_lists_are_narrowed_by_everything_that_is_known_and_all_of_it_must_hold(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = await desk.hears("7001", "Where is my order?", ago=600)
    short = await desk.hears("7002", "Where is the lamp I ordered?", ago=20)
    quiet = await desk.has_answered("7003", ago=300)
    for thread, tag in ((long, "vip"), (long, "late"), (short, "vip")):
        await desk.does(tags.put_on, thread, tag, by=desk.ana)
    await desk.does(assignment.assign, long, desk.sam.id, by=desk.sam)
    await desk.does(conversations.prioritise, short, 4, by=desk.ana)
    await desk.is_called("7001", "Ana Ruiz")
    await desk.rows("UPDATE message SET language = 'es' WHERE workspace_id = $1 AND conversation_id = $2", short)
    asked: list[tuple[dict[str, Any], list[UUID]]] = [
        ({"platform": "facebook"}, [long, short, quiet]),
        ({"platform": "reddit"}, []),
        ({"tags": ["vip"]}, [long, short]),
        ({"tags": ["vip", "Late"]}, [long]),
        ({"tags": ["nothing"]}, []),
        ({"assignee": "nobody"}, [short, quiet]),
        ({"assignee": "me"}, []),
        ({"assignee": str(desk.sam.id)}, [long]),
        ({"language": "ES"}, [short]),
        ({"waiting": True}, [long, short]),
        ({"minutes": 60}, [long]),
        ({"priority": 3}, [short]),
        ({"text": "lamp"}, [short]),
        ({"text": "order"}, [long, short, quiet]),
        ({"text": "order "}, [long, quiet]),
        ({"text": "!?"}, []),
        ({"person": "ana", "tags": ["vip"]}, [long]),
        ({"tags": ["vip"], "assignee": "nobody", "text": "where", "priority": 4, "waiting": True}, [short]),
        ({"tags": ["vip"], "minutes": 60, "priority": 4}, []),
    ]
    for few in (1000, 0):  # looked up by id, or met on the way
        monkeypatch.setattr(filters, "FEW", few)
        for more, expected in asked:
            assert await ids(desk, "open", **more) == expected, (few, more)
    monkeypatch.undo()
    assert await ids(desk, views.SENT, desk.sam, text="order", assignee="nobody") == [quiet]
    assert await ids(desk, views.SENT, desk.sam, waiting=True) == []
    with pytest.raises(Invalid):
        await ids(desk, "open", assignee="somebody")


async def test_who_is_given_some_channels_sees_counts_and_finds_only_those(desk: Desk) -> None:
    await desk.hears("7001", "Where is my order?", ago=90)
    other = await desk.world.channel("facebook")
    cleo = await desk.world.member(Role.AGENT, "Cleo", channel_ids=[other])
    dana = await desk.world.member(Role.AGENT, "Dana", channel_ids=[desk.world.channel_id, other])
    for view in [*views.VIEWS, views.SENT]:
        assert await ids(desk, view, cleo) == []
        assert await ids(desk, view, cleo, channel=desk.world.channel_id) == []
        assert await ids(desk, view, desk.otto) == []
    assert (await desk.does(views.counts, cleo)).open == 0
    assert (await desk.does(views.counts, dana)).open == 1
    assert len(await ids(desk, "open", dana)) == 1
    assert len(await ids(desk, "unassigned", dana)) == 1
    assert len(await ids(desk, "open", dana, kind=Kind.DM)) == 1


async def test_counts_end_at_a_thousand(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        await desk.hears(f"70{number}", "Where is my order?", ago=60)
    monkeypatch.setattr(views, "MOST", 3)
    assert (await desk.does(views.counts, desk.ana)).open == 3


async def test_marks_come_with_the_list_and_are_the_readers_own(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=90)
    await desk.does(reading.read, thread, minutes_ago(90), by=desk.ana)
    page = await desk.does(views.page, desk.ana, "open")
    assert [(mark.conversation_id, mark.at) for mark in page.reads] == [(thread, minutes_ago(90))]
    assert (await desk.does(views.page, desk.sam, "open")).reads == []


async def test_the_list_says_how_new_it_is(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=90)
    page = await desk.does(views.page, desk.ana, "open")
    assert page.as_of == len(await desk.heard())
    await desk.does(assignment.assign, thread, desk.ana.id, by=desk.ana)
    assert (await desk.does(views.page, desk.ana, "open")).as_of == page.as_of + 1
    assert (await desk.does(views.counts, desk.ana)).as_of == page.as_of + 1


async def test_another_workspaces_conversations_are_in_no_list(desk: Desk) -> None:
    other = await Desk.make(desk.database, name="Other")
    await other.hears("7001", "Where is my order?", ago=90)
    for view in [*views.VIEWS, views.SENT]:
        assert await ids(desk, view) == []


@pytest.mark.parametrize(
    ("view", "cursor"),
    [("nowhere", None), ("open", "not a cursor"), ("open", "e30"), ("sent", "WzEsMl0"), ("open", "á")],
)
async def test_views_and_cursors_that_nobody_gave_out_are_refused(desk: Desk, view: str, cursor: str | None) -> None:
    with pytest.raises(Invalid):
        await desk.does(views.page, desk.ana, view, cursor=cursor)
