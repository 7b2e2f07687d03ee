"""A promised resolution: written in Settings, seen as a time that runs while they wait for us, told and reported."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from inbox.desk import conversations
from inbox.desk.policies import WantedPolicy
from tests.desk.story import Desk
from tests.desk.test_alarms import Promises, promises
from tests.web.office import Office
from tests.web.test_looks import found_by_axe
from tests.web.test_sla import rings

__all__ = ["promises"]
ASKED, MORE = "Where is my order?", "The blue one."
SOLVED = WantedPolicy(name="Solved", first="30 minutes", resolution="2 hours")


@pytest.fixture
def desk(office: Office) -> Desk:
    """Whose policies they are."""
    return office.desk


async def test_an_admin_promises_a_resolution_in_words(office: Office) -> None:
    admin = await office.sits_down(office.ada, "/settings/sla")
    await admin.page.get_by_role("button", name="New policy").click()
    await admin.page.keyboard.type("Solved")
    within = admin.page.get_by_label("Resolved within")
    await within.fill("2 days")
    await expect(admin.page.get_by_text("A day may mean the clock or working time.")).to_be_visible()
    await within.fill("16 business hours")
    await admin.page.get_by_role("button", name="Done").click()
    await expect(admin.page.get_by_role("alert")).to_have_text(re.compile("It counts business hours: say whose"))
    await within.fill("48 clock hours")
    await expect(admin.page.get_by_text("only while they wait for us")).to_be_visible()
    assert await found_by_axe(admin) == []
    await admin.page.get_by_role("button", name="Done").click()
    await expect(admin.page.get_by_text("resolved in 48 clock hours with us")).to_be_visible()
    await admin.page.get_by_role("button", name="Save", exact=True).click()
    await expect(admin.page.get_by_text("Edition 1, for whoever asks since")).to_be_visible()
    await admin.page.reload()
    await admin.page.get_by_role("button", name="Edit Solved").click()
    await expect(admin.page.get_by_label("Resolved within")).to_have_value("48 clock hours")


async def test_an_agent_sees_that_the_resolution_is_due_and_why(office: Office, promises: Promises) -> None:
    desk = office.desk
    await promises(SOLVED)
    thread = await desk.hears("7001", ASKED, ago=200)
    await desk.posts(thread, "Which one?", by=desk.ana, ago=175)
    await desk.hears("7001", MORE, ago=80)
    await rings(office, minutes=0)
    ana = await office.sits_down(office.ana, "/inbox/risk")
    due = ana.row(MORE).locator("time.due")
    await expect(due).to_contain_text(re.compile(r"resolve in 1\d min"))
    await ana.opens(MORE)
    await expect(ana.page.get_by_text("Resolution due by")).to_be_visible()
    assert await found_by_axe(ana) == []
    await ana.page.get_by_role("button", name="How it is counted").click()
    told = ana.page.get_by_role("dialog", name="How this waiting is counted")
    await expect(told.get_by_text("1 h 35 min of 2 clock hours is left for the resolution")).to_be_visible()
    await expect(told.get_by_text("This waiting used 25 min of 2 clock hours")).to_be_visible()
    assert await found_by_axe(ana) == []
    await ana.presses("Escape")
    await rings(office, minutes=20)
    await expect(ana.page.get_by_text("saw a target missed: not resolved by")).to_be_visible()


async def test_a_supervisor_reads_which_resolutions_were_kept(office: Office, promises: Promises) -> None:
    desk = office.desk
    await promises(SOLVED)
    for number, answered in enumerate((80, 70, 20)):
        thread = await desk.hears(f"70{number}", ASKED, ago=170 if answered == 20 else 90)
        await desk.posts(thread, "On its way!", by=desk.ana, ago=answered)
        if number != 1:
            await desk.does(conversations.resolve, thread, by=desk.ana)
    sam = await office.sits_down(office.sam, "/reports")
    targets = sam.page.get_by_role("table", name="Targets, each kind apart")
    row = targets.get_by_role("row", name=re.compile("^Resolution"))
    await expect(row).to_contain_text("1 provisional")
    await expect(row).to_contain_text("1 not resolved")
    assert await found_by_axe(sam) == []
    missed = row.get_by_role("button", name="Show 1: Resolution, Missed")
    await missed.click()
    cases = sam.page.get_by_role("dialog", name="The cases behind “Resolution”")
    await expect(cases.get_by_role("link")).to_contain_text("2 h 30 of 2 h used")
    await expect(cases.get_by_role("link")).to_contain_text("missed on")
    assert await found_by_axe(sam) == []
    await sam.presses("Escape")
    await expect(missed).to_be_focused()
    await sam.page.get_by_role("button", name="How counted").click()
    await expect(sam.page.get_by_role("dialog", name="How counted")).to_contain_text("counts only time with us")
    await sam.presses("Escape")
    async with sam.page.expect_download() as taken:
        await sam.page.get_by_role("link", name="Resolutions as CSV").click()
    assert len((await (await taken.value).path()).read_text().splitlines()) == 4
