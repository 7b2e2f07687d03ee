"""What the person on the other side sees of an agent who reads and types."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from inbox.ground.db import Database
from inbox.ground.settings import Settings
from inbox.platforms.simulation import Person
from tests.browser import PATIENCE
from tests.web.outside import Outside, outside

MIA = Person("7001", "Mia Keller")
ASKED = "Is my parcel on its way?"


@pytest.fixture
async def there(database: Database, settings: Settings, browser: Browser) -> AsyncIterator[Outside]:
    async with outside(database, settings, browser, "facebook") as network:
        yield network


async def sees(there: Outside, *signals: str) -> None:
    """Wait until the person has been shown exactly this."""
    async with asyncio.timeout(PATIENCE / 1000):
        while [shown for _, shown in there.network.signals] != list(signals):  # noqa: ASYNC110 - the network's own list
            await asyncio.sleep(0.02)


async def test_whoever_wrote_sees_that_it_is_read_and_that_an_answer_is_written(there: Outside) -> None:
    await there.network.dm(MIA, text=ASKED)
    await there.is_heard()
    seat = await there.office.sits_down(there.office.ana)
    await seat.opens(ASKED)
    await sees(there, "mark_seen")
    await seat.presses("n")
    await seat.page.keyboard.type("Ask the warehouse")
    await seat.presses("Escape", "r")
    await expect(seat.page.get_by_role("radio", name="Message", exact=False)).to_be_checked()
    await seat.presses("Control+a")
    await seat.page.keyboard.type("It is, and it")
    await sees(there, "mark_seen", "typing_on")


async def test_an_admin_turns_it_off_for_a_channel(there: Outside) -> None:
    await there.network.dm(MIA, text=ASKED)
    await there.is_heard()
    seat = await there.office.sits_down(there.office.ada, f"/settings/channels/{there.channel_id}")
    box = seat.page.get_by_label("Show people that we read and write")
    await expect(box).to_be_checked()
    async with seat.page.expect_response(lambda answer: answer.request.method == "PATCH"):
        await box.uncheck()
    (row,) = await there.desk.rows("SELECT settings ->> 'courtesies' AS wanted FROM channel WHERE workspace_id = $1")
    assert row["wanted"] == "false"
    await seat.goes("/inbox/open")
    await seat.is_live()
    await seat.opens(ASKED)
    await seat.presses("r")
    await seat.page.keyboard.type("It is")
    await seat.presses("Control+Enter")
    await there.is_done()
    await expect(seat.bubble("It is")).to_be_visible()
    assert there.network.signals == []
