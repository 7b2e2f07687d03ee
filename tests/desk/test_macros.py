"""Macros: several acts as one, all of them or none, and whose they are."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.desk import macros, teams
from inbox.desk.conversations import Unanswered
from inbox.desk.macros import Wanted
from inbox.ground.errors import Forbidden, Invalid, NotFound, SomebodyWaits
from inbox.people.access import Agent
from inbox.realtime.shapes import MacroOut
from tests.desk.story import Desk


async def kept(desk: Desk, by: Agent, **more: Any) -> MacroOut:
    return await desk.does(macros.make, Wanted(**{"title": "Late", **more}), by=by)


async def test_a_run_does_everything_at_once(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    first = await kept(desk, desk.ana, tags_on=["Damaged"], assign="nobody", priority=1)
    await desk.does(macros.run, thread, first.id, by=desk.ana)
    late = await kept(
        desk,
        desk.sam,
        shared=True,
        tags_on=["Late", "carrier"],
        tags_off=["damaged"],
        assign="me",
        priority=3,
        status="snoozed",
        snooze_minutes=60,
        text="Sorry, {{contact.first_name|there}}!",
    )
    done = await desk.does(macros.run, thread, late.id, by=desk.ana)
    assert (done.tags, done.assignee_id, done.priority, done.status) == (["carrier", "late"], desk.ana.id, 3, "snoozed")
    assert await desk.rows("SELECT id FROM outbound_message WHERE workspace_id = $1") == []
    again = await desk.does(macros.run, thread, late.id, by=desk.ana)
    assert again.tags == done.tags


async def test_a_run_gives_it_to_a_team_as_long_as_there_is_one(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    team = await desk.does(teams.make, teams.Wanted(name="Repairs", member_ids=[desk.ana.id]), by=desk.sam)
    macro = await kept(desk, desk.ana, assign="team", team_id=team.id)
    assert (macro.assign, macro.team_id, macro.assignee_id) == ("team", team.id, None)
    assert (await desk.does(macros.run, thread, macro.id, by=desk.ana)).team_id == team.id
    other = await desk.hears("7002", "Where is mine?", ago=50)
    await desk.does(teams.remove, team.id, by=desk.sam)
    with pytest.raises(Invalid, match="no such team"):
        await desk.does(macros.run, other, macro.id, by=desk.ana)
    with pytest.raises(Invalid, match="no such team"):
        await kept(desk, desk.ana, assign="team", team_id=team.id)


async def test_where_somebody_waits_nothing_of_it_happens_until_it_is_said_what_becomes_of_them(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    spam = await kept(desk, desk.ana, title="Spam", tags_on=["spam"], status="done")
    with pytest.raises(SomebodyWaits):
        await desk.does(macros.run, thread, spam.id, by=desk.ana)
    before = await desk.conversation(thread)
    assert (before.tags, before.status) == ([], "open")
    said = Unanswered(how="no_reply_needed", reason="Spam")
    after = await desk.does(macros.run, thread, spam.id, by=desk.ana, unanswered=said)
    assert (after.tags, after.status) == (["spam"], "resolved")
    await desk.does(macros.run, thread, spam.id, by=desk.ana)


async def test_whose_they_are(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    own, shared = await kept(desk, desk.ana, priority=1), await kept(desk, desk.sam, priority=1, shared=True)
    assert [one.id for one in await desk.does(macros.all_of, desk.sam, after=None, limit=9)] == [shared.id]
    with pytest.raises(NotFound):
        await desk.does(macros.run, thread, own.id, by=desk.sam)
    with pytest.raises(Forbidden):
        await desk.does(macros.remove, shared.id, by=desk.ana)
    with pytest.raises(NotFound):
        await desk.does(macros.run, thread, shared.id, by=desk.otto)
    changed = await desk.does(macros.change, own.id, Wanted(title="Later", priority=2), by=desk.ana)
    assert (changed.title, changed.priority, changed.version) == ("Later", 2, 2)
    await desk.does(macros.remove, own.id, by=desk.ana)
    with pytest.raises(NotFound):
        await desk.does(macros.run, thread, own.id, by=desk.ana)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({}, "at least one thing"),
        ({"title": " ", "priority": 1}, "A title has"),
        ({"text": "Hi", "status": "done"}, "Send and done"),
        ({"text": "Hi {{nobody}}"}, "no variable"),
        ({"priority": 9}, "A priority is"),
        ({"status": "snoozed"}, "a year at most"),
        ({"assign": "member"}, "Nobody of that name"),
        ({"tags_on": [" "]}, "A tag has"),
    ],
)
async def test_what_could_not_be_run_is_not_kept(desk: Desk, asked: dict[str, Any], why: str) -> None:
    with pytest.raises(Invalid, match=why):
        await kept(desk, desk.ana, **asked)
