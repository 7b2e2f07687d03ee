"""Saved replies: made in Settings, found with a slash, read as they will be read, and counted once they are sent."""

from __future__ import annotations

from playwright.async_api import Locator, expect

from inbox.desk import saved_replies
from inbox.desk.saved_replies import Wanted
from tests.web.office import Office, Seat
from tests.web.test_looks import found_by_axe

ASKED = "Does it ship to Portugal?"
TRICK = "{{agent.name}} $& <b>x</b>"


async def keep(office: Office, title: str, text: str, **more: object) -> None:
    wanted = Wanted(title=title, text=text, shared=True, **more)  # type: ignore[arg-type]
    await office.desk.does(saved_replies.make, wanted, by=office.sam)


def options(seat: Seat) -> Locator:
    return seat.page.get_by_role("listbox", name="Saved replies").get_by_role("option")


async def test_a_slash_finds_it_and_the_person_reads_their_own_name(office: Office) -> None:
    await office.desk.sees_comment("8001", ASKED, ago=10)
    await office.desk.is_called("8001", "Mia Keller")
    await keep(
        office, "It ships", "Hello {{contact.first_name|there}}, it ships from {{workspace.name}}.", shortcut="ship"
    )
    await keep(office, "It is late", "Sorry, it is late.")
    await keep(office, "Only by mail", "Dear {{contact.name}}", platforms=["mastodon"])
    await keep(office, "A long story", "x" * 7_990)
    seat = await office.sits_down(office.ana)
    await seat.opens(ASKED)
    await seat.presses("r")
    await seat.page.keyboard.type("Yes! and/or 10/12 /")
    await expect(options(seat)).to_have_count(3)
    await seat.presses("Escape")
    await expect(options(seat)).to_have_count(0)
    await expect(seat.composer).to_be_focused()
    await seat.page.keyboard.type(" /lo")
    await expect(seat.page.get_by_text("Facebook would not take this: it takes 8,000")).to_be_visible()
    await seat.presses("Backspace", "Backspace", "ArrowDown", "ArrowDown", "ArrowUp")
    await expect(options(seat).nth(1)).to_have_attribute("aria-selected", "true")
    assert await found_by_axe(seat) == []
    await seat.page.keyboard.type("ship")
    await expect(seat.page.get_by_text("Hello Mia, it ships from Northwind.")).to_be_visible()
    await seat.presses("Enter")
    await expect(seat.composer).to_have_value("Yes! and/or 10/12 / Hello Mia, it ships from Northwind.")
    await seat.presses("Control+z")
    await expect(seat.composer).to_have_value("Yes! and/or 10/12 / /ship")
    await seat.presses("End", "Enter")
    await expect(seat.composer).to_have_value("Yes! and/or 10/12 / Hello Mia, it ships from Northwind.")
    await seat.presses("Control+Enter")
    await office.becomes("Yes! and/or 10/12 / Hello Mia, it ships from Northwind.", "queued")
    (row,) = await office.desk.rows("SELECT uses, used_at FROM saved_reply WHERE workspace_id = $1 AND uses > 0")
    assert row["uses"] == 1


async def test_a_name_that_looks_like_a_variable_is_a_name(office: Office) -> None:
    await office.desk.hears("7001", ASKED, ago=10)
    await office.desk.is_called("7001", TRICK)
    await keep(office, "Hello", "Hello {{contact.name}}, {{agent.first_name}} here.")
    seat = await office.sits_down(office.ana)
    await seat.opens(ASKED)
    await seat.presses("r")
    await seat.page.get_by_role("button", name="Saved reply").click()
    await expect(seat.page.get_by_text(f"Hello {TRICK}, Ana here.")).to_be_visible()
    await options(seat).first.click()
    await expect(seat.composer).to_have_value(f"Hello {TRICK}, Ana here.")
    await expect(seat.composer).to_be_focused()


async def test_they_are_made_changed_and_deleted_in_settings_and_others_have_them_at_once(office: Office) -> None:
    await office.desk.hears("7001", ASKED, ago=10)
    ana = await office.sits_down(office.ana)
    await ana.opens(ASKED)
    sam = await office.sits_down(office.sam, "/settings/replies")
    await expect(sam.page.get_by_text("No reply is saved yet.")).to_be_visible()
    await sam.page.get_by_role("button", name="New saved reply").click()
    await expect(sam.page.get_by_label("Title")).to_be_focused()
    await sam.page.keyboard.type("Late parcel")
    await sam.page.get_by_label("Text").fill("Sorry, {{contact.frist_name}}!")
    await sam.page.get_by_role("button", name="Save", exact=True).click()
    await expect(sam.page.get_by_role("alert")).to_contain_text("There is no variable {{contact.frist_name}}.")
    await sam.page.get_by_label("Text").fill("Sorry, !")
    await sam.page.get_by_label("Text").press("ArrowLeft")
    await sam.page.get_by_role("button", name="Their first name").click()
    await expect(sam.page.get_by_text("Sorry, Mia!")).to_be_visible()
    await expect(sam.page.get_by_text("Sorry, there!")).to_be_visible()
    assert await found_by_axe(sam) == []
    await sam.page.get_by_role("button", name="Save", exact=True).click()
    await expect(sam.page.get_by_text("Everybody · never used")).to_be_visible()
    await expect(sam.page.get_by_role("button", name="New saved reply")).to_be_focused()
    await ana.presses("r")
    await ana.page.keyboard.type("/")
    await expect(options(ana)).to_have_text(["Late parcel"])
    await sam.page.get_by_role("button", name="Edit Late parcel").click()
    await sam.page.get_by_label("Shortcut").fill("/late")
    await sam.page.get_by_role("button", name="Save", exact=True).click()
    await expect(options(ana)).to_contain_text(["/late"])
    await sam.page.get_by_label("Search in names and words").fill("nothing like it")
    await expect(sam.page.get_by_text("Nothing found")).to_be_visible()
    await sam.page.get_by_label("Search in names and words").fill("/late")
    await sam.page.get_by_role("button", name="Delete Late parcel").click()
    await sam.page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    await expect(ana.page.get_by_text("There are no saved replies yet.")).to_be_visible()
    await ana.goes("/settings/replies")
    await ana.page.get_by_role("button", name="New saved reply").click()
    await expect(ana.page.get_by_label("Everybody")).to_be_disabled()


async def test_an_emoji_is_found_by_its_name_in_either_language_and_stands_where_the_caret_was(office: Office) -> None:
    await office.desk.hears("7001", ASKED, ago=10)
    seat = await office.sits_down(office.ana)
    await seat.opens(ASKED)
    await seat.presses("r")
    await seat.page.keyboard.type("Thank you !")
    await seat.presses("ArrowLeft")
    for name in ("applause", "aplauso"):
        await seat.page.get_by_role("button", name="Emoji").click()
        await expect(seat.page.get_by_role("dialog").get_by_role("combobox")).to_be_focused()
        await seat.page.keyboard.type(name)
        await expect(seat.page.get_by_role("dialog").get_by_role("option")).to_have_count(1)
        assert await found_by_axe(seat) == []
        await seat.presses("Enter")
        await expect(seat.composer).to_be_focused()
    await expect(seat.composer).to_have_value("Thank you 👏👏!")
