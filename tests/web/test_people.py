"""Who somebody is on every network: seen beside the conversation, merged and separated, on every page at once."""

from __future__ import annotations

from playwright.async_api import Locator, expect

from tests.web.office import Office, Seat
from tests.web.test_looks import found_by_axe

ASKED = "Does it ship to Portugal?"


def panel(seat: Seat) -> Locator:
    return seat.page.get_by_role("complementary", name="Person")


async def test_two_contacts_are_merged_by_keyboard_and_every_page_knows(office: Office) -> None:
    await office.desk.hears("7001", ASKED, ago=10)
    await office.desk.hears("7002", "Hello?", ago=8)
    await office.desk.is_called("7001", "Mia Keller", handle="mia")
    await office.desk.is_called("7002", "Mia on the other one", handle="mia.k")
    await office.desk.rows(
        "UPDATE contact_identity SET platform = 'x' WHERE workspace_id = $1 AND external_id = '7002' RETURNING id"
    )
    sam = await office.sits_down(office.sam)
    await sam.opens("Hello?")
    ana = await office.sits_down(office.ana)
    await ana.opens(ASKED)
    accounts = panel(ana).get_by_role("region", name="Accounts")
    await expect(accounts.get_by_role("listitem")).to_have_count(1)
    same = panel(ana).get_by_role("button", name="Same person as …")
    await same.focus()
    await ana.presses("Enter")
    asked = ana.page.get_by_role("dialog", name="Who is Mia Keller, too?")
    await expect(asked.get_by_role("searchbox")).to_be_focused()
    await ana.page.keyboard.type("mia on")
    await expect(asked.get_by_role("listitem")).to_have_count(1)
    assert await found_by_axe(ana) == []
    await ana.presses("ArrowDown", "Enter")
    await expect(asked.get_by_text("X lets an account be tied to the same person elsewhere only if")).to_be_visible()
    await expect(asked.get_by_role("button", name="Merge")).to_be_focused()
    assert await found_by_axe(ana) == []
    await ana.presses("Enter")
    await expect(asked).to_have_count(0)
    await expect(same).to_be_focused()
    for seat in (ana, sam):
        theirs = panel(seat).get_by_role("region", name="Accounts")
        await expect(theirs.get_by_role("listitem")).to_have_count(2)
        await expect(theirs).to_contain_text("Mia on the other one, merged by")
    assert await found_by_axe(ana) == []
    await panel(sam).get_by_role("button", name="Separate").click()
    for seat in (ana, sam):
        await expect(panel(seat).get_by_role("region", name="Accounts").get_by_role("listitem")).to_have_count(1)
