"""One act on everything that matches: done by the worker as if by hand, told once, and taken back whole."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from inbox.desk import assignment, conversations, sweeps, tags
from inbox.desk.filters import Filtering
from inbox.desk.sweeps import Act
from inbox.flow import readers
from inbox.flow.notifying import Notifications
from inbox.ground import errors
from inbox.people.access import Agent
from inbox.realtime.shapes import SweepOut
from tests.desk.story import Desk, minutes_ago


async def some_write(desk: Desk, number: int) -> list[UUID]:
    return [await desk.hears(str(7000 + one), f"Where is order {one}?", ago=60 - one) for one in range(number)]


async def swept(desk: Desk, act: Act, *, by: Agent | None = None, view: str = "open", **asked: object) -> SweepOut:
    """Begun, and gone through by the worker."""
    by = by or desk.sam
    filtering = Filtering(**asked)  # type: ignore[arg-type]
    begun = await desk.does(sweeps.begin, view, filtering, act, by=by)
    return await over(desk, begun, by)


async def over(desk: Desk, sweep: SweepOut, by: Agent) -> SweepOut:
    while await sweeps.work(desk.database, desk.workspace_id):
        pass
    return await desk.does(sweeps.read, sweep.id, by=by)


async def owners(desk: Desk) -> list[UUID | None]:
    found = await desk.rows("SELECT assignee_id FROM conversation WHERE workspace_id = $1 ORDER BY id")
    return [row["assignee_id"] for row in found]


async def test_everything_that_matches_is_given_away_and_told_once(desk: Desk) -> None:
    number = sweeps.PAGE + 5  # more than one page of them
    threads = await some_write(desk, number)
    await desk.does(assignment.assign, threads[0], desk.ana.id, by=desk.sam)
    told = await notified(desk)
    done = await swept(desk, Act(do="assign", to=desk.ana.id))
    assert (done.state, done.total, done.changed, done.passed, done.refused) == (
        "done",
        number,
        number - 1,
        1,
        {},
    )
    assert await owners(desk) == [desk.ana.id] * number
    assert await notified(desk) == [*told, (desk.ana.id, None, number - 1)]
    lines = await desk.rows(
        "SELECT data->>'sweep' AS sweep FROM audit_entry WHERE workspace_id = $1 AND verb = 'assigned'"
    )
    assert [row["sweep"] for row in lines].count(str(done.id)) == number - 1


async def notified(desk: Desk) -> list[tuple[UUID, UUID | None, int]]:
    while desk.workspace_id in await readers.behind(desk.database, Notifications()):
        await readers.turn(desk.database, Notifications(), desk.workspace_id)
    found = await desk.rows(
        """SELECT user_id, conversation_id, count FROM notification
           WHERE workspace_id = $1 AND kind = 'assigned' ORDER BY at"""
    )
    return [(row["user_id"], row["conversation_id"], row["count"]) for row in found]


async def test_the_list_is_what_it_was_when_it_began(desk: Desk) -> None:
    first, second = await some_write(desk, 2)
    begun = await desk.does(sweeps.begin, "open", Filtering(), Act(do="tag", tag="outage"), but=[second], by=desk.ana)
    later = await desk.hears("7999", "Mine as well?", ago=1)
    await over(desk, begun, desk.ana)
    worn = {one: (await desk.conversation(one)).tags for one in (first, second, later)}
    assert worn == {first: ["outage"], second: [], later: []}


async def test_it_is_taken_back_but_for_what_others_changed_since(desk: Desk) -> None:
    first, second, third = await some_write(desk, 3)
    await desk.does(assignment.assign, first, desk.sam.id, by=desk.sam)
    done = await swept(desk, Act(do="assign", to=desk.ana.id))
    await desk.does(assignment.assign, second, desk.sam.id, by=desk.ana)
    await desk.does(sweeps.undo, done.id, by=desk.sam)
    back = await over(desk, done, desk.sam)
    assert (back.state, back.undone, back.kept) == ("undone", 2, 1)
    assert [(await desk.conversation(one)).assignee_id for one in (first, second, third)] == [
        desk.sam.id,
        desk.sam.id,
        None,
    ]
    with pytest.raises(errors.Conflict, match="already"):
        await desk.does(sweeps.undo, done.id, by=desk.sam)


@pytest.mark.parametrize(
    ("act", "column", "value"),
    [
        pytest.param(Act(do="priority", priority=4), "priority", 4, id="a priority"),
        pytest.param(Act(do="snooze", until=minutes_ago(-600)), "status", "snoozed", id="a snooze"),
        pytest.param(Act(do="resolve", close_unanswered=True), "status", "resolved", id="closed"),
        pytest.param(Act(do="untag", tag="outage"), "priority", 0, id="a tag taken off"),
    ],
)
async def test_each_act_and_its_way_back(desk: Desk, act: Act, column: str, value: object) -> None:
    threads = await some_write(desk, 3)
    for thread in threads:
        await desk.does(tags.put_on, thread, "outage", by=desk.ana)
    before = [await desk.conversation(one) for one in threads]
    done = await swept(desk, act, by=desk.ana)
    assert (done.changed, done.refused) == (3, {})
    assert {getattr(await desk.conversation(one), column) for one in threads} == {value}
    await desk.does(sweeps.undo, done.id, by=desk.ana)
    await over(desk, done, desk.ana)
    after = [await desk.conversation(one) for one in threads]

    def held(one: object) -> list[object]:
        return [getattr(one, name) for name in ("priority", "status", "snoozed_until", "tags", "waiting_since")]

    assert [held(one) for one in after] == [held(one) for one in before]


async def test_where_somebody_waits_nothing_is_resolved_and_it_says_why(desk: Desk) -> None:
    answered = await desk.has_answered("7001", ago=60)
    waits = await desk.hears("7002", "And mine?", ago=30)
    done = await swept(desk, Act(do="resolve"))
    assert (done.changed, sum(done.refused.values())) == (1, 1)
    assert "wait" in next(iter(done.refused))
    assert (await desk.conversation(answered)).status == "resolved"
    assert (await desk.conversation(waits)).status == "open"


async def test_what_one_may_not_see_or_do(desk: Desk) -> None:
    await some_write(desk, 2)
    with pytest.raises(errors.Invalid, match="No conversation matches"):
        await desk.does(sweeps.begin, "open", Filtering(), Act(do="tag", tag="x"), by=desk.otto)
    with pytest.raises(errors.Forbidden):
        await desk.does(sweeps.begin, "open", Filtering(), Act(do="tag", tag="x"), by=desk.rea)
    with pytest.raises(errors.Invalid, match="A tag has"):
        await desk.does(sweeps.begin, "open", Filtering(), Act(do="tag", tag=" "), by=desk.ana)
    done = await swept(desk, Act(do="assign", to=desk.otto.id))
    assert (done.changed, done.refused) == (0, {"Otto does not see this channel.": 2})
    with pytest.raises(errors.NotFound):
        await desk.does(sweeps.undo, done.id, by=desk.ana)
    events = await desk.rows("SELECT 1 FROM event WHERE workspace_id = $1 AND name = 'conversation.assigned'")
    assert events == []


async def test_two_workers_and_a_colleague_meet_on_the_same_conversations(desk: Desk) -> None:
    threads = await some_write(desk, 12)
    begun = await desk.does(sweeps.begin, "open", Filtering(), Act(do="assign", to=desk.ana.id), by=desk.sam)

    async def works() -> None:
        while (await desk.does(sweeps.read, begun.id, by=desk.sam)).state == "running":
            await sweeps.work(desk.database, desk.workspace_id)

    async def tags_them() -> None:
        for thread in reversed(threads):
            await desk.does(conversations.prioritise, thread, 3, by=desk.ana)

    await asyncio.gather(works(), works(), tags_them())
    done = await desk.does(sweeps.read, begun.id, by=desk.sam)
    assert (done.state, done.changed) == ("done", 12)
    assert {(await desk.conversation(one)).priority for one in threads} == {3}
