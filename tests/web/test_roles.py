"""Roles in Settings: made by keyboard, given, and gone from the page of whoever has them the moment they change."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from playwright.async_api import expect

from inbox.desk import roles
from inbox.desk.roles import Wanted
from inbox.people.access import Right
from tests.web.office import Office
from tests.web.test_looks import found_by_axe

HOSTILE = "<img src=x onerror=alert(1)>"


async def test_a_role_is_made_by_keyboard_given_and_deleted_for_another(office: Office) -> None:
    seat = await office.sits_down(office.ada, "/settings/roles")
    page = seat.page
    await expect(page.get_by_text("None yet. Make one, or copy one of those below.")).to_be_visible()
    await expect(page.get_by_text("stays as it is")).to_have_count(4)
    assert await found_by_axe(seat) == []
    await page.get_by_role("button", name="New role").press("Enter")
    await expect(page.get_by_label("Name of the role")).to_be_focused()
    await page.keyboard.type("Night shift")
    await expect(page.get_by_role("checkbox", name="Read", exact=True)).to_be_disabled()
    await page.get_by_role("checkbox", name="Answer", exact=True).press("Space")
    await page.get_by_role("checkbox", name="Set goals", exact=True).press("Space")
    await expect(
        page.get_by_text("“Set goals” needs more, so this was ticked as well: See reports.").first
    ).to_be_visible()
    await expect(page.get_by_role("checkbox", name="See reports", exact=True)).to_be_checked()
    await page.get_by_role("checkbox", name="See reports", exact=True).press("Space")
    await expect(
        page.get_by_text("This goes with “See reports” and was taken out as well: Set goals.").first
    ).to_be_visible()
    await page.get_by_role("checkbox", name="See reports", exact=True).press("Space")
    await expect(page.get_by_text("Told of things like: Agent.")).to_be_visible()
    assert await found_by_axe(seat) == []
    await page.get_by_role("button", name="Save").press("Enter")
    await expect(page.get_by_role("button", name="New role")).to_be_focused()
    await expect(page.get_by_text("Answer · See reports")).to_be_visible()

    await seat.goes("/settings/people")
    await page.get_by_label("Role of Ana").select_option(label="Night shift")
    await page.get_by_label("Role of Sam").focus()
    assert await found_by_axe(seat) == []
    await seat.goes("/settings/roles")
    await expect(page.get_by_text("1 person")).to_be_visible()
    await page.get_by_role("button", name="Delete Night shift").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("Still has this role: 1 person.")
    assert await found_by_axe(seat) == []
    await dialog.get_by_label("From now on they are").select_option(label="Read only")
    await dialog.get_by_role("button", name="Delete", exact=True).click()
    await expect(page.get_by_text("The role Night shift is deleted.")).to_be_visible()
    (row,) = await office.desk.rows("SELECT role FROM membership WHERE workspace_id = $1 AND name = 'Ana'")
    assert row["role"] == "read_only"


async def test_what_was_taken_is_gone_from_an_open_page(office: Office) -> None:
    await office.desk.hears("7001", "Where is my order?", ago=5)
    world = office.desk.world
    agent = await world.gives(office.ana, frozenset({Right.ANSWER, Right.PUBLISH, Right.WATCH}), HOSTILE)
    (role,) = await office.desk.rows("SELECT role_id FROM membership WHERE workspace_id = $1 AND role_id IS NOT NULL")
    seat = await office.sits_down(agent)
    await seat.opens("Where is my order?")
    await expect(seat.composer).to_be_enabled()
    await expect(seat.page.get_by_role("button", name=re.compile("^Assign"))).to_be_disabled()  # never was theirs
    await seat.page.get_by_role("button", name=re.compile("^More about the message")).first.click()
    menu = seat.page.get_by_role("listbox")
    await expect(menu.get_by_role("option", name="Copy the text")).to_be_visible()
    await expect(menu.get_by_role("option", name="No reply needed")).to_have_count(0)
    await seat.presses("Escape")
    await change(office, role["role_id"], [])
    await expect(seat.composer).to_be_disabled()
    await change(office, role["role_id"], ["answer", "triage"])
    await expect(seat.composer).to_be_enabled()
    await expect(seat.page.get_by_role("button", name=re.compile("^Assign")).first).to_be_enabled()
    await seat.goes("/settings/audit")
    await expect(seat.page.get_by_text("Your role does not open this page.")).to_be_visible()
    await seat.goes("/settings/people")
    await expect(seat.page.get_by_text(HOSTILE)).to_be_visible()
    await seat.goes("/settings/roles")
    await expect(seat.page.get_by_text(HOSTILE)).to_be_visible()
    await expect(seat.page.get_by_role("button", name="New role")).to_have_count(0)
    assert await found_by_axe(seat) == []


async def change(office: Office, role_id: UUID, rights: list[str]) -> None:
    world = office.desk.world
    async with office.desk.database.session(world.workspace_id) as session:
        await roles.change(session, role_id, Wanted(name=HOSTILE, rights=rights), by=world.admin)
    office.tells()


@pytest.mark.parametrize("width", [320, 390])
async def test_the_editor_of_a_role_fits_a_phone(office: Office, width: int) -> None:
    seat = await office.sits_down(office.ada, "/settings/roles")
    await seat.page.set_viewport_size({"width": width, "height": 800})
    await seat.page.get_by_role("button", name="Copy Agent").click()
    await expect(seat.page.get_by_label("Name of the role")).to_have_value("Copy of Agent")
    wide = await seat.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width
    await seat.page.get_by_role("button", name="Cancel").click()
    await expect(seat.page.get_by_role("button", name="Copy Agent")).to_be_focused()


async def test_who_has_fewer_rights_is_offered_no_more(office: Office) -> None:
    sam = await office.desk.world.gives(office.sam, frozenset({Right.PEOPLE, Right.ANSWER}), "Staff office")
    seat = await office.sits_down(sam, "/settings/roles")
    await seat.page.get_by_role("button", name="New role").click()
    box = seat.page.get_by_role("checkbox", name="Read the audit log", exact=True)
    await expect(box).to_be_disabled()
    await expect(seat.page.get_by_text("You may not do this yourself, so you cannot give it.").first).to_be_visible()
    await seat.goes("/settings/people")
    await expect(seat.page.get_by_label("Role of Ada")).to_have_count(0)
