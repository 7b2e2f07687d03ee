"""Sending later: chosen by keyboard, shown with its time, found under Scheduled, and called back into the composer."""

from __future__ import annotations

from playwright.async_api import expect

from tests.web.office import Office
from tests.web.test_looks import found_by_axe

ASKED = "Does it ship to Portugal?"


async def test_a_reply_waits_for_its_time_and_its_words_come_back(office: Office) -> None:
    await office.desk.sees_comment("8001", ASKED, ago=10)
    seat = await office.sits_down(office.ana)
    await seat.opens(ASKED)
    await seat.presses("r")
    await seat.page.keyboard.type("It does, from Monday.")
    await seat.page.get_by_role("button", name="Send later").focus()
    await seat.presses("Enter")
    when = seat.page.get_by_role("dialog", name="Send later")
    await expect(when.get_by_role("button", name="In 2 hours")).to_be_focused()
    assert await found_by_axe(seat) == []
    await seat.presses("Tab", "Enter")
    bubble = seat.bubble("It does, from Monday.")
    await expect(bubble).to_contain_text("Sends")
    await expect(bubble).to_contain_text("09:00")
    await expect(seat.composer).to_have_value("")
    await expect(seat.page.get_by_role("link", name="Scheduled")).to_contain_text("1")
    (row,) = await office.desk.rows("SELECT state, scheduled FROM outbound_message WHERE workspace_id = $1")
    assert (row["state"], row["scheduled"]) == ("queued", True)
    await seat.page.get_by_role("link", name="Scheduled").click()
    await seat.opens("It does, from Monday.")
    await bubble.get_by_role("button", name="Do not send").click()
    await expect(seat.composer).to_have_value("It does, from Monday.")
    await expect(seat.page.get_by_role("link", name="Scheduled")).not_to_contain_text("1")
    await seat.page.get_by_role("button", name="Send later").click()
    await when.get_by_label("Another time").fill("2020-01-01T09:00")
    await when.get_by_role("button", name="Send then").click()
    await expect(seat.page.get_by_role("alert")).to_contain_text("Choose a time that is still to come.")
    await expect(seat.composer).to_have_value("It does, from Monday.")
