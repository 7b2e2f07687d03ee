"""A list is narrowed by what is known, kept under a name, shared by its address, and stays live."""

import re

from playwright.async_api import expect

from inbox.desk import assignment, tags
from tests.web.office import Office, Seat


async def adds(seat: Seat, typed: str, choice: str) -> None:
    """Chosen from the filter's menu by some of its words, once it is the first that is offered."""
    await seat.page.get_by_role("button", name="Filter", exact=True).click()
    menu = seat.page.get_by_role("dialog")
    await expect(menu.get_by_role("combobox")).to_be_focused()
    await seat.page.keyboard.type(typed)
    await expect(menu.get_by_role("option").first).to_contain_text(choice)
    await seat.presses("Enter")


async def test_a_list_is_narrowed_and_kept_as_a_view(office: Office) -> None:
    first = await office.desk.hears("7001", "Where is my lamp?", ago=30)
    second = await office.desk.hears("7002", "Where is my order?", ago=20)
    await office.desk.sees_comment("8001", "Does the lamp ship?", ago=10)
    for thread in (first, second):
        await office.desk.does(tags.put_on, thread, "vip", by=office.ana)
    seat = await office.sits_down(office.sam, "/inbox/open")
    await expect(seat.rows).to_have_count(3)

    # One after the other, all must hold; the address says it, so that a link shows the same.
    await adds(seat, "tag vip", "Tag vip")
    await expect(seat.rows).to_have_count(2)
    await adds(seat, "nobody", "Nobody")
    await expect(seat.page).to_have_url(re.compile(r"tag=vip&assignee=nobody"))
    await adds(seat, "lamp", "“lamp”")
    await expect(seat.rows).to_have_count(1)
    await seat.page.get_by_role("button", name="Take away: “lamp”").click()
    await expect(seat.rows).to_have_count(2)
    # A name is the person's who began it.
    await office.desk.is_called("7001", "Zoë García")
    await adds(seat, "@zoë", "From zoë")
    await expect(seat.rows).to_have_count(1)
    await seat.page.get_by_role("button", name="Take away: From zoë").click()
    await expect(seat.rows).to_have_count(2)
    await seat.page.reload()
    await expect(seat.rows).to_have_count(2)

    # What no longer fits leaves by itself.
    await office.desk.does(assignment.assign, second, office.ana.id, by=office.ana)
    office.tells()
    await expect(seat.rows).to_have_count(1)

    # Kept for everybody, it is on a colleague's page at once, with its count.
    await seat.page.get_by_role("button", name="Save as a view").click()
    await seat.page.get_by_label("Name").fill("VIP without an owner")
    await seat.page.get_by_label("For all colleagues").check()
    ana = await office.sits_down(office.ana)
    await seat.page.get_by_role("button", name="Save", exact=True).click()
    link = seat.page.get_by_role("link", name="VIP without an owner")
    await expect(link).to_have_attribute("aria-current", "page")
    office.tells()
    await expect(ana.page.get_by_role("link", name="VIP without an owner")).to_contain_text("1")
    await ana.page.get_by_role("link", name="VIP without an owner").click()
    await expect(ana.rows).to_have_count(1)
    await expect(ana.page.get_by_role("button", name="Edit this view")).to_have_count(0)

    # Changed, and kept so; then given another name, and deleted.
    await seat.page.get_by_role("button", name="Take away: Nobody").click()
    await expect(seat.rows).to_have_count(2)
    await seat.page.get_by_role("button", name="Keep the changes").click()
    await expect(seat.page.get_by_role("button", name="Keep the changes")).to_have_count(0)
    await seat.page.get_by_role("button", name="Edit this view").click()
    await seat.page.get_by_label("Name").fill("VIP")
    await seat.page.get_by_role("button", name="Save", exact=True).click()
    office.tells()
    await expect(ana.page.get_by_role("link", name="VIP", exact=False).first).to_contain_text("2")
    await seat.page.get_by_role("button", name="Edit this view").click()
    await seat.page.get_by_role("button", name="Delete").click()
    await seat.page.get_by_role("button", name="Really delete?").click()
    await expect(seat.page.get_by_role("link", name="VIP")).to_have_count(0)
    await expect(seat.rows).to_have_count(3)
