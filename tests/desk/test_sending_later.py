"""Writing now what leaves at a time to come: it waits, can be called back, and is checked again when it leaves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from inbox.desk import second_thoughts, views
from inbox.ground.errors import Invalid, WindowClosed
from inbox.realtime import counts
from tests.desk.story import Desk, minutes_ago


async def later(desk: Desk) -> tuple[int, int, int]:
    """What stands under Scheduled, as the list, the count and the page's socket have it."""
    page = await desk.does(views.page, desk.ana, "scheduled")
    async with desk.database.tenant(desk.workspace_id) as connection:
        tally = await counts.tally(connection, desk.workspace_id)
    return len(page.items), (await desk.does(views.counts, desk.ana)).scheduled, tally.of(desk.ana)["scheduled"]


async def test_it_waits_for_its_time_and_can_be_called_back(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    at = minutes_ago(-120)
    message = await desk.writes(thread, "It came today.", by=desk.ana, send_at=at)
    assert message.delivery is not None
    assert (message.delivery.state, message.delivery.due_at, message.delivery.scheduled) == ("queued", at, True)
    assert await later(desk) == (1, 1, 1)
    soon = await desk.writes(thread, "On its way!", by=desk.ana, anyway=True)
    assert soon.delivery is not None
    assert not soon.delivery.scheduled
    await desk.does(second_thoughts.cancel, message.id, by=desk.ana)
    assert await later(desk) == (0, 0, 0)
    assert (await desk.conversation(thread)).waiting_count == 1


async def test_once_it_has_left_it_is_scheduled_no_more(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    message = await desk.writes(thread, "It came today.", by=desk.ana, send_at=minutes_ago(-1))
    await desk.arrives(message)
    assert await later(desk) == (0, 0, 0)


async def test_the_time_must_be_to_come_and_one_at_which_the_platform_still_takes_it(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    for ahead, why in ((timedelta(minutes=-1), "still to come"), (timedelta(days=91), "90 days at most")):
        with pytest.raises(Invalid, match=why):
            await desk.writes(thread, "Late", by=desk.ana, send_at=minutes_ago(0) + ahead)
    with pytest.raises(WindowClosed):
        await desk.writes(thread, "Late", by=desk.ana, send_at=minutes_ago(0) + timedelta(days=30))
    assert await later(desk) == (0, 0, 0)
