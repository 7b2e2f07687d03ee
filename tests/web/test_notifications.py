"""Being told: the bell, what is read, the tab's title, the machine's own notifications, and how one wants it."""

from __future__ import annotations

import re

from playwright.async_api import expect

from inbox.desk import assignment
from inbox.flow import readers
from inbox.flow.notifying import Notifications
from tests.waiting import until
from tests.web.office import Office, Seat
from tests.web.test_looks import found_by_axe

# Stands in for the machine's own notifications, which a headless browser has nobody to show to.
MACHINE = """
window.shown = []
window.Notification = class {
  static permission = "default"
  static async requestPermission() { return (Notification.permission = "granted") }
  constructor(title, more) { this.title = title; this.tag = more.tag; window.shown.push(this) }
  close() {}
}
"""


async def tells(office: Office) -> None:
    """What a worker does: the reader reads the feed to its end, and the pages hear of it."""
    while office.desk.workspace_id in await readers.behind(office.desk.database, Notifications()):
        await readers.turn(office.desk.database, Notifications(), office.desk.workspace_id)
    office.tells()


def bell(seat: Seat):  # type: ignore[no-untyped-def]
    return seat.page.get_by_role("banner").get_by_role("button", name="Notifications")


async def test_what_concerns_me_stands_behind_the_bell_until_i_have_seen_it(office: Office) -> None:
    desk = office.desk
    await desk.is_called("7001", "Nia")
    mine = await desk.hears("7001", "Where is my order?", ago=60)
    await desk.is_called("7001", "Nia")
    ana = await office.sits_down(office.ana)
    await expect(ana.page).to_have_title("Earshot")
    await bell(ana).click()
    dialog = ana.page.get_by_role("dialog", name="Notifications")
    await expect(dialog.get_by_text("Nothing yet. What concerns you will stand here.")).to_be_visible()
    await ana.presses("Escape")
    await expect(bell(ana)).to_be_focused()

    await desk.does(assignment.assign, mine, office.ana.id, by=office.sam)
    await tells(office)
    await expect(bell(ana)).to_contain_text("1 unread")
    await expect(ana.page).to_have_title("(1) Earshot")
    await desk.hears("7001", "Hello?", ago=50)
    await desk.hears("7001", "Anybody there?", ago=49)
    await tells(office)
    await expect(bell(ana)).to_contain_text("2 unread")
    other = await desk.hears("7002", "<b>mine</b> too?", ago=40)
    await desk.does(assignment.assign, other, office.ana.id, by=office.sam)
    await tells(office)
    await expect(bell(ana)).to_contain_text("3 unread")

    await bell(ana).click()
    lines = dialog.get_by_role("listitem")
    await expect(lines).to_have_count(3)
    await expect(lines.nth(0)).to_contain_text("Sam assigned Somebody to you")
    await expect(lines.nth(0)).to_contain_text("<b>mine</b> too?")
    await expect(lines.nth(1)).to_contain_text("Nia wrote again, 2 messages")
    assert await found_by_axe(ana) == []
    await lines.nth(0).get_by_role("button").focus()
    await ana.presses("ArrowDown", "Enter")
    await expect(ana.page).to_have_url(re.compile(f"/inbox/mine/{mine}"))
    await expect(ana.bubble("Anybody there?")).to_be_visible()
    # Both about that conversation are read by looking at it, here and in another page of theirs.
    await expect(bell(ana)).to_contain_text("1 unread")
    phone = await office.sits_down(office.ana, width=390, height=780)
    await expect(bell(phone)).to_contain_text("1 unread")
    await bell(phone).click()
    await phone.page.get_by_role("button", name="Mark all read").click()
    await expect(bell(phone)).not_to_contain_text("unread")
    await expect(bell(ana)).not_to_contain_text("unread")
    await expect(ana.page).to_have_title("Earshot")
    sam = await office.sits_down(office.sam)
    await expect(bell(sam)).not_to_contain_text("unread")


async def test_each_chooses_how_to_be_told_and_a_failed_send_cannot_be_missed(office: Office) -> None:
    desk = office.desk
    ana = await office.sits_down(office.ana, "/settings/notifications")
    await ana.page.context.add_init_script(MACHINE)
    await ana.page.reload()
    failed = ana.page.get_by_role("row", name="my reply was not sent")
    await expect(failed.get_by_label("Here when")).to_be_disabled()
    await expect(failed.get_by_label("Here when")).to_be_checked()
    await expect(failed.get_by_label("E-mail when")).to_be_disabled()
    await expect(ana.page.get_by_text("This installation sends no e-mail.")).to_be_visible()
    await ana.page.get_by_role("button", name="Allow on this computer").click()
    await expect(ana.page.get_by_text("Allowed", exact=True)).to_be_visible()
    given = ana.page.get_by_role("row", name="a conversation is assigned to me")
    await given.get_by_label("Here when").uncheck()
    await expect(given.get_by_label("Desktop when")).to_be_checked()
    await ana.page.get_by_label("From").fill("22:00")
    await ana.page.get_by_label("Your time zone").select_option("Asia/Tokyo")
    await ana.page.get_by_role("button", name="Turn on").click()
    await expect(ana.page.get_by_text("Quiet every day from 22:00 to 08:00, Asia/Tokyo.")).to_be_visible()
    (row,) = await desk.rows("SELECT choices, quiet_from FROM notification_setting WHERE workspace_id = $1")
    assert row["choices"] == '{"assigned": ["desktop", "push"]}'
    await ana.page.get_by_role("button", name="Turn off").click()
    await expect(ana.page.get_by_text("No quiet hours.")).to_be_visible()
    assert await found_by_axe(ana) == []

    thread = await desk.hears("7001", "Where is my order?", ago=60)
    await ana.page.evaluate("document.hasFocus = () => false")
    await desk.does(assignment.assign, thread, office.ana.id, by=office.sam)
    await tells(office)
    await until(lambda: ana.page.evaluate("window.shown.length === 1"), "the machine showed it")
    assert await ana.page.evaluate("window.shown[0].title") == "Sam assigned Somebody to you"
    await expect(bell(ana)).not_to_contain_text("unread")
    await desk.writes(thread, "On its way!", by=office.ana)
    await office.refuses("On its way!", "The platform refused it.")
    await tells(office)
    await expect(bell(ana)).to_contain_text("1 unread")
    await ana.page.evaluate("window.shown[0].onclick()")
    await expect(ana.page).to_have_url(re.compile(f"/inbox/mine/{thread}"))
