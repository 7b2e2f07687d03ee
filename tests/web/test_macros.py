"""Macros: kept in Settings, run by a key, its text read before it goes, and taken back with Z."""

from __future__ import annotations

from playwright.async_api import expect

from tests.web.office import Office
from tests.web.test_looks import found_by_axe

ASKED = "Where is my order?"


async def test_a_macro_is_kept_run_by_keyboard_and_taken_back(office: Office) -> None:
    await office.desk.hears("7001", ASKED, ago=10)
    await office.desk.is_called("7001", "Mia Keller")
    seat = await office.sits_down(office.sam, "/settings/macros")
    await seat.page.get_by_role("button", name="New macro").click()
    await expect(seat.page.get_by_label("Title")).to_be_focused()
    await seat.page.keyboard.type("Late parcel")
    await seat.page.get_by_role("button", name="Save").click()
    await expect(seat.page.get_by_role("alert")).to_contain_text("A macro does at least one thing.")
    await seat.page.get_by_label("Tags put on").fill("Late, carrier")
    await seat.page.get_by_label("Assign").select_option("me")
    await seat.page.get_by_label("Priority").select_option("3")
    await seat.page.get_by_label("Text for the composer").fill("Sorry, {{contact.first_name|there}}!")
    assert await found_by_axe(seat) == []
    await seat.page.get_by_role("button", name="Save").click()
    await expect(seat.page.get_by_text("+carrier · +late")).to_be_visible()
    await seat.goes("/inbox/open")
    await seat.is_live()
    await seat.opens(ASKED)
    await seat.page.locator("[data-pane=thread]").focus()
    await seat.presses("m")
    await expect(seat.page.get_by_role("dialog").get_by_role("option")).to_have_count(1)
    assert await found_by_axe(seat) == []
    await seat.presses("Enter")
    await expect(seat.composer).to_have_value("Sorry, Mia!")
    await expect(seat.composer).to_be_focused()
    asked = "SELECT assignee_id, priority, version FROM conversation WHERE workspace_id = $1"
    (row,) = await office.desk.rows(asked)
    assert (row["assignee_id"], row["priority"]) == (office.sam.id, 3)
    assert await office.desk.rows("SELECT id FROM outbound_message WHERE workspace_id = $1") == []
    await seat.presses("Escape", "z")
    await expect(seat.page.get_by_role("complementary").get_by_text("carrier")).to_have_count(0)
    await seat.presses("Control+k")
    await seat.page.keyboard.type("late parcel")
    await expect(seat.page.get_by_role("dialog").get_by_role("option")).to_have_count(1)
