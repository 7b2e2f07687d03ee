"""Spam by one key: gone from the queue, found under Spam, and back with its question."""

from __future__ import annotations

from playwright.async_api import expect

from tests.web.office import Office
from tests.web.test_looks import found_by_axe


async def test_spam_goes_by_one_key_and_comes_back_by_another(office: Office) -> None:
    await office.desk.hears("7001", "Do you want cheap followers?", ago=60)
    await office.desk.hears("7002", "Where is my order?", ago=30)
    ana = await office.sits_down(office.ana)
    await ana.opens("Do you want cheap followers?")
    await ana.presses("!")
    await office.settles("Do you want cheap followers?", "resolved")
    await expect(ana.page.get_by_text("Marked as spam.")).to_be_visible()
    await expect(ana.bubble("Where is my order?")).to_be_visible()
    await ana.page.get_by_role("link", name="Spam").click()
    await expect(ana.rows).to_have_count(1)
    await ana.opens("Do you want cheap followers?")
    assert await found_by_axe(ana) == []
    await ana.page.get_by_role("button", name="Not spam").click()
    await expect(ana.page.get_by_role("button", name="Done")).to_be_visible()
    await ana.page.get_by_role("link", name="All open").click()
    await expect(ana.row("Do you want cheap followers?")).to_be_visible()
    await expect(ana.rows).to_have_count(2)
