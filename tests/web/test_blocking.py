"""Blocking a person from the panel beside the conversation, and taking it back."""

from __future__ import annotations

from playwright.async_api import expect

from tests.web.office import Office
from tests.web.test_looks import found_by_axe


async def test_a_person_is_blocked_here_and_unblocked(office: Office) -> None:
    await office.desk.hears("7001", "Where is my order, fools?", ago=60)
    ana = await office.sits_down(office.ana)
    await ana.opens("Where is my order, fools?")
    await ana.page.get_by_role("button", name="Block", exact=True).click()
    await expect(ana.page.get_by_text("Blocked by you")).to_be_visible()
    await expect(ana.page.get_by_text("Nothing happens on Facebook.")).to_be_visible()
    await office.settles("Where is my order, fools?", "resolved")
    await office.desk.hears("7001", "Answer me?", ago=1)
    office.tells()
    await expect(ana.bubble("Answer me?")).to_be_visible()
    await ana.page.get_by_role("link", name="Resolved").click()
    await ana.opens("Answer me?")
    await expect(ana.page.get_by_text("Blocked by you")).to_be_visible()
    assert await found_by_axe(ana) == []
    await ana.page.get_by_role("button", name="Unblock").click()
    await expect(ana.page.get_by_text("Blocked by you")).to_have_count(0)
