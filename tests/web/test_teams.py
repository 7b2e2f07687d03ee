"""Teams: put together in Settings, chosen by keyboard beside people, and what nobody can take says why."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from inbox.desk import handing, members, teams
from inbox.desk.members import Change
from inbox.desk.teams import Wanted
from tests.web.office import Office
from tests.web.test_looks import found_by_axe

ASKED, LATER = "Where is my order?", "Mine is broken"


async def hand_out(office: Office) -> None:
    """As the worker does."""
    while await handing.turn(office.desk.database, office.desk.workspace_id):
        office.tells()
    office.tells()


async def test_a_team_is_made_its_queue_handed_out_and_every_page_says_why_not(office: Office) -> None:
    await office.desk.hears("7001", ASKED, ago=10)
    await office.desk.hears("7002", LATER, ago=5)
    sam = await office.sits_down(office.sam, "/settings/teams")
    await expect(sam.page.get_by_text("No team yet.")).to_be_visible()
    assert await found_by_axe(sam) == []
    await sam.page.get_by_role("button", name="New team").click()
    await expect(sam.page.get_by_label("Name", exact=True)).to_be_focused()
    await sam.page.keyboard.type("Repairs")
    await sam.page.get_by_role("checkbox", name="Ana").check()
    await sam.page.get_by_role("group", name="Channels it serves").get_by_role("checkbox").first.check()
    await sam.page.get_by_label("Hand out what waits").select_option("round_robin")
    await sam.page.get_by_label("What waits for somebody away").select_option("15")
    assert await found_by_axe(sam) == []
    await sam.page.get_by_role("button", name="Save").click()
    await expect(sam.page.get_by_role("button", name="New team")).to_be_focused()
    await expect(sam.page.get_by_text("in turn, each the next")).to_be_visible()

    await sam.goes("/settings/people")
    await sam.page.get_by_label("Most that wait with Ana").fill("1")
    async with sam.page.expect_response(lambda answer: answer.request.method == "PATCH"):
        await sam.presses("Tab")
    assert await found_by_axe(sam) == []
    ana = await office.sits_down(office.ana, "/inbox/teams")
    await expect(ana.rows).to_have_count(0)
    await hand_out(office)
    await expect(ana.rows).to_have_count(2)
    views = ana.page.get_by_role("navigation", name="Views")
    await expect(views.get_by_role("link", name="My teams")).to_contain_text("2")
    await expect(views.get_by_role("link", name="Repairs")).to_contain_text("All of Repairs are full")
    await ana.opens(ASKED)
    await expect(ana.page.get_by_text("handed this to you: round robin in Repairs")).to_be_visible()
    await ana.opens(LATER)
    await expect(ana.page.locator("main header")).to_contain_text("Repairs: All of Repairs are full")
    assert await found_by_axe(ana) == []

    # Away, and back: in the menu of one's own name, and on one's face for everybody.
    await ana.page.locator("header .me").click()
    await ana.page.get_by_role("option", name="Away for an hour").click()
    await expect(ana.page.get_by_text("You are away: nothing is handed to you.")).to_be_visible()
    await expect(sam.page.get_by_text("away until")).to_be_visible()
    await hand_out(office)

    # By hand, by keyboard: from the team, and to it again.
    await ana.page.locator("[data-pane=thread]").focus()
    await ana.presses("a")
    asked = ana.page.get_by_role("dialog", name="Assign")
    await expect(asked.get_by_role("option", name="Repairs")).to_be_visible()
    assert await found_by_axe(ana) == []
    await ana.page.keyboard.type("no team")
    await ana.presses("Enter")
    await expect(ana.page.get_by_text("took this from Repairs")).to_be_visible()
    await expect(ana.page.locator("main header")).not_to_contain_text("Repairs")
    await ana.presses("z")
    await expect(ana.page.locator("main header")).to_contain_text("Repairs")


@pytest.mark.parametrize("dark", [False, True])
async def test_teams_with_long_names_fit_a_phone(office: Office, dark: bool) -> None:
    name = "Nevertheless" * 8
    await office.desk.does(
        teams.make,
        Wanted(name=name, hand_out="least_loaded", channel_ids=[office.desk.world.channel_id]),
        by=office.sam,
    )
    await office.desk.does(members.change, office.ana, office.ana.id, Change(away=True))
    await office.desk.hears("7001", ASKED, ago=10)
    await hand_out(office)
    seat = await office.sits_down(office.sam, "/settings/teams", dark=dark, width=390, height=800)
    await expect(seat.page.get_by_text(f"Nobody is in {name}")).to_be_visible()
    for path, shown in (("/settings/teams", name), ("/settings/people", "· away"), ("/inbox/open", ASKED)):
        await seat.goes(path)
        await expect(seat.page.get_by_text(shown).first).to_be_visible()
        assert await found_by_axe(seat) == []
        assert await seat.page.evaluate("document.documentElement.scrollWidth") <= 390
    await seat.goes("/settings/teams")
    await seat.page.get_by_role("button", name="Edit").first.click()
    assert await found_by_axe(seat) == []
    assert await seat.page.evaluate("document.documentElement.scrollWidth") <= 390
    await seat.page.get_by_role("button", name="Cancel").click()
    await seat.page.get_by_role("button", name="Delete").first.click()
    await seat.page.get_by_role("button", name="Delete the team?").click()
    await expect(seat.page.get_by_text("No team yet.")).to_be_visible()
