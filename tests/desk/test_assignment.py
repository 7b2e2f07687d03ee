"""Who has it. Changing hands is a fact for the ledger and changes no number of the past."""

from __future__ import annotations

import dataclasses

import pytest

from inbox.desk import assignment, replies, workspaces
from inbox.desk.replies import Reply
from inbox.ground.errors import Forbidden, Invalid
from inbox.ground.ids import new_id
from inbox.people.access import Role
from tests.desk.story import Desk, minutes_ago


async def test_a_conversation_is_given_to_a_colleague_and_everybody_hears_it(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    shown = await desk.does(assignment.assign, thread, desk.ana.id, by=desk.sam)
    assert shown.assignee_id == desk.ana.id
    (told,) = await desk.heard("conversation.assigned")
    assert told.conversation == shown
    assert told.activity is not None
    assert (told.activity.verb, told.activity.by, told.activity.data) == (
        "assigned",
        desk.sam.id,
        {"to": str(desk.ana.id)},
    )


async def test_assigning_to_whom_it_is_assigned_is_done_already(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    shown = await desk.does(assignment.assign, thread, desk.ana.id, by=desk.sam)
    heard = await desk.heard()
    assert await desk.does(assignment.assign, thread, desk.ana.id, by=desk.ana) == shown
    assert await desk.heard() == heard
    assert await desk.lines(thread) == ["assigned"]


async def test_it_is_nobodys_again(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    await desk.does(assignment.assign, thread, desk.ana.id, by=desk.ana)
    shown = await desk.does(assignment.assign, thread, None, by=desk.ana)
    assert shown.assignee_id is None
    assert await desk.lines(thread) == ["assigned", "unassigned"]


async def test_reassigning_changes_no_past_number(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    await desk.does(assignment.assign, thread, desk.ana.id, by=desk.ana)
    asked = await desk.message(thread, "Where is my order?")
    await desk.posts(thread, "On its way!", by=desk.ana, reply_to=asked.id)
    before = await desk.numbers(thread)
    assert before[0][1] == "answered"
    await desk.does(assignment.assign, thread, desk.sam.id, by=desk.sam)
    assert await desk.numbers(thread) == before


async def test_a_waiting_belongs_to_whoever_holds_it_now(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    await desk.does(assignment.assign, thread, desk.ana.id, by=desk.ana)
    await desk.does(assignment.assign, thread, desk.sam.id, by=desk.ana)
    ((*_, holder),) = await desk.numbers(thread)
    assert holder == str(desk.sam.id)


async def test_whoever_had_it_has_it_still_when_the_customer_writes_again(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    await desk.does(assignment.assign, thread, desk.ana.id, by=desk.ana)
    await desk.posts(thread, "On its way!", by=desk.ana, ago=50)
    assert (await desk.conversation(thread)).status == "pending"
    await desk.hears("7001", "Still nothing, where is it?", ago=40)
    shown = await desk.conversation(thread)
    assert (shown.status, shown.assignee_id, shown.waiting_since) == ("open", desk.ana.id, minutes_ago(40))


async def test_only_a_colleague_who_can_answer_it_can_be_given_it(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    gone = await desk.world.member(Role.AGENT, "Gil")
    async with desk.database.tenant(desk.workspace_id) as connection:
        await connection.execute("UPDATE membership SET active = false WHERE user_id = $1", gone.id)
    other = await Desk.make(desk.database, name="Other")
    for nobody in (new_id(), gone.id, desk.otto.id, desk.rea.id, other.ana.id):
        with pytest.raises(Invalid):
            await desk.does(assignment.assign, thread, nobody, by=desk.sam)
    assert (await desk.conversation(thread)).assignee_id is None


async def test_who_may_only_read_assigns_nothing(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    with pytest.raises(Forbidden):
        await desk.does(assignment.assign, thread, desk.ana.id, by=desk.rea)


async def test_whoever_answers_what_nobody_has_has_it(desk: Desk) -> None:
    await desk.claims(True)
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    await desk.does(replies.send, thread, Reply(visibility="note", text="Looking"), by=desk.sam, key="note")
    assert (await desk.conversation(thread)).assignee_id is None
    await desk.writes(thread, "On its way!", by=desk.ana)
    assert (await desk.conversation(thread)).assignee_id == desk.ana.id
    assert "claimed" in await desk.lines(thread)
    await desk.writes(thread, "It came?", by=desk.sam, anyway=True)
    assert (await desk.conversation(thread)).assignee_id == desk.ana.id


async def test_nobody_takes_what_they_answer_where_the_workspace_does_not_want_it_or_by_a_program(desk: Desk) -> None:
    await desk.claims(True)
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    await desk.writes(thread, "On its way!", by=dataclasses.replace(desk.ana, token_id=new_id()))
    assert (await desk.conversation(thread)).assignee_id is None
    await desk.does(workspaces.change, desk.world.admin, claims=False)
    await desk.writes(thread, "It came?", by=desk.ana, anyway=True)
    assert (await desk.conversation(thread)).assignee_id is None
