"""Looking before posting again: absent twice and far enough apart, and then only where the look is strong."""

from datetime import timedelta
from typing import Any

import pytest

from inbox.desk import second_thoughts
from inbox.flow import looks
from inbox.ground import errors
from tests.outbox.conftest import Desk
from tests.outbox.echo_platform import FAIL_AFTER, HANG_AFTER, LOSE


async def lost(desk: Desk, misdeed: str = LOSE, **more: Any) -> Any:
    item = await desk.hears("Where is my order?")
    desk.network.misdeeds.append(misdeed)
    return item, await desk.replies(item, **more)


async def test_absent_once_is_not_enough(desk: Desk) -> None:
    _, reply = await lost(desk)
    await desk.at(settle=3600.0).works()
    row = await desk.outbound(reply.id)
    assert row["state"] == "unknown"
    assert row["absent_since"] is not None
    assert row["look_at"] - row["absent_since"] >= timedelta(minutes=14)  # asked at 15 minutes whatever settles
    assert not desk.network.posts


async def test_a_post_that_appears_between_two_looks_is_found(desk: Desk, owner: Any) -> None:
    _, reply = await lost(desk)
    slow = desk.at(settle=3600.0)
    await slow.works()
    row = await desk.outbound(reply.id)
    desk.network._do({"action": "reply", "text": "On its way!", "target": "", "correlation": "", "key": row["minted"]})
    await owner.execute("UPDATE outbound_message SET look_at = now()")
    await slow.works()
    assert await desk.state(reply.id) == "sent"
    assert desk.network.counted() == {"On its way!": 1}


async def test_a_weak_look_finds_but_never_posts_again(weak_desk: Desk) -> None:
    _, found = await lost(weak_desk, HANG_AFTER)
    assert await weak_desk.works_until(found.id, "sent", "needs_decision") == "sent"
    item, reply = await lost(weak_desk)
    assert await weak_desk.works_until(reply.id, "sent", "needs_decision") == "needs_decision"
    assert len(weak_desk.network.posts) == 1
    assert "look on Echo" in (await weak_desk.message(reply.id))["delivery_reason"]
    assert (await weak_desk.conversation(item))["problems"] == 1


async def test_where_there_is_no_look_a_person_is_asked(blind_desk: Desk) -> None:
    _, reply = await lost(blind_desk, FAIL_AFTER)
    assert await blind_desk.works_until(reply.id, "sent", "needs_decision") == "needs_decision"
    assert (await blind_desk.outbound(reply.id))["look_at"] is None


async def test_when_nobody_answers_a_person_is_asked_after_a_quarter_of_an_hour(desk: Desk, owner: Any) -> None:
    _, reply = await lost(desk)
    desk.network.blind = True
    await desk.at(backoff=300.0, settle=None).works()
    await owner.execute("UPDATE outbound_message SET look_at = now(), unknown_since = now() - interval '14 minutes'")
    await desk.at(settle=None, backoff=300.0).works()
    assert await desk.state(reply.id) == "unknown"
    row = await desk.outbound(reply.id)
    assert row["look_at"] - row["unknown_since"] <= timedelta(minutes=15)
    await owner.execute("UPDATE outbound_message SET look_at = now(), unknown_since = now() - interval '15 minutes'")
    await desk.works()
    assert await desk.state(reply.id) == "needs_decision"


async def test_what_shows_after_the_question_answers_it(weak_desk: Desk, owner: Any) -> None:
    item, reply = await lost(weak_desk)
    await weak_desk.works_until(reply.id, "needs_decision")
    weak_desk.network._do(
        {
            "action": "reply",
            "text": "On its way!",
            "target": (await weak_desk.message(item))["external_id"],
            "correlation": "",
            "key": "",
        }
    )
    await owner.execute("UPDATE outbound_message SET look_at = now()")
    await weak_desk.works()
    assert await weak_desk.state(reply.id) == "sent"
    assert await weak_desk.waiting(item) == 0


async def test_the_same_words_of_another_reply_are_not_taken_for_ours(weak_desk: Desk) -> None:
    desk = weak_desk
    item = await desk.hears("Where is my order?")
    first = await desk.replies(item, "Thanks!")
    await desk.works()
    desk.network.misdeeds.append(LOSE)
    second = await desk.replies(item, "Thanks!", seen=first.id)
    await desk.works_until(second.id, "unknown", "sent", "needs_decision")
    await desk.at(ask_after=0.0).works_until(second.id, "sent", "needs_decision")
    assert await desk.state(second.id) == "needs_decision"
    assert desk.network.counted() == {"Thanks!": 1}
    assert await desk.state(first.id) == "sent"


async def test_an_agent_who_found_it_there_closes_the_question(weak_desk: Desk) -> None:
    item, reply = await lost(weak_desk)
    await weak_desk.works_until(reply.id, "needs_decision")
    shown = await weak_desk.does(second_thoughts.it_is_there, reply.id, permalink="https://echo.example/p/1")
    assert shown.permalink == "https://echo.example/p/1"
    assert await weak_desk.state(reply.id) == "sent"
    assert await weak_desk.waiting(item) == 0
    assert await weak_desk.value("SELECT count(*) FROM fact WHERE kind = 'answered'") == 1
    with pytest.raises(errors.Conflict):
        await weak_desk.does(second_thoughts.post_again, reply.id)


async def test_an_agent_may_have_it_posted_again(weak_desk: Desk) -> None:
    _, reply = await lost(weak_desk)
    await weak_desk.works_until(reply.id, "needs_decision")
    await weak_desk.does(second_thoughts.post_again, reply.id)
    await weak_desk.works()
    assert await weak_desk.state(reply.id) == "sent"
    assert weak_desk.network.counted() == {"On its way!": 1}
    assert len(await weak_desk.lines("replied")) == 1


async def test_how_far_apart_two_looks_must_be_is_measured(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    reply = await desk.replies(item)
    await desk.works()

    async def settles() -> float:
        async with desk.database.tenant(desk.workspace_id) as connection:
            return await looks.settle(connection, desk.workspace_id, "echo_strong")

    assert await settles() == 600.0
    async with desk.database.tenant(desk.workspace_id) as connection:
        await connection.execute(
            """INSERT INTO attempt (workspace_id, outbound_id, fence, platform, started_at, ended_at, outcome)
               SELECT $1, $2, n, 'echo_strong', now(), now() + CASE WHEN n % 500 = 0 THEN interval '40 s'
                   ELSE interval '1 s' END, 'sent' FROM generate_series(10, 1100) n""",
            desk.workspace_id,
            reply.id,
        )
    assert await settles() == 120.0
