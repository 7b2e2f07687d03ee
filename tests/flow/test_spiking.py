"""Much more comes in than usual: supervisors are told once for a rush, and nobody of what is usual or little."""

from __future__ import annotations

from uuid import UUID

import pytest

from inbox.flow import readers, spiking
from inbox.flow.notifying import Notifications
from inbox.ground import clock
from inbox.ground.db import Database
from tests.desk.story import Desk
from tests.reports.test_waiting import several

FIVE_WEEKS = 60 * 24 * 7 * 5  # minutes


@pytest.fixture
async def desk(database: Database) -> Desk:
    return await Desk.make(database)


async def told(desk: Desk) -> list[UUID]:
    while desk.workspace_id in await readers.behind(desk.database, Notifications()):
        await readers.turn(desk.database, Notifications(), desk.workspace_id)
    asked = "SELECT user_id FROM notification WHERE workspace_id = $1 AND kind = 'spike' ORDER BY user_id"
    return [row["user_id"] for row in await desk.rows(asked)]


async def test_a_rush_is_told_of_once(desk: Desk) -> None:
    await desk.hears("7001", "Hello, where is it?", ago=FIVE_WEEKS + 30)
    await several(desk, 12, first=7100, ago=20, answered_after=None)
    assert desk.workspace_id in await spiking.look_everywhere(desk.database)
    assert await told(desk) == [desk.sam.id]
    assert await spiking.look(desk.database, desk.workspace_id) == 0
    async with desk.database.tenant(desk.workspace_id) as connection:
        await connection.execute("UPDATE channel SET spiked_at = $1", clock.now() - spiking.QUIET_FOR * 2)
    assert await spiking.look(desk.database, desk.workspace_id) == 1


async def test_what_is_little_is_told_to_nobody(desk: Desk) -> None:
    await desk.hears("7001", "Hello, where is it?", ago=FIVE_WEEKS + 30)
    await several(desk, 4, first=7100, ago=20, answered_after=None)
    assert await spiking.look(desk.database, desk.workspace_id) == 0
    assert await told(desk) == []
