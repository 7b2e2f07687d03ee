"""When a network's time to write is over: a message it has approved, chosen, filled in and sent without the mouse."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Browser, Locator, expect

from inbox.desk import replies
from inbox.desk.replies import Reply
from inbox.desk.wording import Chosen
from inbox.ground.db import Database
from inbox.ground.settings import Settings
from inbox.platforms.base import Template
from inbox.platforms.simulation import Person
from tests.web.office import Seat
from tests.web.outside import Outside, outside
from tests.web.test_looks import found_by_axe

MIA = Person("351900000001", "Mia Keller", "mia")
ASKED = "Where is my parcel?"
READS = "Hello Mia, your order 5512 is on its way."


@pytest.fixture
async def there(database: Database, settings: Settings, browser: Browser) -> AsyncIterator[Outside]:
    async with outside(database, settings, browser, "whatsapp") as network:
        yield network


async def a_day_later(there: Outside, **more: object) -> Seat:
    """Mia wrote yesterday; Ana has just opened it."""
    await there.network.dm(MIA, text=ASKED, at=datetime.now(UTC) - timedelta(hours=25))
    await there.is_heard()
    seat = await there.office.sits_down(there.office.ana, **more)  # type: ignore[arg-type]
    await seat.opens(ASKED)
    return seat


def dialog(seat: Seat) -> Locator:
    return seat.page.get_by_role("dialog")


async def test_a_template_is_chosen_filled_in_and_sent_by_keyboard(there: Outside) -> None:
    seat = await a_day_later(there)
    await expect(seat.page.get_by_text("The time to write freely is over.")).to_be_visible()
    await seat.presses("r")
    await expect(seat.page.get_by_role("button", name="Choose a template")).to_be_focused()
    await seat.presses("Enter")
    await expect(dialog(seat).get_by_role("option")).to_have_count(2)
    await seat.page.keyboard.type("order")
    await expect(dialog(seat).get_by_role("option")).to_have_count(1)
    await seat.presses("Enter")
    send = dialog(seat).get_by_role("button", name="Send", exact=True)
    await expect(send).to_be_disabled()
    await seat.page.keyboard.type("Mia")
    await seat.presses("Tab")
    await seat.page.keyboard.type("5512")
    await expect(dialog(seat).get_by_text(READS)).to_be_visible()
    await seat.presses("Control+Enter")
    await expect(dialog(seat)).to_have_count(0)
    await expect(seat.bubble(READS)).to_be_visible()
    await there.is_done()
    await expect(seat.bubble(READS).get_by_text("Sent")).to_be_visible()
    assert [(one.action, one.text) for one in there.network.heard] == [("dm", READS)]


async def test_what_was_called_back_lies_there_again_filled_in(there: Outside) -> None:
    async with there.desk.database.tenant(there.desk.workspace_id) as connection:
        await connection.execute("UPDATE workspace SET undo_seconds = 30")
    seat = await a_day_later(there)
    await seat.page.get_by_role("button", name="Choose a template").click()
    await dialog(seat).get_by_text("parcel_on_its_way").click()
    await dialog(seat).get_by_role("textbox").first.fill("Mia")
    await dialog(seat).get_by_role("textbox").last.fill("5512")
    await dialog(seat).get_by_role("button", name="Send", exact=True).click()
    await expect(seat.bubble(READS).get_by_text("Sends in")).to_be_visible()
    await seat.bubble(READS).get_by_role("button", name="Undo").click()
    await expect(dialog(seat).get_by_role("textbox").first).to_have_value("Mia")
    await expect(dialog(seat).get_by_text(READS)).to_be_visible()
    await there.is_done()
    assert there.network.heard == []


async def test_a_colleagues_answer_is_shown_before_the_template_goes(there: Outside) -> None:
    seat = await a_day_later(there)
    await seat.page.get_by_role("button", name="Choose a template").click()
    await dialog(seat).get_by_text("anything_else").click()
    await seat.page.evaluate("() => { window.WebSocket = class { close() {} send() {} } }")  # it will hear no more
    await there.office.closes()
    (row,) = await there.desk.rows("SELECT id FROM conversation WHERE workspace_id = $1")
    had = Template(name="parcel_on_its_way", language="en", body=READS, parameters=["1", "2"])
    sams = Reply(visibility="private", template=Chosen(name=had.name, language="en", parameters=["Mia", "5512"]))
    await there.desk.does(replies.send, row["id"], sams, by=there.office.sam, key="sams", template=had)
    await there.is_done()
    await there.office.opens()
    await seat.presses("Control+Enter")
    await expect(dialog(seat)).to_have_count(0)
    await expect(seat.page.get_by_role("alert")).to_contain_text(READS)
    await seat.page.get_by_role("button", name="Keep editing").click()
    await expect(dialog(seat)).to_contain_text("Is there anything else we can do for you?")
    await seat.presses("Control+Enter")
    await expect(dialog(seat)).to_have_count(0)
    await there.is_done()
    assert [one.text for one in there.network.heard] == [READS, "Is there anything else we can do for you?"]


async def test_when_the_network_does_not_say_the_agent_reads_why_and_asks_again(there: Outside) -> None:
    seat = await a_day_later(there)
    there.network.mischief.token_revoked = True
    await seat.page.get_by_role("button", name="Choose a template").click()
    await expect(dialog(seat).get_by_role("alert")).to_contain_text("WhatsApp")
    there.network.mischief.token_revoked = False
    await seat.presses("Enter")
    await expect(dialog(seat).get_by_role("option")).to_have_count(2)
    await seat.presses("Escape")
    await expect(dialog(seat)).to_have_count(0)
    await expect(seat.page.get_by_role("button", name="Choose a template")).to_be_focused()


async def test_while_free_words_are_taken_no_template_is_offered(there: Outside) -> None:
    await there.network.dm(MIA, text=ASKED)
    await there.is_heard()
    seat = await there.office.sits_down(there.office.ana)
    await seat.opens(ASKED)
    await expect(seat.composer).to_be_visible()
    await expect(seat.page.get_by_role("button", name="Choose a template")).to_have_count(0)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_axe_finds_nothing(there: Outside, dark: bool) -> None:
    seat = await a_day_later(there, dark=dark)
    found = {"late": await found_by_axe(seat)}
    await seat.page.get_by_role("button", name="Choose a template").click()
    await expect(dialog(seat).get_by_role("option")).to_have_count(2)
    found["list"] = await found_by_axe(seat)
    await dialog(seat).get_by_text("parcel_on_its_way").click()
    await dialog(seat).get_by_role("textbox").first.fill("Mia")
    found["filling"] = await found_by_axe(seat)
    assert {name: what for name, what in found.items() if what} == {}


@pytest.mark.parametrize("width", [320, 899])
async def test_it_fits_a_small_window(there: Outside, width: int) -> None:
    seat = await a_day_later(there, width=width, height=640)
    await seat.page.get_by_role("button", name="Choose a template").click()
    await dialog(seat).get_by_text("parcel_on_its_way").click()
    await expect(dialog(seat).get_by_role("button", name="Send", exact=True)).to_be_in_viewport()
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await seat.page.evaluate(overflow) == 0
