"""Opening hours: written once as if they had always been so, changed from tomorrow on, refused by field."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from time_machine import travel

from inbox.desk import alarms, calendars, policies
from inbox.desk.calendars import CalendarOut, OpeningOut, Wanted
from inbox.desk.policies import WantedPolicy
from inbox.ground.errors import Conflict, Invalid
from tests.desk.story import Desk

THURSDAY = datetime(2026, 11, 26, 18, tzinfo=UTC)
LATE, EARLY = [OpeningOut("09:00", "17:00")], [OpeningOut("06:00", "14:00")]


def office(some: list[OpeningOut] = LATE, **more: Any) -> Wanted:
    return Wanted(**{"name": "Office", "zone": "UTC", "week": [some] * 5 + [[], []], **more})


async def make(desk: Desk, wanted: Wanted) -> CalendarOut:
    return await desk.does(calendars.make, wanted, by=desk.world.admin)


async def test_hours_change_from_tomorrow_on_and_whoever_waits_is_reckoned_by_them(desk: Desk) -> None:
    with travel(THURSDAY, tick=False):
        made = await make(desk, office())
        promised = WantedPolicy(name="All", first="4 business hours", calendar_id=made.id)
        await desk.does(
            policies.put,
            policies.Wanted(policies=[promised], version=0),
            by=desk.world.admin,
            since=THURSDAY - timedelta(days=300),
        )
    thread = await desk.hears("7001", "Where is my order?", ago=0)
    before = (await desk.conversation(thread)).due_at
    changed = await desk.does(calendars.change, made.id, office(EARLY), version=1, by=desk.world.admin)
    assert [one.since for one in changed.versions] == [None, datetime.now(UTC).date() + timedelta(days=1)]
    assert (changed.version, changed.in_use) == (2, True)
    assert await alarms.to_refold(desk.database) == []
    with travel(datetime.now(UTC) + calendars.LEAD + timedelta(seconds=1)):
        assert await alarms.to_refold(desk.database) == [desk.workspace_id]
        while await alarms.refold(desk.database, desk.workspace_id):
            pass
    after = (await desk.conversation(thread)).due_at
    assert before is not None
    assert after is not None
    assert after <= before  # two days from now at the latest, three hours earlier; today as it was
    assert await desk.road.differences() == 0


async def test_what_was_counted_is_not_changed_and_what_counts_is_not_deleted(desk: Desk) -> None:
    admin = desk.world.admin
    made = await make(desk, office())
    with pytest.raises(Invalid, match="from tomorrow on"):
        await desk.does(calendars.change, made.id, office(EARLY, since=datetime.now(UTC).date()), by=admin)
    with pytest.raises(Conflict, match="meanwhile"):
        await desk.does(calendars.change, made.id, office(EARLY), version=7, by=admin)
    again = await desk.does(calendars.change, made.id, office(name="Shop"), by=admin)
    assert (again.name, len(again.versions)) == ("Shop", 1)  # another name is no other hours
    promised = WantedPolicy(name="All", first="1 business hour", calendar_id=made.id)
    await desk.does(policies.put, policies.Wanted(policies=[promised], version=0), by=admin)
    with pytest.raises(Conflict, match="A policy counts in these hours"):
        await desk.does(calendars.remove, made.id, by=admin)
    await desk.does(policies.put, policies.Wanted(policies=[], version=1), by=admin)
    await desk.does(calendars.remove, made.id, by=admin)
    assert await desk.does(calendars.all_of, admin) == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"name": " "}, "name"),
        ({"week": [LATE] * 6}, "week"),
        ({"week": [[]] * 7}, "week"),
        ({"week": [[OpeningOut("17:00", "09:00")]] * 7}, "week"),
        ({"week": [[OpeningOut("09:00", "12:00"), OpeningOut("11:00", "15:00")]] * 7}, "week"),
        ({"week": [[OpeningOut("nine", "17:00")]] * 7}, "week"),
        ({"days": {"2026-02-30": []}}, "days"),
    ],
)
async def test_hours_that_cannot_be_are_refused_by_field(desk: Desk, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as found:
        await make(desk, office(**wrong))
    assert found.value.extra["field"] == field
