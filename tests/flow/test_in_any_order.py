"""What must not depend on which event came first."""

from __future__ import annotations

import random
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


def ten_events(at: Road, chance: random.Random) -> list[dict[str, Any]]:
    """One conversation, private or public, in which ten things happen: one after the other, as the platform tells."""
    return private_talk(at, chance) if chance.random() < 0.5 else public_talk(at, chance)


def private_talk(at: Road, chance: random.Random) -> list[dict[str, Any]]:
    story, said, edits = [at.dm("7001", "Where is order 0?", at="09:00", mid="m_0")], ["m_0"], 0
    stands = ["m_0"]  # what was not taken back: nothing is taken back twice
    for turn in range(1, 10):
        when, mid = f"09:{turn:02}", f"m_{turn}"
        match chance.choice(["asks", "asks", "thanks", "edits", "takes back", "answered", "answered"]):
            case "asks" | "thanks" as what:
                words = f"Where is order {turn}?" if what == "asks" else "Thank you!"
                story.append(at.dm("7001", words, at=when, mid=mid))
                said.append(mid)
                stands.append(mid)
            case "edits":
                edits += 1
                words = chance.choice(["Where is it now?", "Never mind", "Thanks!"])
                story.append(at.edit("7001", words, at=when, mid=chance.choice(said), number=edits))
            case "takes back" if stands:
                gone = at.dm("7001", "", at=when, mid="")
                mid = stands.pop(chance.randrange(len(stands)))
                gone["entry"][0]["messaging"][0]["message"] = {"mid": mid, "is_deleted": True}
                story.append(gone)
            case _:
                echo = at.dm("7001", f"It left, see {turn}.", at=when, mid=mid)
                message = echo["entry"][0]["messaging"][0]
                message |= {"sender": {"id": at.account}, "recipient": {"id": "7001"}}
                message["message"] |= {"is_echo": True, "app_id": 263902037430900}
                story.append(echo)
    return story


def public_talk(at: Road, chance: random.Random) -> list[dict[str, Any]]:
    story, said = [at.comment("8000", "Does it ship to Portugal?", at="09:00", id="900_0")], ["900_0"]
    stands: list[str] = []
    for turn in range(1, 10):
        when, id = f"09:{turn:02}", f"900_{turn}"
        match chance.choice(["asks", "asks", "likes", "answered", "hidden", "shown", "takes back"]):
            case "asks" | "likes" as what:
                words = f"And to country {turn}?" if what == "asks" else "Lovely."
                who, under = f"800{chance.randrange(3)}", chance.choice([said[0], said[-1]])
                story.append(at.comment(who, words, at=when, id=id, under=under))
                said.append(id)
                stands.append(id)
            case "answered":
                story.append(at.comment(at.account, f"It does ({turn})!", at=when, id=id, under=chance.choice(said)))
            case "hidden" | "shown" as what:
                verb = "hide" if what == "hidden" else "unhide"
                story.append(at.happens(verb, chance.choice(said), at=when))
            case "takes back" if stands:
                gone = stands.pop(chance.randrange(len(stands)))
                story.append(at.happens("remove", gone, at=when, parent_id=said[0]))
            case _:
                story.append(at.comment("8002", "Me too?", at=when, id=id, under=said[0]))
                said.append(id)
                stands.append(id)
    return story


def busy(picture: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Whether a thread in which nobody waits is done or merely quiet is decided as things come, so it is left out."""
    (kind, key, status, provisional, count, people, waiting, *rest), *more = picture
    return [(kind, key, status if waiting else "", provisional, count, people, waiting, *rest), *more]


async def test_who_is_shown_again_is_on_the_queue_again_though_the_thread_was_done(road: Road) -> None:
    await road.comments("8000", "Lovely.", at="09:00", id="900_0")
    await road.comments("8001", "Does it ship to Portugal?", at="09:01", id="900_1", under="900_0")
    await road.changes("hide", "900_1", at="09:05")
    await road.comments(road.account, "Thank you!", at="09:07", under="900_0")
    assert (await road.conversation())["status"] == "resolved"
    await road.changes("unhide", "900_1", at="09:08")
    thread = await road.conversation()
    assert (thread["status"], thread["waiting_count"]) == ("open", 1)


async def test_of_a_thread_that_found_its_root_the_newest_words_that_still_stand_are_shown(road: Road) -> None:
    await road.comments("8002", "And to Spain?", at="09:05", id="900_2", under="900_1")
    await road.changes("remove", "900_2", at="09:06", parent_id="900_1")
    await road.comments("8001", "Does it ship to Portugal?", at="09:00", id="900_1", under="900_0")
    assert (await road.conversation())["preview"] == "Does it ship to Portugal?"


async def test_a_thread_whose_end_came_first_is_done_when_its_beginning_has_come(road: Road) -> None:
    await road.comments("8001", "Lovely.", at="09:03", id="900_3", under="900_2")
    await road.comments(road.account, "Thank you!", at="09:07", id="900_7", under="900_3")
    await road.comments("8001", "And to Spain?", at="09:02", id="900_2", under="900_1")
    assert await road.rows("SELECT 1 FROM inbound_event WHERE workspace_id = $1") == []
    thread = await road.conversation()
    assert (thread["message_count"], thread["waiting_count"], thread["status"]) == (3, 0, "resolved")
    assert await road.differences() == 0


@pytest.mark.parametrize("seed", [1, 2, 5, 7, 9, 29, 35, 94])  # stories that once came out in two ways, and others
async def test_ten_events_of_one_conversation_give_the_same_rows_in_whatever_order(road: Road, seed: int) -> None:
    for payload in ten_events(road, random.Random(seed)):
        await road.arrives(payload)
    expected, chance = busy(await road.picture()), random.Random(seed)
    for _ in range(5):
        other = await Road.make(await World.make(road.database, name="Another order"))
        told = ten_events(other, random.Random(seed))
        chance.shuffle(told)
        for payload in told:
            await other.stored(payload)
            if chance.random() < 0.5:
                await other.placed()
        await other.placed()
        assert busy(await other.picture()) == expected
        assert await other.rows("SELECT 1 FROM inbound_event WHERE workspace_id = $1") == []
        assert await other.differences() == 0
