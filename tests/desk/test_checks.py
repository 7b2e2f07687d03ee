"""Quick checks: agents look again at what the rules said needs no reply."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from inbox.desk import checks, conversations, decisions, snoozes, spam
from inbox.desk.checks import StandOut, TurnOut
from inbox.flow import purging
from inbox.ground.errors import Conflict, Forbidden, NotFound
from inbox.people.access import Agent, Role
from inbox.platforms.registry import platforms
from tests.desk.story import Desk, minutes_ago

NICE = ["Nice.", "Lovely weather today.", "So beautiful.", "My favourite shade of blue.", "I bought two of them."]


async def some(desk: Desk, n: int = 3) -> dict[UUID, UUID]:
    """So many comments of which the rules say that they need no reply; gives each message with its thread."""
    made = {}
    for number in range(n):
        thread = await desk.sees_comment(f"80{number:02}", NICE[number % len(NICE)], ago=60 + number)
        (said,) = await desk.messages(thread)
        assert not said.needs_reply
        made[said.id] = thread
    return made


async def handed(desk: Desk, by: Agent, limit: int = 3) -> list[UUID]:
    turn: TurnOut = await desk.does(checks.hand, by=by, limit=limit)
    return [item.message.id for item in turn.items]


async def answered(desk: Desk, message: UUID, needed: bool, *, by: Agent) -> None:
    await desk.does(checks.answer, message, needed, by=by)


async def stands(desk: Desk, by: Agent) -> tuple[int, int, int]:
    """Of both open weeks: how many are drawn, checked, and left for this agent."""
    told: StandOut = await desk.does(checks.stand, by=by)
    return (
        sum(week.drawn for week in told.weeks),
        sum(week.checked for week in told.weeks),
        told.left,
    )


async def test_a_message_is_checked_and_the_rules_were_right(desk: Desk) -> None:
    made = await some(desk, 2)
    assert await stands(desk, desk.ana) == (2, 0, 2)
    first, second = await handed(desk, desk.ana)
    assert {first, second} == made.keys()
    await answered(desk, first, False, by=desk.ana)
    assert await stands(desk, desk.ana) == (2, 1, 1)
    assert await handed(desk, desk.ana) == [second]
    assert await desk.lines(made[first]) == [], "nothing has happened in the thread"
    assert (await desk.conversation(made[first])).waiting_count == 0


async def test_what_did_need_a_reply_waits_from_its_own_time_and_shows_in_the_inbox(desk: Desk) -> None:
    thread = await desk.sees_comment("8001", "Nice.", ago=240)
    await desk.does(conversations.resolve, thread, by=desk.sam)
    (said,) = await desk.messages(thread)
    assert await handed(desk, desk.ana) == [said.id]
    await answered(desk, said.id, True, by=desk.ana)
    now = await desk.conversation(thread)
    assert (now.status, now.waiting_count, now.waiting_since) == ("open", 1, minutes_ago(240))
    (shown,) = await desk.messages(thread)
    assert (shown.needs_reply, shown.needs_reply_reason) == (True, checks.REASON)
    assert await desk.lines(thread) == ["resolved", "marked_needs_reply"]
    (fact,) = await desk.rows("SELECT data FROM fact WHERE workspace_id = $1 AND kind = 'decided'")
    assert b'"source":"check"' in fact["data"]


async def test_the_post_and_what_it_answers_stand_beside_it(desk: Desk) -> None:
    await desk.sees_comment("8001", "Does it ship to Norway?", ago=70, id="900_1")
    await desk.sees_comment("8002", "Same colour as mine.", ago=60, under="900_1")
    turn: TurnOut = await desk.does(checks.hand, by=desk.ana)
    (item,) = turn.items
    assert item.message.text == "Same colour as mine."
    assert item.above is not None
    assert item.above.text == "Does it ship to Norway?"
    assert item.conversation.post is not None


async def test_what_needs_a_reply_or_was_there_before_us_or_is_ours_is_not_drawn(desk: Desk) -> None:
    await desk.connected(ago=180)
    await desk.hears("7001", "Where is my order?", ago=60)
    await desk.sees_comment("8001", "Nice.", ago=500)  # before the channel was connected
    await desk.answered_elsewhere("7001", "It is on its way.", ago=50)
    assert await stands(desk, desk.ana) == (0, 0, 0)
    assert await handed(desk, desk.ana) == []


async def test_what_stands_in_spam_or_comes_from_whom_we_blocked_is_not_drawn(desk: Desk) -> None:
    thread = await desk.sees_comment("8001", "Does it ship?", ago=70, id="900_1")
    await desk.does(spam.mark, thread, by=desk.ana)
    await desk.sees_comment("8001", "Nice.", ago=60, under="900_1")
    assert await stands(desk, desk.ana) == (0, 0, 0)


async def test_about_what_a_person_has_said_nobody_is_asked_and_their_word_is_taken_in_turn(desk: Desk) -> None:
    made = await some(desk, 4)
    order = await handed(desk, desk.sam, limit=4)
    for message in order:  # given back, as if nobody had looked
        await desk.does(checks.skip, message, by=desk.sam)
    await desk.does(decisions.needs_reply, order[0], True, "", by=desk.sam)
    await desk.does(decisions.needs_reply, order[3], True, "", by=desk.sam)
    assert await handed(desk, desk.ana, limit=2) == order[1:3]
    known = await desk.rows(
        "SELECT message_id, needed, source FROM reply_check WHERE workspace_id = $1 AND needed IS NOT NULL"
    )
    assert [tuple(row) for row in known] == [(order[0], True, "word")], "the last has not had its turn"
    await answered(desk, order[1], False, by=desk.ana)
    await answered(desk, order[2], False, by=desk.ana)
    assert await handed(desk, desk.ana) == []
    assert await stands(desk, desk.ana) == (4, 4, 0)
    assert made.keys() == set(order)


async def test_a_word_said_while_it_was_before_somebody_stands(desk: Desk) -> None:
    made = await some(desk, 1)
    (message,) = await handed(desk, desk.ana)
    await desk.does(decisions.needs_reply, message, True, "They asked on the phone", by=desk.sam)
    await answered(desk, message, False, by=desk.ana)
    (row,) = await desk.rows("SELECT needed, source FROM reply_check WHERE workspace_id = $1")
    assert (row["needed"], row["source"]) == (True, "word")
    assert (await desk.conversation(made[message])).waiting_count == 1


async def test_two_agents_are_not_handed_the_same_message(desk: Desk) -> None:
    await some(desk, 5)
    mine, theirs = await asyncio.gather(handed(desk, desk.ana, 3), handed(desk, desk.sam, 3))
    assert not set(mine) & set(theirs)
    assert sorted(map(len, (mine, theirs))) == [2, 3]
    assert await handed(desk, desk.ana, len(mine)) == mine, "and each gets what is already before them first"


@pytest.mark.parametrize("agents", [2, 6])
async def test_many_at_once_check_everything_once(desk: Desk, agents: int) -> None:
    made = await some(desk, 12)
    people = [await desk.world.member(Role.AGENT, f"Agent {number}") for number in range(agents)]

    async def works(who: Agent) -> list[UUID]:
        done = []
        while found := await handed(desk, who, 2):
            for message in found:
                await answered(desk, message, False, by=who)
                done.append(message)
        return done

    done = [message for one in await asyncio.gather(*map(works, people)) for message in one]
    assert sorted(done) == sorted(made)


async def test_what_lies_before_somebody_who_left_is_handed_on(desk: Desk) -> None:
    await some(desk, 1)
    (message,) = await handed(desk, desk.ana)
    assert await handed(desk, desk.sam) == []
    await _lets_the_lease_run_out(desk)
    assert await handed(desk, desk.sam) == [message]
    with pytest.raises(Conflict):
        await answered(desk, message, False, by=desk.ana)
    await answered(desk, message, False, by=desk.sam)
    with pytest.raises(Conflict):
        await answered(desk, message, True, by=desk.ana)


async def test_who_comes_back_late_may_still_answer_if_nobody_else_took_it(desk: Desk) -> None:
    await some(desk, 1)
    (message,) = await handed(desk, desk.ana)
    await _lets_the_lease_run_out(desk)
    await answered(desk, message, False, by=desk.ana)
    assert await stands(desk, desk.ana) == (1, 1, 0)


async def test_nobody_chooses_what_they_check(desk: Desk) -> None:
    (message,) = await some(desk, 1)
    with pytest.raises(Conflict):
        await answered(desk, message, False, by=desk.ana)
    with pytest.raises(Conflict):
        await desk.does(checks.skip, message, by=desk.ana)
    with pytest.raises(Conflict):
        await desk.does(checks.undo, message, by=desk.ana)


async def test_what_somebody_skips_is_left_to_a_colleague(desk: Desk) -> None:
    await some(desk, 1)
    (message,) = await handed(desk, desk.ana)
    await desk.does(checks.skip, message, by=desk.ana)
    assert await handed(desk, desk.ana) == []
    assert (await stands(desk, desk.ana), await stands(desk, desk.sam)) == ((1, 0, 0), (1, 0, 1))
    await desk.does(checks.undo, message, by=desk.ana)
    assert await handed(desk, desk.ana) == [message]


@pytest.mark.parametrize("before", ["open", "resolved", "snoozed"])
async def test_a_check_is_taken_back_and_everything_is_as_it_was(desk: Desk, before: str) -> None:
    thread = await desk.sees_comment("8001", "Nice.", ago=60)
    if before == "resolved":
        await desk.does(conversations.resolve, thread, by=desk.sam)
    if before == "snoozed":
        await desk.does(snoozes.snooze, thread, minutes_ago(-600), by=desk.sam)
    (was,) = await desk.messages(thread)
    numbers = await desk.numbers(thread)
    await handed(desk, desk.ana)
    await answered(desk, was.id, True, by=desk.ana)
    assert (await desk.conversation(thread)).status == "open"
    await desk.does(checks.undo, was.id, by=desk.ana)
    (now,) = await desk.messages(thread)
    assert (now.needs_reply, now.needs_reply_reason) == (False, was.needs_reply_reason)
    there = await desk.conversation(thread)
    assert (there.status, there.waiting_count) == (before, 0)
    assert await desk.numbers(thread) == numbers
    assert await handed(desk, desk.ana) == [was.id], "it is before them again"
    await answered(desk, was.id, False, by=desk.ana)
    with pytest.raises(Conflict):
        await desk.does(checks.undo, was.id, by=desk.sam)


async def test_what_was_answered_since_is_not_taken_back(desk: Desk) -> None:
    thread = await desk.sees_comment("8001", "Nice.", ago=60)
    (said,) = await desk.messages(thread)
    await handed(desk, desk.ana)
    await answered(desk, said.id, True, by=desk.ana)
    await desk.posts(thread, "Thank you!", by=desk.sam, reply_to=said.id)
    with pytest.raises(Conflict):
        await desk.does(checks.undo, said.id, by=desk.ana)


async def test_an_edit_makes_another_text_which_is_looked_at_anew(desk: Desk) -> None:
    thread = await desk.sees_comment("8001", "Nice.", ago=60, id="900_1")
    (said,) = await desk.messages(thread)
    await handed(desk, desk.ana)
    await _happens(desk, "edited", "900_1", ago=30, message="Nice blue.")
    with pytest.raises(Conflict):
        await answered(desk, said.id, False, by=desk.ana)
    assert await handed(desk, desk.ana) == [said.id]
    await answered(desk, said.id, False, by=desk.ana)
    assert await stands(desk, desk.ana) == (1, 1, 0)
    await _happens(desk, "edited", "900_1", ago=20, message="Nice red.")
    assert await stands(desk, desk.ana) == (1, 0, 1)
    await _happens(desk, "edited", "900_1", ago=10, message="Does it come in red?")
    assert await stands(desk, desk.ana) == (0, 0, 0), "the rules say yes to it now"


async def test_what_is_deleted_or_let_go_cannot_be_checked(desk: Desk) -> None:
    made = await some(desk, 3)
    first, second, third = await handed(desk, desk.ana)
    await _lets_go(desk, second)
    (name,) = await desk.rows("SELECT external_id FROM message WHERE workspace_id = $1 AND id = $2", third)
    await _happens(desk, "remove", name["external_id"], ago=5)
    for gone in (second, third):
        with pytest.raises(Conflict):
            await answered(desk, gone, False, by=desk.ana)
    assert await handed(desk, desk.ana) == [first]
    await answered(desk, first, False, by=desk.ana)
    await _lets_go(desk, first)
    assert await stands(desk, desk.ana) == (3, 1, 0), "what was checked before stays checked"
    told: StandOut = await desk.does(checks.stand, by=desk.ana)
    assert sum(week.gone for week in told.weeks) == 2
    assert len(made) == 3


async def test_whoever_does_not_see_a_channel_checks_nothing_of_it(desk: Desk) -> None:
    (message,) = await some(desk, 1)
    assert await stands(desk, desk.otto) == (1, 0, 0)
    assert await handed(desk, desk.otto) == []
    with pytest.raises(NotFound):
        await answered(desk, message, False, by=desk.otto)


async def test_who_only_reads_does_not_check(desk: Desk) -> None:
    for verb in (checks.stand, checks.hand):
        with pytest.raises(Forbidden):
            await desk.does(verb, by=desk.rea)


async def test_a_rule_of_the_workspaces_own_is_checked_under_its_name(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    (asked,) = await desk.messages(thread)
    rule = UUID(int=7)
    robot = Agent(rule, desk.workspace_id, Role.SUPERVISOR, "A rule", rule_id=rule)
    await desk.does(decisions.needs_reply, asked.id, False, "Out of office", by=robot)
    assert await handed(desk, desk.ana) == [asked.id]
    (row,) = await desk.rows("SELECT rule, rule_asks, by_hand FROM message WHERE workspace_id = $1")
    assert tuple(row) == (f"rule:{rule}", False, False)
    await answered(desk, asked.id, True, by=desk.ana)
    assert (await desk.conversation(thread)).waiting_since == minutes_ago(60)


async def test_only_this_week_and_the_last_are_checked(desk: Desk) -> None:
    for days in (1, 8, 15, 30):
        await desk.sees_comment(f"80{days:02}", "Nice.", ago=60 * 24 * days)
    drawn, _, left = await stands(desk, desk.ana)
    assert drawn == left
    assert drawn in (1, 2), "by the day on which this is read, eight days ago may be the week before the last"


async def _lets_the_lease_run_out(desk: Desk) -> None:
    await desk.rows(
        "UPDATE reply_check SET held_until = clock_timestamp() - $2::interval WHERE workspace_id = $1",
        timedelta(seconds=1),
    )


async def _happens(desk: Desk, verb: str, external_id: str, *, ago: float, **more: str) -> None:
    payload = desk.road.happens(verb, external_id, at="00:00", **more)
    payload["entry"][0]["changes"][0]["value"]["created_time"] = int(minutes_ago(ago).timestamp())
    payload["entry"][0]["time"] = int(minutes_ago(ago).timestamp())
    await desk._arrives(payload)


async def _lets_go(desk: Desk, message: UUID) -> None:
    """Its words may stay no longer, as its platform's rules say."""
    await desk.rows("UPDATE message SET purge_due_at = now() WHERE workspace_id = $1 AND id = $2", message)
    await purging.purge(desk.database, platforms(), purging.Home(desk.workspace_id, {}))
