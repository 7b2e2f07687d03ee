"""Who writes to us and how personally we answer, as a supervisor sees it."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from inbox.desk import saved_replies
from inbox.desk.saved_replies import Wanted
from tests.reports.test_audits import DAY, a_quarter
from tests.web.office import Office
from tests.web.test_looks import found_by_axe


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_a_supervisor_sees_who_writes(office: Office, dark: bool) -> None:
    sam = await office.sits_down(office.sam, "/reports/audience", dark=dark)
    await expect(sam.page.get_by_text("Nobody wrote in these days.")).to_be_visible()
    assert await found_by_axe(sam) == []
    await a_quarter(office.desk)
    for number in range(30):
        await office.desk.hears(f"old{number}", "When do you open?", ago=120 * DAY)
        await office.desk.hears(f"new{number}", "<i>Broken</i> lamp", ago=3 * DAY)
    await sam.page.reload()
    await expect(sam.page.get_by_role("table", name="Networks")).to_contain_text("Facebook")
    words = sam.page.get_by_role("region", name="Words that rise")
    await expect(words.get_by_role("listitem").filter(has_text="broken")).to_contain_text("of people, 0% before")
    await expect(words.locator("i")).to_have_count(0)
    assert await found_by_axe(sam) == []
    await sam.page.get_by_role("button", name="How counted").click()
    await expect(sam.page.get_by_role("dialog")).to_contain_text("log-likelihood of at least 15.13")
    assert await found_by_axe(sam) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_a_supervisor_sees_which_replies_were_written_for_nobody(office: Office, dark: bool) -> None:
    saved = Wanted(title="Way", text="Hello {{contact.first_name|there}}, it is on its way!", shared=True)
    await office.desk.does(saved_replies.make, saved, by=office.sam)
    for number in range(3):
        thread = await office.desk.hears(f"c{number}", "Where is my order?", ago=60)
        await office.desk.posts(thread, f"Hello <b>C{number}</b>, it is on its way!", by=office.ana, ago=50 - number)
    await office.desk.posts(thread, "It is there.", by=office.ana, ago=30)
    sam = await office.sits_down(office.sam, "/reports", dark=dark)
    await sam.page.get_by_role("link", name="Personal touch").click()
    card = sam.page.get_by_role("region", name="As they were saved")
    await expect(card).to_contain_text("75%")
    await expect(sam.page.get_by_role("region", name="Only held")).to_contain_text("1 of 3 first responses")
    assert await found_by_axe(sam) == []
    await card.get_by_role("button", name="Show them").click()
    rows = sam.page.get_by_role("dialog", name="As they were saved")
    await expect(rows.get_by_role("link")).to_have_count(3)
    await expect(rows.get_by_role("link").first).to_contain_text("Hello <b>C2</b>, it is on its way!")
    await expect(rows).not_to_contain_text("Ana")
    assert await found_by_axe(sam) == []
    await rows.get_by_role("link").first.click()
    await expect(sam.bubble("It is there.")).to_be_visible()
