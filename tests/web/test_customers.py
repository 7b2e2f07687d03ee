"""All customers in one list: found by name, walked by keyboard, each with all accounts and conversations."""

from __future__ import annotations

from playwright.async_api import expect

from tests.web.office import Office
from tests.web.test_looks import found_by_axe


async def test_a_customer_is_found_and_known_without_a_conversation_open(office: Office) -> None:
    ana = await office.sits_down(office.ana, "/people")
    await expect(ana.page.get_by_text("Nobody has written yet.")).to_be_visible()
    await office.desk.hears("7001", "Where is my order?", ago=60)
    await office.desk.hears("7002", "And mine?", ago=50)
    await office.desk.is_called("7001", "Mia Moreau", handle="mia")
    await office.desk.is_called("7002", "Rui " + "Ferreira " * 40)
    await ana.goes("/people")
    await expect(ana.rows).to_have_count(2)
    await expect(ana.row("Mia Moreau")).to_be_visible()
    assert await found_by_axe(ana) == []
    await ana.page.get_by_label("Find by name or handle").fill("mi")
    await expect(ana.rows).to_have_count(1)
    await ana.page.get_by_label("Find by name or handle").fill("zz")
    await expect(ana.page.get_by_text("Nobody's name or handle begins with “zz”.")).to_be_visible()
    await ana.page.get_by_label("Find by name or handle").fill("")
    await expect(ana.rows).to_have_count(2)
    await ana.rows.first.focus()
    await ana.presses("ArrowDown", "Enter")
    page = ana.page.get_by_role("main")
    await expect(page.get_by_role("heading", name="Mia Moreau")).to_be_visible()
    await expect(page.get_by_role("link", name="Where is my order?")).to_be_visible()
    assert await found_by_axe(ana) == []
    await page.get_by_role("button", name="Block", exact=True).click()
    await expect(page.get_by_text("Blocked by you")).to_be_visible()
    await page.get_by_role("link", name="Where is my order?").click()
    await expect(ana.bubble("Where is my order?")).to_be_visible()


async def test_on_a_phone_it_is_one_pane_at_a_time(office: Office) -> None:
    await office.desk.hears("7001", "Where is my order?", ago=60)
    await office.desk.is_called("7001", "Mia Moreau")
    ana = await office.sits_down(office.ana, "/people", width=390, height=800)
    await ana.row("Mia Moreau").click()
    await expect(ana.page.get_by_role("heading", name="Mia Moreau")).to_be_visible()
    await expect(ana.rows).to_have_count(0)
    assert await found_by_axe(ana) == []
    await ana.page.get_by_role("button", name="Back").click()
    await expect(ana.row("Mia Moreau")).to_be_focused()
