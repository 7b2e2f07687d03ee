from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from inbox.ground.db import Database
from inbox.ground.settings import Settings
from tests.desk.story import Desk
from tests.web.office import Office


@pytest.fixture
async def office(database: Database, settings: Settings, browser: Browser) -> AsyncIterator[Office]:
    """A served workspace. Whatever the story, no browser may have had anything to complain about."""
    desk = await Desk.make(database, name="Northwind")
    # Agents have half a minute to change their minds: a page beside a busy neighbour may need ten seconds to say so.
    await desk.rows("UPDATE workspace SET undo_seconds = 30 WHERE id = $1 RETURNING id")
    office = Office(desk, settings, browser)
    await office.opens()
    yield office
    complaints = [complaint for seat in office.seats for complaint in seat.complaints]
    await office.locks_up()
    assert complaints == []
