"""The opening hours of a channel: given by an admin, from then on; a promise that counts in them keeps them there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from time_machine import travel

from inbox.desk import calendars, channel_hours, policies
from inbox.desk.calendars import CalendarOut, OpeningOut, Wanted
from inbox.desk.channel_hours import ChannelHoursOut
from inbox.desk.policies import PoliciesOut, WantedPolicy
from inbox.ground.errors import Conflict, Forbidden, Invalid, NotFound
from inbox.ground.ids import new_id
from tests.desk.story import Desk, began

NOW = datetime.now(UTC)
# One that is still to come, so that nothing promised on it is overdue by the clock of Postgres.
THURSDAY = (NOW + timedelta(days=14 + 3 - NOW.weekday())).replace(hour=18, minute=0, second=0, microsecond=0)
FRIDAY = THURSDAY + timedelta(hours=6)


async def make(desk: Desk, name: str = "Office", opens: str = "09:00") -> CalendarOut:
    week = [[OpeningOut(opens, "17:00")]] * 5 + [[], []]
    return await desk.does(calendars.make, Wanted(name=name, zone="UTC", week=week), by=desk.world.admin)


async def give(desk: Desk, calendar_id: UUID | None, channel_id: UUID | None = None) -> ChannelHoursOut:
    return await desk.does(channel_hours.put, channel_id or desk.world.channel_id, calendar_id, by=desk.world.admin)


async def promise(desk: Desk, version: int = 0, **wanted: Any) -> PoliciesOut:
    policy = WantedPolicy(**{"name": "All", "first": "2 business hours", **wanted})
    return await desk.does(policies.put, policies.Wanted(policies=[policy], version=version), by=desk.world.admin)


async def test_a_promise_counts_in_the_hours_of_its_channel_and_those_of_the_policy_win(desk: Desk) -> None:
    office, late = await make(desk), await make(desk, "Late", "15:00")
    with travel(THURSDAY, tick=False):
        await give(desk, office.id)
        await promise(desk, channel_ids=[desk.world.channel_id])
    with travel(THURSDAY + timedelta(minutes=5)):
        thread = await desk.hears("7001", "Where is my order?", ago=_ago(THURSDAY + timedelta(minutes=1)))
        assert (await desk.conversation(thread)).due_at == FRIDAY + timedelta(hours=11)
        await promise(desk, version=1, calendar_id=late.id)
    with travel(THURSDAY + timedelta(minutes=10)):
        thread = await desk.hears("7002", "And mine?", ago=_ago(THURSDAY + timedelta(minutes=9)))
        assert (await desk.conversation(thread)).due_at == FRIDAY + timedelta(hours=17)
    assert await desk.road.differences() == 0


def _ago(at: datetime) -> float:
    """In minutes of the story, which began when its desk was made."""
    return (began[-1] - at) / timedelta(minutes=1)


async def test_other_hours_hold_for_who_asks_from_then_on(desk: Desk) -> None:
    office, late = await make(desk), await make(desk, "Late", "15:00")
    with travel(THURSDAY, tick=False):
        await give(desk, office.id)
        await promise(desk, channel_ids=[desk.world.channel_id])
    with travel(THURSDAY + timedelta(hours=1), tick=False):
        given = await give(desk, late.id)
        assert given.valid_from == THURSDAY + timedelta(hours=1) + calendars.LEAD
    with travel(THURSDAY + timedelta(hours=3)):
        before = await desk.hears("7001", "Where is my order?", ago=_ago(THURSDAY + timedelta(minutes=30)))
        after = await desk.hears("7002", "And mine?", ago=_ago(THURSDAY + timedelta(hours=2)))
        assert (await desk.conversation(before)).due_at == FRIDAY + timedelta(hours=11)
        assert (await desk.conversation(after)).due_at == FRIDAY + timedelta(hours=17)
    assert await desk.road.differences() == 0


async def test_a_policy_says_whose_hours_or_names_channels_that_have_some(desk: Desk) -> None:
    shop = await desk.world.channel()
    here = desk.world.channel_id
    with pytest.raises(Invalid, match="Say whose, or name the channels"):
        await promise(desk)
    with pytest.raises(Invalid, match="has none of its own"):
        await promise(desk, channel_ids=[here])
    office = await make(desk)
    await give(desk, office.id)
    with pytest.raises(Invalid, match="has none of its own") as found:
        await promise(desk, channel_ids=[here, shop])
    assert found.value.extra["field"] == "policies[0].calendar_id"
    await promise(desk, channel_ids=[here])
    with pytest.raises(Conflict, match="The policy “All” counts in the hours"):
        await give(desk, None)
    with pytest.raises(Conflict, match="A channel has these hours"):
        await desk.does(calendars.remove, office.id, by=desk.world.admin)
    late = await make(desk, "Late", "15:00")
    await give(desk, late.id)
    await desk.does(calendars.remove, office.id, by=desk.world.admin)
    await promise(desk, version=1, first="2 hours", channel_ids=[here])
    await give(desk, None)
    await desk.does(calendars.remove, late.id, by=desk.world.admin)


async def test_an_admin_gives_them_everybody_sees_them_and_the_log_says_so(desk: Desk) -> None:
    office = await make(desk)
    here = desk.world.channel_id
    with pytest.raises(Forbidden):
        await desk.does(channel_hours.put, here, office.id, by=desk.sam)
    with pytest.raises(NotFound):
        await give(desk, new_id())
    assert (await give(desk, None)).valid_from is None, "it has none as it is"
    first = await give(desk, office.id)
    assert await give(desk, office.id) == first
    (seen,) = await desk.does(calendars.all_of, desk.ana)
    assert (seen.channel_ids, seen.in_use) == ([here], True)
    (unseen,) = await desk.does(calendars.all_of, desk.otto)
    assert (unseen.channel_ids, unseen.in_use) == ([], True)
    await give(desk, None)
    told = await desk.rows(
        "SELECT verb, data->>'hours' AS hours FROM audit_entry WHERE workspace_id = $1 ORDER BY at, id"
    )
    assert [(row["verb"], row["hours"]) for row in told if row["verb"].startswith("channel_hours")] == [
        ("channel_hours_given", "Office"),
        ("channel_hours_taken", None),
    ]
