"""Who somebody is on every network: seen beside the conversation, merged and separated, on every page at once."""

from __future__ import annotations

from playwright.async_api import Locator, expect

from inbox.desk import contact_notes
from tests.desk.test_merges import contact
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


async def test_what_is_known_of_a_person_is_written_once_and_seen_by_everybody(office: Office) -> None:
    await office.desk.hears("7001", ASKED, ago=10)
    await office.desk.sees_comment("7001", "Nice lamp! Is it dimmable?", ago=8)
    await office.desk.is_called("7001", "Mia Keller", handle="mia")
    ada = await office.sits_down(office.ada, "/settings/fields")
    await expect(ada.page.get_by_text("No field is defined yet.")).to_be_visible()
    await ada.page.get_by_label("Name", exact=True).fill("Size")
    await ada.page.get_by_label("Kind").select_option("choice")
    await ada.page.get_by_label("Choices").fill("Small")
    await ada.page.get_by_role("button", name="Add field").click()
    await expect(ada.page.get_by_text("There are 2 to 50 choices")).to_be_visible()
    await ada.page.get_by_label("Choices").fill("Small\nLarge")
    await ada.page.get_by_role("button", name="Add field").click()
    await expect(ada.page.get_by_text("Choice: Small, Large")).to_be_visible()
    assert await found_by_axe(ada) == []
    sam, ana = await office.sits_down(office.sam), await office.sits_down(office.ana)
    for seat in (sam, ana):
        await seat.opens(ASKED)
    mine, theirs = panel(ana), panel(sam)
    await expect(mine.get_by_role("link", name="Nice lamp! Is it dimmable?")).to_be_visible()
    await mine.get_by_label("Size").select_option("Large")
    await mine.get_by_label("Tag this person").fill("VIP")
    await ana.presses("Enter")
    await expect(theirs.get_by_label("Size")).to_have_value("Large")
    await expect(theirs.get_by_role("button", name="Remove the tag vip")).to_be_visible()
    trick = "<b>Prefers</b> the phone. " + "x" * 400
    await mine.get_by_label("New note about").fill(trick)
    await mine.get_by_role("button", name="Save note").click()
    await expect(theirs.get_by_text(trick)).to_be_visible()
    await expect(mine.get_by_label("New note about")).to_be_focused()
    assert await found_by_axe(ana) == []
    await mine.get_by_role("button", name="Edit").click()
    await mine.get_by_label("Change the note").fill("Prefers mail.")
    await mine.get_by_role("button", name="Save note").click()
    await expect(theirs.get_by_text("Prefers mail.")).to_be_visible()
    await expect(theirs.get_by_role("button", name="Edit")).to_have_count(0)
    await mine.get_by_label("New note about").fill("Half a thought")
    await ana.page.get_by_role("link", name="Nice lamp! Is it dimmable?").click()
    await expect(mine.get_by_role("link", name=ASKED)).to_be_visible()
    await expect(mine.get_by_label("New note about")).to_have_value("Half a thought")
    await theirs.get_by_role("button", name="Delete").click()
    await expect(mine.get_by_text("Prefers mail.")).to_have_count(0)
    rea = await office.sits_down(office.desk.rea)
    await office.desk.does(contact_notes.write, await contact(office.desk, "7001"), "To be read.", by=office.ana)
    await rea.opens(ASKED)
    await expect(panel(rea).get_by_text("To be read.")).to_be_visible()
    await expect(panel(rea).get_by_role("textbox")).to_have_count(0)
