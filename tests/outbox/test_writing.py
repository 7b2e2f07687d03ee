"""The composer: what is stored, what is refused, and what may still be taken back."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from inbox.desk import second_thoughts
from inbox.desk.replies import Reply
from inbox.ground import errors
from inbox.ground.ids import new_id
from inbox.people.access import Role
from inbox.platforms.base import Kind
from tests.outbox.conftest import Desk
from tests.outbox.echo_platform import FORBID
from tests.waiting import until


async def test_the_same_key_gives_the_same_message_and_another_body_is_refused(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    first = await desk.replies(item, key="k")
    assert (await desk.replies(item, key="k")).id == first.id
    assert (await desk.replies(item, key="k", anyway=True)).id == first.id
    with pytest.raises(errors.IdempotencyMismatch):
        await desk.replies(item, "Something else", key="k")
    sam = await desk.replies(item, key="k", by=desk.world.supervisor, anyway=True)
    assert sam.id != first.id  # a key is its owner's
    await desk.works()
    assert await desk.value("SELECT count(*) FROM outbound_message") == 2


async def test_twenty_tries_with_one_key_at_once_are_one_message(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    made = await asyncio.gather(*(desk.replies(item, key="k") for _ in range(8)))
    assert len({message.id for message in made}) == 1
    await desk.works()
    assert desk.network.counted() == {"On its way!": 1}
    assert len(await desk.lines("replied")) == 1


async def test_a_refused_reply_leaves_nothing_behind_and_its_key_free(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    with pytest.raises(errors.TooLong, match="takes 100 characters here, and this has 101"):
        await desk.replies(item, "x" * 101, key="k")
    for table in ("outbound_message", "idempotency"):
        assert await desk.value(f"SELECT count(*) FROM {table}") == 0
    assert len(await desk.lines("replied")) == 0
    assert (await desk.replies(item, key="k")).text == "On its way!"


async def test_a_long_reply_is_cut_only_when_asked_and_goes_in_order(desk: Desk) -> None:
    item = await desk.hears("Tell me everything")
    sentences = "This is a sentence of forty characters!! " * 6
    await desk.replies(item, sentences, parts=True)
    await desk.works()
    assert [len(post.text) <= 100 for post in desk.network.posts] == [True, True, True]
    assert " ".join(post.text for post in desk.network.posts) == sentences.strip()
    assert await desk.value("SELECT count(DISTINCT group_id) FROM outbound_message") == 1
    assert (await desk.conversation(item))["status"] == "resolved"


async def test_what_one_may_not_do(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    with pytest.raises(errors.Forbidden):
        await desk.replies(item, by=desk.world.read_only)
    with pytest.raises(errors.NotFound):
        await desk.replies(item, by=desk.world.outsider)
    with pytest.raises(errors.NotFound):
        await desk.replies(item, conversation=new_id())
    with pytest.raises(errors.Invalid, match="nothing to send"):
        await desk.replies(item, "  \n ")
    with pytest.raises(errors.Invalid, match="Idempotency-Key"):
        await desk.replies(item, key=" " * 201)
    dm = await desk.hears("Hello?", kind=Kind.DM)
    with pytest.raises(errors.NotPossibleHere):
        await desk.replies(dm, visibility="public")
    with pytest.raises(errors.Invalid, match="not in this conversation"):
        await desk.replies(item, reply_to=dm)
    with pytest.raises(errors.Invalid, match="only answer what customers wrote"):
        await desk.replies(item, answers=[dm])
    await desk.change_channel(state="disabled")
    with pytest.raises(errors.NotPossibleHere):
        await desk.replies(item)


async def test_when_the_window_is_over_nothing_is_queued(desk: Desk) -> None:
    item = await desk.hears("Hello?", kind=Kind.DM, at=datetime.now(UTC) - timedelta(hours=25))
    with pytest.raises(errors.WindowClosed):
        await desk.replies(item, visibility="private")


async def test_a_note_stays_here_and_stops_no_clock(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    note = await desk.replies(item, "Ask the warehouse", visibility="note", key="n")
    assert note.delivery is None
    assert (await desk.replies(item, "Ask the warehouse", visibility="note", key="n")).id == note.id
    await desk.works()
    assert await desk.waiting(item) == 1
    assert await desk.value("SELECT count(*) FROM outbound_message") == 0
    assert (await desk.conversation(item))["preview_by"] == "note"
    assert not desk.network.posts


async def test_a_reply_covers_what_was_shown_of_its_author_and_nothing_newer(desk: Desk) -> None:
    first = await desk.hears("Where is my order?", thread="t")
    second = await desk.hears("Number 5512", thread="t")
    other = await desk.hears("Mine too", who="rui", thread="t")
    unseen = await desk.hears("And a refund please", thread="t")
    reply = await desk.replies(first, seen=other)
    assert set(reply.answers) == {first, second}
    await desk.works()
    answered = {row["id"] for row in await desk.rows("SELECT id FROM message WHERE answered")}
    assert answered == {first, second}
    assert unseen not in answered
    assert await desk.waiting(first) == 2


async def test_a_colleagues_unseen_answer_is_shown_first(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    theirs = await desk.replies(item, "I have it", by=desk.world.supervisor)
    with pytest.raises(errors.NewerAnswer) as refused:
        await desk.replies(item, "On its way!")
    assert [message.id for message in refused.value.extra["newer"]] == [theirs.id]
    await desk.replies(item, "On its way!", seen=theirs.id)
    await desk.replies(item, "Truly!", anyway=True)


async def test_a_customers_newer_message_never_stops_a_reply(desk: Desk) -> None:
    item = await desk.hears("Where is my order?", thread="t")
    await desk.hears("Hello??", thread="t")
    reply = await desk.replies(item)
    await desk.works()
    assert await desk.state(reply.id) == "sent"


async def test_what_was_seen_may_be_told_by_the_feeds_number(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    before = await desk.value("SELECT seq FROM feed_head")
    await desk.replies(item, "I have it", by=desk.world.supervisor)
    after = await desk.value("SELECT seq FROM feed_head")
    with pytest.raises(errors.NewerAnswer):
        await desk.replies(item, seen=before)
    await desk.replies(item, seen=after)


async def test_a_reply_can_be_taken_back_until_it_leaves(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    async with desk.database.tenant(desk.workspace_id) as connection:
        await connection.execute("UPDATE workspace SET undo_seconds = 30")
    reply = await desk.replies(item)
    assert await desk.works() == 0  # its time to be undone is not over
    cancelled = await desk.does(second_thoughts.cancel, reply.id)
    assert cancelled.delivery
    assert cancelled.delivery.state == "cancelled"
    async with desk.database.tenant(desk.workspace_id) as connection:
        await connection.execute("UPDATE outbound_message SET due_at = now()")
    await desk.works()
    assert not desk.network.posts
    assert (await desk.conversation(item))["preview"] == "Where is my order?"
    assert await desk.waiting(item) == 1


async def test_what_has_left_cannot_be_taken_back(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    reply = await desk.replies(item)
    desk.network.hold = asyncio.Event()
    working = asyncio.create_task(desk.works())

    async def asked() -> bool:
        return desk.network.asked == 1

    await until(asked)
    with pytest.raises(errors.AlreadyLeft):
        await desk.does(second_thoughts.cancel, reply.id)
    desk.network.hold.set()
    await working
    with pytest.raises(errors.AlreadyLeft):
        await desk.does(second_thoughts.cancel, reply.id)
    assert await desk.state(reply.id) == "sent"


async def test_a_failed_reply_may_be_put_away(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    reply = await desk.replies(item)
    desk.network.misdeeds.append(FORBID)
    await desk.works()
    assert (await desk.conversation(item))["problems"] == 1
    await desk.does(second_thoughts.cancel, reply.id)
    assert (await desk.conversation(item))["problems"] == 0


@pytest.mark.parametrize("tokened", [False, True])
async def test_what_a_program_sends_for_nobody_is_automatic(desk: Desk, tokened: bool) -> None:
    token_id = new_id()
    async with desk.database.tenant(desk.workspace_id) as connection:
        await connection.execute(
            "INSERT INTO api_token (hash, id, workspace_id, name, role) VALUES ($1, $2, $3, 'a bot', 'agent')",
            token_id.bytes,
            token_id,
            desk.workspace_id,
        )
    bot = replace(desk.ana, id=token_id if tokened else desk.ana.id, token_id=token_id, role=Role.AGENT)
    item = await desk.hears("Where is my order?")
    reply = await desk.replies(item, by=bot)
    await desk.works()
    assert await desk.state(reply.id) == "sent"
    assert await desk.waiting(item) == (1 if tokened else 0)
    assert (await desk.conversation(item))["status"] == ("open" if tokened else "resolved")


async def test_the_draft_is_gone_with_the_reply(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    conversation = await desk.conversation_of(item)
    async with desk.database.tenant(desk.workspace_id) as connection:
        await connection.execute(
            """INSERT INTO draft (workspace_id, user_id, conversation_id, visibility, text)
               VALUES ($1, $2, $3, 'public', 'On its')""",
            desk.workspace_id,
            desk.ana.id,
            conversation,
        )
    await desk.replies(item)
    assert await desk.value("SELECT count(*) FROM draft") == 0


def test_a_reply_is_read_from_what_the_browser_sends() -> None:
    name = new_id()
    for seen, meant in ((str(name), name), (17, 17), (None, None)):
        sent: dict[str, Any] = {"visibility": "public", "text": "Hello", "seen": seen}
        assert msgspec.json.decode(msgspec.json.encode(sent), type=Reply).seen == meant
