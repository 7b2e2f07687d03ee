"""Echoes of what we sent: whenever they come, one post is one bubble and one fact."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inbox.desk import second_thoughts
from inbox.flow import claims, lanes, outbox, outcomes
from inbox.platforms.base import Act, Incoming, Kind, Sent
from tests.outbox.conftest import Desk
from tests.outbox.echo_platform import FORBID, HANG_AFTER, LOSE, PLATFORMS, Post
from tests.waiting import until


async def thread_of(desk: Desk, item: Any) -> str:
    return str((await desk.conversation(item))["thread_key"])


async def echoes(desk: Desk, item: Any, post: Post, **more: Any) -> None:
    """The platform tells everybody what our account wrote."""
    thread = await thread_of(desk, item)
    parent = more.pop("parent", post.target)
    text = more.pop("text", post.text)
    await desk.arrives(desk.echo(text, post.id, thread=thread, at=post.at, parent=parent, **more))


async def bubbles(desk: Desk) -> list[str]:
    """The texts of ours that a reader of the thread sees."""
    found = await desk.rows(
        "SELECT text FROM message WHERE direction = 'out' AND deleted_at IS NULL AND delivery = 'sent' ORDER BY at"
    )
    return [row["text"] for row in found]


async def test_an_echo_after_the_answer_changes_nothing(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    await desk.replies(item)
    await desk.works()
    await echoes(desk, item, desk.network.posts[0])
    assert await bubbles(desk) == ["On its way!"]
    assert await desk.value("SELECT count(*) FROM fact WHERE kind = 'answered'") == 1


async def test_an_echo_before_the_answer_says_it_is_sent(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    desk.network.hold = asyncio.Event()
    reply = await desk.replies(item)
    working = asyncio.create_task(desk.works())

    async def posted() -> bool:
        return bool(desk.network.posts)

    await until(posted)
    post = desk.network.posts[0]
    await echoes(desk, item, post, correlation=post.correlation)
    assert await desk.state(reply.id) == "sent"
    desk.network.hold.set()
    await working
    assert await desk.state(reply.id) == "sent"
    assert await bubbles(desk) == ["On its way!"]
    assert await desk.value("SELECT count(*) FROM fact WHERE kind = 'answered'") == 1


@pytest.mark.parametrize("how", ["correlation", "words"])
async def test_an_echo_settles_what_we_do_not_know(blind_desk: Desk, how: str) -> None:
    desk = blind_desk
    item = await desk.hears("Where is my order?")
    desk.network.misdeeds.append(HANG_AFTER)
    reply = await desk.replies(item, "On its way!  See  you.")
    await desk.works_until(reply.id, "unknown", "needs_decision")
    post = desk.network.posts[0]
    more = {"correlation": post.correlation, "text": "changed by the platform"} if how == "correlation" else {}
    await echoes(desk, item, post, **({"text": "On its way! see you."} | more))
    assert await desk.state(reply.id) == "sent"
    assert (await desk.message(reply.id))["external_id"] == post.id
    assert await desk.waiting(item) == 0
    assert len(await bubbles(desk)) == 1


async def test_an_echo_answers_the_question_and_even_a_failure(blind_desk: Desk) -> None:
    desk = blind_desk
    item = await desk.hears("Where is my order?")
    desk.network.misdeeds.append(HANG_AFTER)
    asked = await desk.replies(item, "One")
    await desk.works_until(asked.id, "needs_decision")
    await echoes(desk, item, desk.network.posts[0])
    assert await desk.state(asked.id) == "sent"

    desk.network.misdeeds.append(FORBID)
    refused = await desk.replies(item, "Two", seen=asked.id)
    await desk.works_until(refused.id, "failed")
    post = Post("post-77", "Two", desk.network.posts[0].target, str(refused.id), "", datetime.now(UTC))
    await echoes(desk, item, post, correlation=post.correlation)
    assert await desk.state(refused.id) == "sent"
    assert (await desk.conversation(item))["problems"] == 0


async def test_words_long_ago_or_in_another_thread_are_not_ours(blind_desk: Desk) -> None:
    desk = blind_desk
    item, other = await desk.hears("Where is my order?"), await desk.hears("Hello?")
    desk.network.misdeeds.append(LOSE)
    reply = await desk.replies(item)
    await desk.works_until(reply.id, "needs_decision")
    long_ago = Post("post-8", "On its way!", "", "", "", datetime.now(UTC) - timedelta(minutes=11))
    await echoes(desk, other, Post("post-9", "On its way!", "", "", "", datetime.now(UTC)))
    await desk.arrives(
        desk.echo("On its way!", long_ago.id, thread=await thread_of(desk, item), at=long_ago.at, parent="")
    )
    assert await desk.state(reply.id) == "needs_decision"


async def test_two_replies_with_the_same_words_are_not_mixed_up(weak_desk: Desk) -> None:
    desk = weak_desk
    item = await desk.hears("Where is my order?")
    replies = [await desk.replies(item, "Thanks!") for _ in range(2)]
    desk.network.hold = asyncio.Event()
    sending = [asyncio.create_task(outbox.deliver(desk.road, desk.workspace_id, reply.id)) for reply in replies]

    async def posted() -> bool:
        return len(desk.network.posts) == 2

    await until(posted)
    await echoes(desk, item, desk.network.posts[1])
    desk.network.hold.set()
    await asyncio.gather(*sending)
    assert [await desk.state(reply.id) for reply in replies] == ["sent", "sent"]
    by_correlation = {post.correlation: post.id for post in desk.network.posts}
    for reply in replies:
        assert (await desk.message(reply.id))["external_id"] == by_correlation[str(reply.id)]


async def test_the_answer_to_a_send_knows_better_than_an_echo_with_the_same_words(weak_desk: Desk) -> None:
    desk = weak_desk
    item = await desk.hears("Where is my order?")
    desk.network.hold = asyncio.Event()
    reply = await desk.replies(item, "Thanks!")
    sending = asyncio.create_task(outbox.deliver(desk.road, desk.workspace_id, reply.id))

    async def posted() -> bool:
        return len(desk.network.posts) == 1

    await until(posted)
    colleague = Post("typed-elsewhere", "Thanks!", desk.network.posts[0].target, "", "", datetime.now(UTC))
    await echoes(desk, item, colleague)
    assert (await desk.message(reply.id))["external_id"] == "typed-elsewhere"
    desk.network.hold.set()
    await sending
    assert (await desk.message(reply.id))["external_id"] == desk.network.posts[0].id


async def test_an_echo_that_was_taken_for_somebody_elses_is_joined(desk: Desk, owner: Any) -> None:
    item = await desk.hears("Where is my order?")
    desk.network.misdeeds.append(HANG_AFTER)
    reply = await desk.replies(item)
    await outbox.deliver(desk.road, desk.workspace_id, reply.id)
    post = desk.network.posts[0]
    await echoes(desk, item, post, text="On its way! #ad")  # the platform added a word, and sends no correlation
    assert await bubbles(desk) == []  # it waits, for it may be ours
    await owner.execute("UPDATE inbound_event SET due_at = now(), recorded_at = now() - interval '2 minutes'")
    for workspace_id, lane in await lanes.busy(desk.database):
        await lanes.work(desk.database, PLATFORMS, workspace_id, lane)
    assert await bubbles(desk) == ["On its way! #ad"]

    await desk.works()  # the look reads by our key, and finds the very post that stands there
    assert await bubbles(desk) == ["On its way! #ad"]
    assert await desk.value("SELECT agent_id FROM message WHERE external_id = $1", post.id) == desk.ana.id
    assert (await desk.outbound(reply.id))["state"] == "sent"
    assert await desk.waiting(item) == 0
    assert (await desk.replies(item, key="other", seen=item, anyway=True)).id != reply.id


async def test_what_the_platform_takes_back_waits_again(desk: Desk) -> None:
    item = await desk.hears("Hello?", kind=Kind.DM)
    reply = await desk.replies(item, visibility="private")
    await desk.works()
    assert await desk.waiting(item) == 0
    post = desk.network.posts[0]
    failed = Incoming(
        account="account-echo_strong",
        act=Act.FAILED,
        kind=Kind.DM,
        external_id=post.id,
        at=datetime.now(UTC),
        lane="mia",
        thread="mia",
        reason="The person cannot receive this.",
    )
    await desk.arrives(failed)
    await desk.arrives(failed)
    late = desk.echo(post.text, post.id, thread="mia", at=post.at, kind=Kind.DM, correlation=post.correlation)
    await desk.arrives(late)  # an older word than the failure
    assert await desk.state(reply.id) == "failed"
    assert (await desk.message(reply.id))["delivery_reason"] == "The person cannot receive this."
    assert await desk.waiting(item) == 1
    conversation = await desk.conversation(item)
    assert (conversation["status"], conversation["problems"]) == ("open", 1)
    assert await desk.value("SELECT state FROM episode") == "waiting"


async def test_an_echo_gives_its_name_to_what_an_agent_found_there(blind_desk: Desk) -> None:
    desk = blind_desk
    item = await desk.hears("Where is my order?")
    desk.network.misdeeds.append(HANG_AFTER)
    reply = await desk.replies(item)
    await desk.works_until(reply.id, "needs_decision")
    await desk.does(second_thoughts.it_is_there, reply.id)
    await echoes(desk, item, desk.network.posts[0])
    assert (await desk.message(reply.id))["external_id"] == desk.network.posts[0].id
    assert len(await bubbles(desk)) == 1
    assert await desk.value("SELECT count(*) FROM fact WHERE kind = 'answered'") == 1


async def test_a_private_reply_ties_two_conversations(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    await desk.replies(item, "Let us talk here", visibility="private")
    await desk.works()
    public = await desk.conversation(item)
    private = (await desk.rows("SELECT * FROM conversation WHERE kind = 'dm'"))[0]
    assert (public["linked_id"], private["linked_id"]) == (private["id"], public["id"])
    assert private["thread_key"] == "mia"
    assert await desk.value("SELECT count(*) FROM fact WHERE kind = 'linked'") == 2
    assert public["waiting_count"] == 0
    answer = await desk.hears("Thank you, it is number 5512", kind=Kind.DM, at=datetime.now(UTC))
    assert await desk.conversation_of(answer) == private["id"]
    assert await desk.value("SELECT count(DISTINCT case_key) FROM episode") == 1


async def test_a_private_reply_stays_tied_to_its_thread_when_that_is_moved_home(desk: Desk) -> None:
    await desk.arrives(desk.comment("ben", "Does it ship to Portugal?", "root"))
    await desk.arrives(desk.comment("mia", "And to Spain?", "early", parent="middle"))
    item = await desk.value("SELECT id FROM message WHERE external_id = 'early'")
    await desk.replies(item, "Let us talk here", visibility="private")
    await desk.works()
    await desk.arrives(desk.comment("zoe", "Or to Malta?", "middle", parent="root"))
    public = await desk.conversation(item)
    assert (public["thread_key"], public["waiting_count"]) == ("root", 2)
    again = await desk.hears("Thank you, it is number 5512", kind=Kind.DM, at=datetime.now(UTC))
    assert public["linked_id"] == await desk.conversation_of(again)
    hers = "SELECT kind, case_key FROM episode WHERE opening_item = ANY($1) ORDER BY opened_at"
    assert [tuple(row) for row in await desk.rows(hers, [str(item), str(again)])] == [
        ("first_response", str(item)),
        ("next_response", str(item)),
    ]
    assert await desk.differences() == 0
    await desk.arrives(desk.comment("eve", "Me too?", "late", parent="root"))
    assert [row["kind"] for row in await desk.rows(hers, [str(item), str(again)])] == [
        "first_response",
        "next_response",
    ]
    assert await desk.differences() == 0


async def test_a_private_reply_known_by_its_echo_alone_ties_them_too(blind_desk: Desk) -> None:
    desk = blind_desk
    item = await desk.hears("Where is my order?")
    desk.network.misdeeds.append(HANG_AFTER)
    reply = await desk.replies(item, "Let us talk here", visibility="private")
    await desk.works_until(reply.id, "unknown", "needs_decision")
    post = desk.network.posts[0]
    echo = desk.echo(post.text, post.id, thread="mia", at=post.at, kind=Kind.DM, correlation=post.correlation)
    await desk.arrives(echo)
    assert await desk.state(reply.id) == "sent"
    private = (await desk.rows("SELECT * FROM conversation WHERE kind = 'dm'"))[0]
    assert (await desk.conversation(item))["linked_id"] == private["id"]
    assert await desk.value("SELECT count(*) FROM event WHERE name = 'conversation.linked'") == 1


async def test_a_private_reply_knows_when_it_was_delivered_and_read(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    reply = await desk.replies(item, "Let us talk here", visibility="private")
    other = await desk.replies(await desk.hears("And mine?", who="ben"), "Here too", visibility="private")
    public = await desk.replies(item, "We wrote to you", key="public")
    await desk.works()
    delivered, read = datetime.now(UTC), datetime.now(UTC) + timedelta(seconds=30)
    name = (await desk.message(reply.id))["external_id"]
    await desk.arrives(desk.receipt(Act.DELIVERED, "mia", delivered, names=[name]))
    await desk.arrives(desk.receipt(Act.READ, "mia", read))
    told = await desk.message(reply.id)
    assert (told["delivered_at"], told["read_at"]) == (delivered, read)
    for beside in (other.id, public.id):
        told = await desk.message(beside)
        assert (told["delivered_at"], told["read_at"]) == (None, None)
    heard = await desk.rows("SELECT conversation_id FROM event WHERE name IN ('message.delivered', 'message.read')")
    assert [row["conversation_id"] for row in heard] == [await desk.conversation_of(item)] * 2


async def test_a_receipt_of_a_private_reply_that_is_quicker_than_its_answer_is_not_lost(desk: Desk, owner: Any) -> None:
    item = await desk.hears("Where is my order?")
    reply = await desk.replies(item, "Let us talk here", visibility="private")
    claim = await claims.take(desk.road, desk.workspace_id, reply.id)
    assert claim
    at = datetime.now(UTC)
    await desk.arrives(desk.receipt(Act.READ, "mia", at))
    await desk.arrives(desk.receipt(Act.DELIVERED, "mia", at, names=["post-1"]))
    await outcomes.write(desk.road, claim, Sent("post-1", at, thread="mia"))
    await owner.execute("UPDATE inbound_event SET due_at = now()")
    for workspace_id, lane in await lanes.busy(desk.database):
        await lanes.work(desk.database, PLATFORMS, workspace_id, lane)
    told = await desk.message(reply.id)
    assert (told["delivered_at"], told["read_at"]) == (at, at)
    assert await desk.value("SELECT count(*) FROM inbound_event") == 0


async def test_a_receipt_that_is_quicker_than_the_answer_to_our_send_is_not_lost(desk: Desk, owner: Any) -> None:
    item = await desk.hears("Hello?", kind=Kind.DM)
    reply = await desk.replies(item, visibility="private")
    claim = await claims.take(desk.road, desk.workspace_id, reply.id)
    assert claim
    at = datetime.now(UTC)
    await desk.arrives(desk.receipt(Act.DELIVERED, "mia", at))
    await outcomes.write(desk.road, claim, Sent("post-1", at))
    await owner.execute("UPDATE inbound_event SET due_at = now()")
    for workspace_id, lane in await lanes.busy(desk.database):
        await lanes.work(desk.database, PLATFORMS, workspace_id, lane)
    assert (await desk.message(reply.id))["delivered_at"] == at
    assert await desk.value("SELECT count(*) FROM inbound_event") == 0


async def test_a_reply_that_has_not_left_yet_holds_up_nobodys_answer_elsewhere(desk: Desk) -> None:
    item = await desk.hears("Hello?", kind=Kind.DM)
    await desk.replies(item, "A moment!", visibility="private")
    await desk.arrives(desk.echo("Hi Mia!", "typed-elsewhere", thread="mia", at=datetime.now(UTC), kind=Kind.DM))
    assert await bubbles(desk) == ["Hi Mia!"]
