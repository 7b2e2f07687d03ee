"""The audit log as an admin reads it."""

from __future__ import annotations

import re

from playwright.async_api import expect

from inbox.desk import assignment, tags
from tests.web.office import Office
from tests.web.test_looks import found_by_axe


async def test_an_admin_finds_who_did_what_and_takes_it_along(office: Office) -> None:
    desk = office.desk
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    await desk.is_called("7001", "Nia")
    await desk.does(assignment.assign, thread, office.ana.id, by=office.sam)
    await desk.does(tags.put_on, thread, "late", by=office.ana)
    ada = await office.sits_down(office.ada, "/settings/audit")
    lines = ada.page.get_by_role("main").get_by_role("listitem")
    await expect(lines).to_have_count(2)
    await expect(lines.nth(0)).to_contain_text("Ana tagged this late · Nia")
    await expect(lines.nth(1)).to_contain_text("Sam assigned this to Ana")
    assert await found_by_axe(ada) == []
    await ada.page.get_by_label("Who").select_option(label="Sam")
    await expect(lines).to_have_count(1)
    await ada.page.get_by_label("What").select_option(label="tagged this …")
    await expect(ada.page.get_by_text("Nothing was done that fits.")).to_be_visible()
    await ada.page.get_by_label("Who").select_option(label="Anybody")
    await expect(lines).to_have_count(1)
    async with ada.page.expect_download() as download:
        await ada.page.get_by_role("link", name="Export as CSV").click()
    path = await (await download.value).path()
    assert path.read_text().splitlines()[1].endswith("tag: late")
    await ada.page.get_by_label("What").select_option(label="Anything")
    await expect(lines.nth(0)).to_contain_text("You exported the audit log")
    await ada.page.get_by_label("From").fill("2020-01-01")
    await ada.page.get_by_label("Until").fill("2020-01-02")
    await expect(ada.page.get_by_text("Nothing was done that fits.")).to_be_visible()
    await ada.page.get_by_label("Until").fill("")
    await lines.nth(1).get_by_role("link", name="Nia").click()
    await expect(ada.page).to_have_url(re.compile(f"/inbox/open/{thread}"))
    sam = await office.sits_down(office.sam, "/settings/channels")
    await expect(sam.page.get_by_role("link", name="Audit log")).to_have_count(0)
