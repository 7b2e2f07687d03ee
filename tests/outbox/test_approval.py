"""A second pair of eyes: what some write leaves only once a colleague has read it, and read all that is new."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from inbox.desk import approvals, members, second_thoughts, views
from inbox.desk.members import Change
from inbox.flow import readers
from inbox.flow.notifying import Notifications
from inbox.ground import errors
from inbox.people.access import Agent, Role
from inbox.platforms.base import Kind
from inbox.realtime import counts
from tests.outbox.conftest import Desk


def careful(agent: Agent) -> Agent:
    """Somebody whose answers a colleague reads first."""
    return replace(agent, asks_first=True)


async def waiting_for_approval(desk: Desk, by: Agent) -> tuple[int, int, int]:
    """As the list, the count and the page's socket have it."""
    async with desk.database.session(desk.workspace_id) as session:
        page = await views.page(session, by, "approval")
        counted = await views.counts(session, by)
    async with desk.database.tenant(desk.workspace_id) as connection:
        tally = await counts.tally(connection, desk.workspace_id)
    return len(page.items), counted.approval, tally.of(by)["approval"]


async def told(desk: Desk, kind: str) -> set[object]:
    """Who has something unread of this kind."""
    while desk.workspace_id in await readers.behind(desk.database, Notifications()):
        await readers.turn(desk.database, Notifications(), desk.workspace_id)
    found = await desk.rows("SELECT user_id FROM notification WHERE kind = $1 AND read_at IS NULL", kind)
    return {row["user_id"] for row in found}


async def test_it_leaves_only_once_a_colleague_approved_it_and_the_customer_waits_until_then(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    reply = await desk.replies(item, by=careful(desk.ana))
    assert reply.delivery is not None
    assert reply.delivery.state == "awaiting_approval"
    assert await told(desk, "to_approve") >= {desk.world.supervisor.id, desk.world.admin.id}
    assert desk.ana.id not in await told(desk, "to_approve")
    assert await waiting_for_approval(desk, desk.world.supervisor) == (1, 1, 1)
    await desk.works()
    assert not desk.network.posts
    assert await desk.waiting(item) == 1
    await desk.does(approvals.approve, reply.id, seen=reply.id, by=desk.world.supervisor)
    assert await waiting_for_approval(desk, desk.world.supervisor) == (0, 0, 0)
    await desk.works()
    assert desk.network.counted() == {"On its way!": 1}
    assert await desk.waiting(item) == 0
    assert await told(desk, "to_approve") == set()
    assert [line["by"] for line in await desk.lines("approved")] == [desk.world.supervisor.id]
    assert await told(desk, "approved") == {desk.ana.id}
    assert (await desk.message(reply.id))["agent_id"] == desk.ana.id


async def test_anybody_may_ask_for_it_and_whoever_approves_needs_none(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    asked = await desk.replies(item, for_approval=True, by=desk.world.supervisor)
    assert await desk.state(asked.id) == "awaiting_approval"
    with pytest.raises(errors.Forbidden, match="a colleague must approve"):
        await desk.does(approvals.approve, asked.id, seen=asked.id, by=desk.world.supervisor)
    with pytest.raises(errors.Forbidden):
        await desk.does(approvals.approve, asked.id, seen=asked.id, by=desk.ana)
    with pytest.raises(errors.Invalid, match="note"):
        await desk.replies(item, "Look", visibility="note", for_approval=True)
    alone = await desk.replies(item, "Here it is", by=careful(desk.world.supervisor), anyway=True)
    assert await desk.state(alone.id) == "queued"


async def test_what_came_meanwhile_is_shown_before_it_can_be_approved(desk: Desk) -> None:
    item = await desk.hears("Where is my order?", thread="t")
    reply = await desk.replies(item, by=careful(desk.ana))
    await desk.hears("Mine too", who="rui", thread="t")  # not whom it answers
    again = await desk.hears("Never mind, it came!", thread="t")
    with pytest.raises(errors.NewsHere) as refused:
        await desk.does(approvals.approve, reply.id, seen=reply.id, by=desk.world.supervisor)
    assert [message.id for message in refused.value.extra["newer"]] == [again]
    head = await desk.value("SELECT max(seq) FROM event")
    told = await desk.value("SELECT max(seq) FROM event WHERE name = 'message.submitted'")
    with pytest.raises(errors.NewsHere):
        await desk.does(approvals.approve, reply.id, seen=told, by=desk.world.supervisor)
    await desk.does(approvals.approve, reply.id, seen=head, by=desk.world.supervisor)
    await desk.works()
    assert await desk.state(reply.id) == "sent"


async def test_what_comes_after_it_was_approved_sends_it_back_to_be_looked_at(desk: Desk) -> None:
    item = await desk.hears("Hello?", kind=Kind.DM)
    at = datetime.now(UTC) + timedelta(hours=2)
    reply = await desk.replies(item, visibility="private", by=careful(desk.ana), send_at=at)
    approved = await desk.does(approvals.approve, reply.id, seen=reply.id, by=desk.world.supervisor)
    assert approved.delivery is not None
    assert (approved.delivery.state, approved.delivery.due_at, approved.delivery.scheduled) == ("queued", at, True)
    again = await desk.hears("I found it myself.", kind=Kind.DM)
    await desk.value("UPDATE outbound_message SET due_at = now() - interval '1 second' RETURNING true")
    await desk.works()
    assert await desk.state(reply.id) == "awaiting_approval"
    assert "written again" in (await desk.message(reply.id))["delivery_reason"]
    assert desk.world.supervisor.id in await told(desk, "to_approve")
    await desk.does(approvals.approve, reply.id, seen=again, by=desk.world.supervisor)
    await desk.works()
    assert await desk.state(reply.id) == "sent"


async def test_rejected_it_returns_to_its_author_with_the_reason(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    reply = await desk.replies(item, "It comes on Friday, promised.", by=careful(desk.ana))
    with pytest.raises(errors.Invalid, match="Say why"):
        await desk.does(approvals.reject, reply.id, reason=" \n ", by=desk.world.supervisor)
    await desk.does(approvals.reject, reply.id, reason="We promise no days.", by=desk.world.supervisor)
    assert (await desk.message(reply.id))["delivery_reason"] == "We promise no days."
    assert await told(desk, "rejected") == {desk.ana.id}
    assert (await desk.conversation(item))["problems"] == 1
    await desk.works()
    assert not desk.network.posts
    with pytest.raises(errors.Conflict):
        await desk.does(approvals.approve, reply.id, seen=reply.id, by=desk.world.supervisor)
    with pytest.raises(errors.Conflict):
        await desk.does(second_thoughts.retry, reply.id)
    await desk.does(second_thoughts.cancel, reply.id)
    assert (await desk.conversation(item))["problems"] == 0
    assert await desk.waiting(item) == 1


async def test_two_who_decide_at_once_decide_once(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    reply = await desk.replies(item, by=careful(desk.ana))
    done = await asyncio.gather(
        desk.does(approvals.approve, reply.id, seen=reply.id, by=desk.world.supervisor),
        desk.does(approvals.reject, reply.id, reason="No.", by=desk.world.admin),
        desk.does(approvals.approve, reply.id, seen=reply.id, by=desk.world.admin),
        return_exceptions=True,
    )
    assert sorted(isinstance(one, errors.Conflict) for one in done) == [False, True, True]
    assert len(await desk.lines("approved")) + len(await desk.lines("rejected")) == 1


async def test_a_long_reply_is_approved_and_leaves_in_all_its_parts(desk: Desk) -> None:
    item = await desk.hears("Tell me everything")
    sentences = "This is a sentence of forty characters!! " * 6
    first = await desk.replies(item, sentences, parts=True, by=careful(desk.ana))
    last = await desk.value("SELECT id FROM message WHERE direction = 'out' ORDER BY at DESC LIMIT 1")
    await desk.does(approvals.approve, first.id, seen=last, by=desk.world.supervisor)
    await desk.works()
    assert " ".join(post.text for post in desk.network.posts) == sentences.strip()


async def test_whose_words_an_admin_wants_read_first_has_what_is_queued_read_as_well(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    reply = await desk.replies(item)
    async with desk.database.session(desk.workspace_id) as session:
        with pytest.raises(errors.Forbidden):
            await members.change(session, desk.ana, desk.ana.id, Change(asks_first=False))
        changed = await members.change(session, desk.world.admin, desk.ana.id, Change(asks_first=True))
        assert changed.asks_first
    await desk.works()
    assert await desk.state(reply.id) == "awaiting_approval"
    async with desk.database.session(desk.workspace_id) as session:
        await members.change(session, desk.world.admin, desk.ana.id, Change(role=Role.SUPERVISOR))
    later = await desk.replies(item, "Here it is", anyway=True)
    await desk.works()
    assert await desk.state(later.id) == "sent"
