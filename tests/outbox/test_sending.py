"""What becomes of a reply, whatever the platform answers."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inbox.desk import second_thoughts
from inbox.flow import outbox
from inbox.flow.road import Pace
from inbox.platforms.base import Kind
from tests.outbox.conftest import Desk
from tests.outbox.echo_platform import BUSY, EXPIRED, FAIL_AFTER, FORBID, GARBLE, HANG_AFTER, LOSE, ODD, WAIT
from tests.waiting import until


async def test_a_reply_is_posted_once_and_stops_the_clock_at_the_platforms_time(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    assert await desk.waiting(item) == 1
    reply = await desk.replies(item)
    assert reply.delivery
    assert reply.delivery.state == "queued"
    await desk.works()

    assert await desk.state(reply.id) == "sent"
    post = desk.network.posts[0]
    message = await desk.message(reply.id)
    assert (message["external_id"], message["at"]) == (post.id, post.at)
    assert (post.text, post.target) == ("On its way!", (await desk.message(item))["external_id"])
    assert await desk.waiting(item) == 0
    assert (await desk.message(item))["answered"]
    assert (await desk.conversation(item))["status"] == "resolved"
    assert await desk.value("SELECT state FROM episode") == "answered"
    assert await desk.value("SELECT ended_at FROM episode") == post.at
    assert len(await desk.lines("replied")) == 1
    assert [
        row["name"] for row in await desk.rows("SELECT name FROM event WHERE name LIKE 'message.%' ORDER BY seq")
    ] == [
        "message.received",
        "message.queued",
        "message.sending",
        "message.sent",
        "message.counted",  # the item, which is answered now
    ]


async def test_an_answered_dm_is_pending(desk: Desk) -> None:
    item = await desk.hears("Hello?", kind=Kind.DM)
    reply = await desk.replies(item, visibility="private")
    await desk.works()
    assert await desk.state(reply.id) == "sent"
    assert (await desk.conversation(item))["status"] == "pending"


async def test_send_and_done_resolves_when_the_platform_took_it(desk: Desk) -> None:
    item = await desk.hears("Hello?", kind=Kind.DM)
    await desk.replies(item, visibility="private", and_resolve=True)
    assert (await desk.conversation(item))["status"] == "open"
    await desk.works()
    assert (await desk.conversation(item))["status"] == "resolved"
    assert await desk.value("SELECT count(*) FROM fact WHERE kind = 'resolved'") == 1


async def test_while_somebody_else_waits_in_a_thread_it_stays_open(desk: Desk) -> None:
    item = await desk.hears("Is it in stock?", who="mia", thread="t")
    await desk.hears("Does it ship to Portugal?", who="rui", thread="t")
    await desk.replies(item)
    await desk.works()
    assert await desk.waiting(item) == 1
    assert (await desk.conversation(item))["status"] == "open"


async def test_a_definite_no_fails_with_the_platforms_reason_and_brings_the_row_back(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    await desk.replies(item)
    await desk.works()
    again = await desk.replies(item, "One more thing")
    desk.network.misdeeds.append(FORBID)
    await desk.works()
    message = await desk.message(again.id)
    assert await desk.state(again.id) == "failed"
    assert (message["delivery_error"], message["delivery_reason"]) == ("policy_blocked", "Not on this network.")
    conversation = await desk.conversation(item)
    assert (conversation["status"], conversation["problems"]) == ("open", 1)

    await desk.does(second_thoughts.retry, again.id)
    await desk.works()
    assert await desk.state(again.id) == "sent"
    assert (await desk.conversation(item))["problems"] == 0
    assert desk.network.counted() == {"On its way!": 1, "One more thing": 1}


async def test_a_platform_that_is_busy_is_asked_again(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    reply = await desk.replies(item)
    desk.network.misdeeds += [BUSY, BUSY]
    assert await desk.works_until(reply.id, "sent", "failed") == "sent"
    assert desk.network.counted() == {"On its way!": 1}
    assert await desk.value("SELECT count(*) FROM attempt") == 3


async def test_a_platform_that_stays_busy_is_given_up(desk: Desk) -> None:
    desk = desk.at(tries=3)
    item = await desk.hears("Where is my order?")
    reply = await desk.replies(item)
    desk.network.misdeeds += [BUSY] * 3
    assert await desk.works_until(reply.id, "sent", "failed") == "failed"
    assert (await desk.message(reply.id))["delivery_reason"] == "Echo is busy."


async def test_a_rate_limit_holds_the_whole_channel(desk: Desk) -> None:
    first, second = await desk.hears("One?", thread="a"), await desk.hears("Two?", thread="b")
    desk.network.retry_after = "3600"
    desk.network.misdeeds.append(WAIT)
    one = await desk.replies(first, "1")
    await desk.works()
    two = await desk.replies(second, "2")
    await desk.works()
    assert desk.network.asked == 1  # the second was not even tried
    for reply in (one, two):
        row = await desk.outbound(reply.id)
        assert row["state"] == "queued"
        assert row["due_at"] > datetime.now(UTC) + timedelta(minutes=55)
    assert (await desk.message(two.id))["delivery_reason"] == "The platform asked us to wait."


@pytest.mark.parametrize("misdeed", [FAIL_AFTER, HANG_AFTER, GARBLE])
async def test_what_was_posted_without_our_knowing_is_found_and_not_posted_again(desk: Desk, misdeed: str) -> None:
    item = await desk.hears("Where is my order?")
    reply = await desk.replies(item)
    desk.network.misdeeds.append(misdeed)
    assert await desk.works_until(reply.id, "sent", "failed", "needs_decision") == "sent"
    assert desk.network.counted() == {"On its way!": 1}
    assert (await desk.message(reply.id))["at"] == desk.network.posts[0].at
    assert await desk.waiting(item) == 0
    assert (await desk.conversation(item))["problems"] == 0


async def test_what_was_lost_is_posted_again_where_the_look_is_strong(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    reply = await desk.replies(item)
    desk.network.misdeeds.append(LOSE)
    assert await desk.works_until(reply.id, "sent", "failed", "needs_decision") == "sent"
    assert desk.network.counted() == {"On its way!": 1}


async def test_twenty_sends_that_meet_an_expired_token_renew_it_once(desk: Desk) -> None:
    replies = [await desk.replies(await desk.hears(f"{n}?", thread=str(n)), f"answer {n}") for n in range(20)]
    desk.network.token = "first+"  # what we hold is not accepted any more, and can be renewed
    due = await outbox.due(desk.database, limit=20)
    assert len(due) == 20
    await asyncio.gather(*(outbox.deliver(desk.road, one.workspace_id, one.outbound_id) for one in due))
    for reply in replies:
        assert await desk.works_until(reply.id, "sent", "failed") == "sent"
    assert desk.network.refreshed == 1
    assert len(desk.network.posts) == 20


async def test_an_account_signed_out_keeps_its_replies_until_it_is_connected_again(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    reply = await desk.replies(item)
    desk.network.token = "another"
    await desk.works_until(reply.id, "queued")
    assert (await desk.channel())["state"] == "signed_out"
    assert await desk.state(reply.id) == "queued"
    assert "signed in" in (await desk.message(reply.id))["delivery_reason"]
    sealed = desk.world.safe.seal(desk.network.credentials, f"channel:{desk.world.channel_id}")
    await desk.change_channel(state="connected", credentials=sealed)
    assert await desk.works_until(reply.id, "sent", "failed") == "sent"


async def test_a_token_refused_although_fresh_signs_the_channel_out(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    reply = await desk.replies(item)
    desk.network.misdeeds += [EXPIRED, EXPIRED]
    await desk.works()
    assert (await desk.channel())["state"] == "signed_out"
    assert await desk.state(reply.id) == "queued"
    assert not desk.network.posts


async def test_a_connector_that_falls_over_leaves_a_doubt_and_not_a_second_post(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    reply = await desk.replies(item)
    desk.network.misdeeds.append(ODD)
    await outbox.deliver(desk.road, desk.workspace_id, reply.id)
    assert await desk.state(reply.id) == "unknown"
    assert await desk.works_until(reply.id, "sent", "failed") == "sent"
    assert desk.network.counted() == {"On its way!": 1}


async def test_a_worker_stuck_in_its_connector_gives_up_at_the_deadline(desk: Desk) -> None:
    desk.network.hold = asyncio.Event()
    item = await desk.hears("Where is my order?")
    reply = await desk.replies(item)
    short = desk.at(deadline=0.2)
    await short.works()
    desk.network.hold = None
    assert await desk.works_until(reply.id, "sent", "failed", "needs_decision") == "sent"
    assert desk.network.counted() == {"On its way!": 1}


async def test_an_answer_is_written_down_although_postgres_went_away_meanwhile(desk: Desk, owner: Any) -> None:
    item = await desk.hears("Where is my order?")
    reply = await desk.replies(item)
    desk.network.hold = asyncio.Event()
    sending = asyncio.create_task(outbox.deliver(desk.road, desk.workspace_id, reply.id))

    async def posted() -> bool:
        return bool(desk.network.posts)

    await until(posted)
    await owner.execute(
        """SELECT pg_terminate_backend(pid, 20000) FROM pg_stat_activity
           WHERE datname = current_database() AND usename = 'inbox_app'"""  # and each is gone when this is answered
    )
    desk.network.hold.set()
    await sending
    assert await desk.state(reply.id) == "sent"
    assert desk.network.counted() == {"On its way!": 1}


def test_a_pace_whose_send_may_outlive_its_lease_is_refused() -> None:
    with pytest.raises(ValueError, match="lease"):
        Pace(deadline=20.0, lease=30.0)
