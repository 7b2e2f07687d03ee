"""Texts kept to be written again: whose they are, what may stand in them, and how often they were of use."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.desk import replies, saved_replies
from inbox.desk.replies import Reply
from inbox.desk.saved_replies import Taken, Wanted
from inbox.ground.errors import Forbidden, Invalid, NotFound
from inbox.ground.ids import new_id
from inbox.people.access import Agent, Role
from inbox.realtime.shapes import SavedReplyOut
from tests.desk.story import Desk


async def saved(desk: Desk, by: Agent, title: str = "Late", text: str = "It is late.", **more: Any) -> SavedReplyOut:
    return await desk.does(saved_replies.make, Wanted(title=title, text=text, **more), by=by)


async def titles(desk: Desk, who: Agent) -> list[str]:
    return [one.title for one in await desk.does(saved_replies.all_of, who, after=None, limit=200)]


async def test_ones_own_are_nobody_elses_business(desk: Desk) -> None:
    await saved(desk, desk.sam, "Shared", shared=True)
    own = await saved(desk, desk.ana, "Ana's")
    assert await titles(desk, desk.ana) == ["Shared", "Ana's"]
    assert await titles(desk, desk.sam) == ["Shared"]
    for verb in (saved_replies.change, saved_replies.remove):
        with pytest.raises(NotFound):
            await desk.does(
                verb, own.id, *([Wanted(title="Sam's")] if verb is saved_replies.change else []), by=desk.sam
            )
    told = await desk.rows(
        "SELECT name, user_id FROM event WHERE workspace_id = $1 AND name LIKE 'saved%' ORDER BY seq"
    )
    assert [tuple(row) for row in told] == [("saved_reply.made", None), ("saved_reply.made", desk.ana.id)]
    lines = await desk.rows("SELECT verb FROM audit_entry WHERE workspace_id = $1 AND verb LIKE 'saved%'")
    assert [row["verb"] for row in lines] == ["saved_reply_made"]


async def test_what_everybody_uses_is_changed_by_whoever_may(desk: Desk) -> None:
    shared = await saved(desk, desk.sam, shared=True)
    with pytest.raises(Forbidden, match="You may not change what all your colleagues use"):
        await saved(desk, desk.ana, shared=True)
    with pytest.raises(Forbidden):
        await desk.does(saved_replies.change, shared.id, Wanted(title="Mine"), by=desk.ana)
    with pytest.raises(Forbidden):
        await saved(desk, desk.rea)
    changed = await desk.does(saved_replies.change, shared.id, Wanted(text="Very late."), by=desk.world.admin)
    assert (changed.title, changed.text, changed.version) == ("Late", "Very late.", 2)
    with pytest.raises(Invalid, match="Your colleagues use this one"):
        await desk.does(saved_replies.change, shared.id, Wanted(shared=False), by=desk.sam)
    await desk.does(saved_replies.remove, shared.id, by=desk.sam)
    assert await titles(desk, desk.ana) == []
    (gone,) = await desk.heard("saved_reply.removed")
    assert gone.saved_reply is not None
    assert (gone.saved_reply.removed, gone.saved_reply.version) == (True, 3)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "Hello {{contact.frist_name}}",
            r"There is no variable {{contact.frist_name}}. There are: {{contact.first_name}}",
        ),
        ("Hello {{}}", "There is no variable {{}}"),
        ("Hello {{contact.name", "one of the two is missing"),
        ("Hello contact.name}}", "one of the two is missing"),
        ("Hello {{{{contact.name}}}}", "one of the two is missing"),
        ("  ", "The text has 1 to"),
    ],
)
async def test_a_gap_that_nothing_would_fill_is_refused(desk: Desk, text: str, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        await saved(desk, desk.ana, text=text)


async def test_gaps_have_defaults_and_braces_alone_are_text(desk: Desk) -> None:
    text = "Hello {{ contact.first_name | there }}, {{agent.name}} of {{workspace.name|us}} here. {a} } {"
    assert (await saved(desk, desk.ana, text=text)).text == text


async def test_a_shortcut_is_one_word_and_belongs_to_one(desk: Desk) -> None:
    assert (await saved(desk, desk.sam, shortcut="/Late", shared=True)).shortcut == "late"
    with pytest.raises(Taken, match="/late"):
        await saved(desk, desk.sam, shortcut="LATE", shared=True)
    own = await saved(desk, desk.ana, shortcut="late")
    assert (await saved(desk, desk.sam, shortcut="late")).shortcut == "late"
    with pytest.raises(Taken):
        await saved(desk, desk.ana, shortcut="late")
    other = await saved(desk, desk.ana, shortcut="other")
    with pytest.raises(Taken):
        await desk.does(saved_replies.change, other.id, Wanted(shortcut="late"), by=desk.ana)
    with pytest.raises(Invalid, match="one word"):
        await saved(desk, desk.ana, shortcut="two words")
    unchanged = await desk.does(saved_replies.change, own.id, Wanted(shortcut="late"), by=desk.ana)
    assert unchanged.version == own.version


async def test_it_is_offered_where_there_is_such_a_place(desk: Desk) -> None:
    there = await saved(desk, desk.ana, platforms=["facebook"], channel_ids=[desk.world.channel_id])
    assert (there.platforms, there.channel_ids) == (["facebook"], [desk.world.channel_id])
    with pytest.raises(Invalid, match="no platform nowhere"):
        await saved(desk, desk.ana, platforms=["nowhere"])
    for hidden_from in (desk.otto, desk.ana):
        channel = desk.world.channel_id if hidden_from is desk.otto else new_id()
        with pytest.raises(Invalid, match="no such channel"):
            await saved(desk, hidden_from, channel_ids=[channel])


async def test_it_counts_when_what_was_made_from_it_is_accepted(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    shared = await saved(desk, desk.sam, shared=True)
    sams = await saved(desk, desk.sam)
    made_from = [shared.id, sams.id, new_id()]
    key = new_id().hex
    for _ in range(2):
        reply = Reply(visibility="private", text="It is late.", saved_replies=made_from)
        await desk.does(replies.send, thread, reply, by=desk.ana, key=key)
    with pytest.raises(Invalid):
        await desk.writes(thread, " ", by=desk.ana, saved_replies=made_from)
    known = {one.id: one for one in await desk.does(saved_replies.all_of, desk.sam, after=None, limit=9)}
    assert (known[shared.id].uses, known[shared.id].used_at is not None) == (1, True)
    assert (known[sams.id].uses, known[sams.id].used_at) == (0, None)
    assert [event.saved_reply for event in await desk.heard("saved_reply.used")] == [known[shared.id]]


async def test_another_workspace_has_its_own(desk: Desk) -> None:
    shared = await saved(desk, desk.sam, shortcut="late", shared=True)
    other = await Desk.make(desk.database, name="Other")
    assert await titles(other, other.sam) == []
    assert (await saved(other, other.sam, shortcut="late", shared=True)).shortcut == "late"
    with pytest.raises(NotFound):
        await other.does(saved_replies.remove, shared.id, by=other.sam)


async def test_a_program_keeps_none_of_its_own(desk: Desk) -> None:
    token = new_id()
    program = Agent(token, desk.workspace_id, Role.SUPERVISOR, "a program", token_id=token)
    with pytest.raises(Invalid, match="make it shared"):
        await saved(desk, program)
    assert (await saved(desk, program, shared=True)).shared
