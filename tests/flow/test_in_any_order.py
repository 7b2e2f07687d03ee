"""What must not depend on which event came first."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
import structlog

from inbox.desk import conversations
from inbox.sla import facts as f
from tests.flow.road import Road, clock, names
from tests.world import World


async def test_an_edit_back_to_the_first_wording_stands_though_it_overtook_the_one_before(road: Road) -> None:
    await road.says("7001", "Where is order 5521?", at="09:00", mid="m_1")
    await road.arrives(road.edit("7001", "Where is order 5521?", at="09:06", mid="m_1", number=2))
    await road.arrives(road.edit("7001", "Thanks!", at="09:04", mid="m_1", number=1))
    (message,) = await road.messages()
    assert (message["text"], message["revisions"], message["needs_reply"]) == ("Where is order 5521?", 2, True)
    assert names(await road.episodes(), "state") == ["ended", "waiting"]
    assert await road.differences() == 0


async def test_a_thread_is_its_first_commenters_also_when_a_reply_came_before_them(road: Road) -> None:
    await road.comments("8002", "And to Spain?", at="09:05", id="900_2", under="900_1")
    await road.comments("8001", "Does it ship to Portugal?", at="09:00", id="900_1")
    (person,) = await road.rows(
        """SELECT i.external_id FROM conversation c JOIN contact_identity i
               ON i.workspace_id = c.workspace_id AND i.id = c.identity_id WHERE c.workspace_id = $1"""
    )
    assert person["external_id"] == "8001"


async def test_a_late_message_does_not_take_a_thread_from_the_app_that_owns_it_now(road: Road) -> None:
    owned = road.dm("7001", "Hello?", at="09:05", mid="m_2")
    owned["entry"][0]["standby"] = owned["entry"][0].pop("messaging")
    await road.arrives(owned)
    await road.says("7001", "Where is my order?", at="09:00", mid="m_1")
    assert (await road.conversation())["replyable"] is False


@pytest.mark.parametrize("resolve", [False, True])
async def test_an_answer_taken_away_in_the_platforms_own_app_puts_who_asked_back_on_the_queue(
    road: Road, resolve: bool
) -> None:
    await road.says("7001", "Where is my order?", at="09:00", mid="m_1")
    await road.answers_elsewhere("Tomorrow!", at="09:10", to="7001", mid="m_2")
    if resolve:
        async with road.database.session(road.world.workspace_id) as session:
            await conversations.resolve(session, (await road.conversation())["id"], by=road.world.agent)
    assert (await road.conversation())["waiting_count"] == 0
    gone: Any = road.dm("7001", "", at="09:12", mid="m_2")
    message = gone["entry"][0]["messaging"][0]
    message |= {"sender": {"id": road.account}, "recipient": {"id": "7001"}}
    message["message"] = {"mid": "m_2", "is_deleted": True, "is_echo": True}
    await road.arrives(gone)
    thread = await road.conversation()
    assert (thread["waiting_count"], thread["status"], thread["resolved_at"]) == (1, "open", None)
    assert names(await road.episodes(), "state") == ["waiting"]
    assert await road.differences() == 0


async def test_somebody_who_speaks_to_the_shop_by_its_name_waits(road: Road) -> None:
    await road.comments("8001", "Acme Shop I came by yesterday and you were closed", at="09:00")
    (message,) = await road.messages()
    assert (message["needs_reply"], (await road.conversation())["waiting_count"]) == (True, 1)


@pytest.mark.parametrize("answer_first", [False, True])
async def test_an_answer_elsewhere_counts_for_those_it_names_whoever_came_first(road: Road, answer_first: bool) -> None:
    await road.comments("8001", "Does it ship to Portugal?", at="09:00", id="900_1")
    answer = road.comment(road.account, "Yes, both of you!", at="09:10", id="900_3", under="900_1")
    answer["entry"][0]["changes"][0]["value"]["message_tags"] = [{"id": "8002", "name": "Bo"}]
    asks = road.comment("8002", "And to Spain?", at="09:05", id="900_2", under="900_1")
    for payload in (answer, asks) if answer_first else (asks, answer):
        await road.arrives(payload)
    assert names(await road.episodes(), "state") == ["answered", "answered"]
    people = await road.rows(
        """SELECT c.name FROM contact_identity i JOIN contact c ON c.workspace_id = i.workspace_id
               AND c.id = i.contact_id WHERE i.workspace_id = $1 AND NOT i.nameless ORDER BY c.name"""
    )
    assert names(people, "name") == ["Person 8001", "Person 8002"]
    assert await road.differences() == 0


async def test_threads_that_began_without_their_roots_follow_each_other_home(road: Road) -> None:
    """A reply to a reply to a comment on a visitor's post; all of them come before the post, the deepest first."""
    deepest = road.comment("8003", "And to Malta?", at="09:06", id="900_3", under="900_2")
    second = road.comment("8002", "And to Spain?", at="09:00:30", id="900_2", under="900_1")
    beside = road.comment("8004", "I wonder too?", at="09:07", id="900_4", under="900_1")
    first = road.comment("8001", "Does it ship to Portugal?", at="09:01", id="900_1")
    post = road._entry(
        "changes",
        {
            "field": "feed",
            "value": {
                "item": "post",
                "verb": "add",
                "post_id": f"{road.account}_900",
                "from": {"id": "8000", "name": "Person 8000"},
                "message": "Is anybody there?",
                "created_time": int(clock("09:00").timestamp()),
            },
        },
    )
    await road.arrives(beside)
    await road.arrives(deepest)
    assert len(await road.conversations()) == 2
    with structlog.testing.capture_logs() as said:
        await road.arrives(second, post, first)
    assert said == []
    thread = await road.conversation()
    assert (thread["message_count"], thread["waiting_count"], thread["provisional"]) == (5, 5, False)
    assert await road.rows("SELECT 1 FROM inbound_event WHERE workspace_id = $1") == []
    assert await road.differences() == 0


async def test_a_reply_of_the_same_second_knows_what_it_answers(road: Road) -> None:
    await road.arrives(
        road.comment("8002", "And to Spain?", at="09:00", id="900_1", under="900_2"),
        road.comment("8001", "Does it ship to Portugal?", at="09:00", id="900_2"),
    )
    reply, comment = await road.messages()
    assert reply["parent_id"] == comment["id"]
    assert (await road.conversation())["provisional"] is False


@pytest.mark.parametrize("together", [False, True])
async def test_an_answer_elsewhere_that_leaves_nobody_waiting_resolves_the_thread_in_any_order(
    road: Road, together: bool
) -> None:
    pictures = []
    for order in permutations(range(3)):
        at = await Road.make(await World.make(road.database))
        story = [
            at.comment("8001", "Does it ship to Portugal?", at="09:00", id="900_1"),
            at.comment("8002", "And to Spain?", at="09:05", id="900_2", under="900_1"),
            at.comment(at.account, "Yes, it does, to both of you!", at="09:10", id="900_3", under="900_1"),
        ]
        story[2]["entry"][0]["changes"][0]["value"]["message_tags"] = [{"id": "8002", "name": "Bo"}]
        if together:
            await at.arrives(*(story[n] for n in order))
        else:
            for n in order:
                await at.arrives(story[n])
        await at.arrives(*story)
        thread = await at.conversation()
        assert (thread["status"], thread["waiting_count"]) == ("resolved", 0)
        assert thread["resolved_at"] is not None
        assert [(fact.at, fact.by) for fact in await at.told(f.Resolved)] == [(clock("09:10"), "")]
        assert await at.differences() == 0
        pictures.append(await at.picture())
    assert all(picture == pictures[0] for picture in pictures)


async def test_three_days_after_an_answer_elsewhere_has_resolved_it_a_question_is_a_first_one_again(road: Road) -> None:
    kinds = []
    for days, order in ((2, (0, 1, 2)), (3, (0, 1, 2)), (3, (2, 1, 0)), (3, (1, 2, 0))):
        at = await Road.make(await World.make(road.database))
        story = [
            at.comment("8001", "Does it ship to Portugal?", at="09:00", id="900_1"),
            at.comment(at.account, "Yes, it does!", at="09:10", id="900_2", under="900_1"),
            at.comment("8001", "And how long does it take?", at="09:10", days=days, id="900_3", under="900_1"),
        ]
        for n in order:
            await at.arrives(story[n])
        kinds.append((days, names(await at.episodes(), "kind")))
        assert (await at.conversation())["status"] == "open"
        assert await at.differences() == 0
    first, next_ = "first_response", "next_response"
    assert kinds == [(2, [first, next_]), (3, [first, first]), (3, [first, first]), (3, [first, first])]


async def test_a_thread_is_resolved_by_its_answer_also_in_a_batch_that_brings_an_early_reply_home(road: Road) -> None:
    await road.comments("8001", "Does it ship to Portugal?", at="09:00", id="900_1")
    await road.comments("8003", "Me too?", at="09:06", id="900_5", under="900_4")
    await road.arrives(
        road.comment(road.account, "Yes, it does!", at="09:10", id="900_2", under="900_1"),
        road.comment("8002", "Is it red?", at="09:05", id="900_4"),
    )
    answered, waiting = sorted(await road.conversations(), key=lambda row: str(row["thread_key"]))
    assert (answered["status"], answered["waiting_count"]) == ("resolved", 0)
    assert (waiting["status"], waiting["waiting_count"]) == ("open", 2)
    assert await road.differences() == 0
