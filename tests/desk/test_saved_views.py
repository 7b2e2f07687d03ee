"""A list narrowed in some way can be kept under a name: one's own or everybody's, counted with the others."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.desk import assignment, conversations, saved_views, tags, views
from inbox.desk.filters import Filtering
from inbox.desk.saved_views import Wanted
from inbox.ground.errors import Forbidden, Invalid, NotFound
from inbox.people.access import Agent
from inbox.realtime import saved_counts
from inbox.realtime.shapes import SavedViewOut
from tests.desk.story import Desk


async def kept(desk: Desk, by: Agent, name: str, **more: Any) -> SavedViewOut:
    shared = more.pop("shared", False)
    view = more.pop("view", "open")
    wanted = Wanted(name=name, view=view, filtering=Filtering(**more), shared=shared)
    return await desk.does(saved_views.make, wanted, by=by)


async def names(desk: Desk, who: Agent) -> list[str]:
    return [one.name for one in await desk.does(saved_views.all_of, who)]


async def numbers(desk: Desk, who: Agent) -> dict[str, int]:
    """What each is said to hold, by name: by the live counts and by asking."""
    asked = (await desk.does(views.counts, who)).saved
    async with desk.database.tenant(desk.workspace_id) as connection:
        tally = await saved_counts.tally(connection, desk.workspace_id, {desk.ana.id, desk.sam.id})
    assert tally.of(who) == asked
    shown = {f"saved:{one.id}": one.name for one in await desk.does(saved_views.all_of, who)}
    return {shown[id]: number for id, number in asked.items()}


async def test_ones_own_is_nobody_elses_and_what_is_shared_is_everybodys(desk: Desk):
    own = await kept(desk, desk.ana, "  My   late ones ", minutes=60)
    shared = await kept(desk, desk.sam, "VIP", tags=["vip"], shared=True)
    assert (own.name, own.filtering, own.shared) == ("My late ones", {"minutes": 60}, False)
    assert await names(desk, desk.ana) == ["My late ones", "VIP"]
    assert await names(desk, desk.sam) == ["VIP"]
    with pytest.raises(Forbidden):
        await desk.does(saved_views.change, shared.id, Wanted(name="Mine now"), by=desk.ana)
    with pytest.raises(Forbidden):
        await kept(desk, desk.ana, "For all", shared=True)
    with pytest.raises(NotFound):
        await desk.does(saved_views.remove, own.id, by=desk.sam)
    for wrong in ({"person": "Zoë"}, {"assignee": "somebody"}, {"view": "nowhere"}):
        with pytest.raises(Invalid):
            await kept(desk, desk.ana, "Wrong", **wrong)
    with pytest.raises(Invalid):
        await desk.does(saved_views.change, shared.id, Wanted(shared=False), by=desk.sam)
    changed = await desk.does(saved_views.change, own.id, Wanted(name="Late", filtering=Filtering()), by=desk.ana)
    assert (changed.name, changed.filtering, changed.version) == ("Late", {}, 2)
    await desk.does(saved_views.arrange, [shared.id, own.id], by=desk.sam)
    await desk.does(saved_views.arrange, [shared.id, own.id], by=desk.ana)
    assert await names(desk, desk.ana) == ["VIP", "Late"]
    await desk.does(saved_views.remove, own.id, by=desk.ana)
    assert await names(desk, desk.ana) == ["VIP"]
    told = [event.name for event in await desk.heard() if event.saved_view]
    assert told[:2] == ["saved_view.made", "saved_view.made"]
    assert told[-1] == "saved_view.removed"


async def test_each_is_counted_with_the_others_from_one_read(desk: Desk):
    late = await desk.hears("7001", "Where is my order?", ago=600)
    fresh = await desk.hears("7002", "Where is mine?", ago=5)
    await desk.sees_comment("8001", "Does it ship?", ago=20)
    await desk.does(tags.put_on, late, "vip", by=desk.ana)
    await desk.does(tags.put_on, fresh, "vip", by=desk.ana)
    await desk.does(assignment.assign, fresh, desk.ana.id, by=desk.ana)
    await desk.does(conversations.prioritise, fresh, 4, by=desk.ana)
    shared: dict[str, dict[str, Any]] = {
        "vip": {"tags": ["vip"]},
        "late vip": {"tags": ["vip"], "minutes": 60},
        "comments": {"kind": "comment"},
        "urgent": {"priority": 3, "platform": "facebook"},
        "nobody's": {"assignee": "nobody"},
        "mine": {"view": "mine", "tags": ["vip"]},
        "to me": {"assignee": "me"},
        "here": {"channel": desk.world.channel_id, "view": "unassigned"},
        "snoozed": {"view": "snoozed"},
        "words": {"text": "order"},  # not told by the rows: not counted
    }
    for name, more in shared.items():
        await kept(desk, desk.sam, name, shared=True, **more)
    await kept(desk, desk.ana, "own", waiting=True)
    expected = {"vip": 2, "late vip": 1, "comments": 1, "urgent": 1, "nobody's": 2, "mine": 1, "to me": 1}
    expected |= {"here": 2, "snoozed": 0}
    assert await numbers(desk, desk.ana) == {**expected, "own": 3}
    assert await numbers(desk, desk.sam) == {**expected, "mine": 0, "to me": 0}
    assert set((await desk.does(views.counts, desk.otto)).saved.values()) == {0}
