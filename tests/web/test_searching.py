"""Whatever was ever written is found from the keyboard, opened at its message, and left to where one was."""

import re

from playwright.async_api import expect

from inbox.desk import tags
from tests.web.office import Office


async def test_words_are_found_and_opened_at_their_message(office: Office) -> None:
    old = await office.desk.hears(
        "7001", "The lamp arrived broken <b>yesterday</b>, I want a refund", ago=60 * 24 * 200
    )
    for number in range(60):
        await office.desk.hears("7001", f"More words, number {number}", ago=60 * 24 * 100 - number)
    await office.desk.hears("7002", "Where is my order?", ago=20)
    await office.desk.is_called("7001", "Zoë García", handle="zo_garcia")
    await office.desk.does(tags.put_on, old, "vip", by=office.desk.ana)
    seat = await office.sits_down(office.ana, "/inbox/unassigned")
    await expect(seat.rows).to_have_count(2)

    # What is typed is looked for while one types; the hit is marked, and what looks like markup is only words.
    await seat.presses("/")
    await seat.page.keyboard.type("refund brok")
    await expect(seat.rows).to_have_count(1)
    await expect(seat.page).to_have_url(re.compile(r"/inbox/search\?q=refund"))
    await expect(seat.row("<b>yesterday</b>").locator("mark")).to_have_text(["broken", "refund"])

    # Enter goes to the results, Enter opens, however far back: three pages of the thread here.
    await seat.presses("Enter")
    await expect(seat.rows.first).to_be_focused()
    await seat.presses("Enter")
    await expect(seat.bubble("The lamp arrived broken")).to_be_in_viewport()
    await seat.presses("Escape")
    await expect(seat.rows.first).to_be_focused()
    await seat.presses("Escape")
    await expect(seat.page).to_have_url(re.compile("/inbox/unassigned$"))
    await expect(seat.rows).to_have_count(2)

    # Operators are offered by their beginning, then their values; what was looked for is offered again.
    await seat.presses("/")
    field = seat.page.get_by_role("combobox", name="Search all messages")
    await expect(seat.page.get_by_role("option", name="refund brok")).to_be_visible()
    await seat.page.keyboard.type("lamp ta")
    await seat.presses("ArrowDown", "Enter")
    await expect(field).to_have_value("lamp tag:")
    await expect(seat.page.get_by_role("option", name="vip")).to_be_visible()
    await seat.presses("ArrowDown", "Enter")
    await expect(field).to_have_value("lamp tag:vip ")
    await expect(seat.rows).to_have_count(1)

    # An operator that is none is refused in words; a person is found by any part of the name.
    await field.fill("nothing:here")
    await expect(seat.page.get_by_role("alert")).to_contain_text("There is no operator nothing:")
    await field.fill("garcía")
    await seat.page.get_by_role("button", name="Zoë García").click()
    await expect(field).to_have_value("from:zo_garcia ")
    await expect(seat.rows).to_have_count(1)
    await field.fill("nobody wrote this")
    await expect(seat.page.get_by_text("Nothing matches")).to_be_visible()
