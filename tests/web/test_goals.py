"""A goal is typed as a sentence, understood, set, and shows how it stands; moving the goalposts is seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from playwright.async_api import expect

from tests.reports.test_goal_sentence import SEED
from tests.reports.test_goals import asked
from tests.web.office import Office
from tests.web.test_looks import found_by_axe


async def test_a_supervisor_types_a_goal_and_sees_how_it_stands(office: Office) -> None:
    await office.desk.hears("7001", "Hello, where is my order?", ago=1)
    await asked(office.desk, datetime.now(UTC) - timedelta(days=120), 118, quick=0.45)
    sam = await office.sits_down(office.sam, "/reports")
    await sam.page.get_by_role("link", name="Goals").click()
    await expect(sam.page.get_by_text("No goal yet.")).to_be_visible()
    assert await found_by_axe(sam) == []
    await sam.page.get_by_role("button", name="New goal").click()
    sentence = sam.page.get_by_label("The goal in one sentence")
    await expect(sentence).to_be_focused()
    await sentence.fill("We will use MySpace for service and reply within 8 hours by the end of 2099")
    await sam.page.get_by_role("button", name="Read it").click()
    await expect(sam.page.get_by_role("alert")).to_contain_text("No channel here is called MySpace. There is Facebook.")
    await sentence.fill(SEED)
    await sam.page.get_by_role("button", name="Read it").click()
    await expect(sam.page.get_by_text("That day is over")).to_be_visible()
    await expect(sam.page.get_by_label("Hours", exact=True)).to_have_value("24")
    assert await found_by_axe(sam) == []
    await sam.page.get_by_role("button", name="Take").click()
    await sam.page.get_by_role("button", name="Set this goal").click()

    goal = sam.page.get_by_role("article")
    await expect(goal).to_contain_text("bring the median response time below 24 hours by 31 December")
    await expect(goal).to_contain_text("Not met yet")
    await expect(goal).to_contain_text("more than 50% wanted")
    await expect(goal).to_contain_text("if nothing changes")
    await goal.get_by_text("What the gap is made of").click()
    await expect(goal.get_by_role("table", name="channel")).to_contain_text("Acme Shop")
    assert await found_by_axe(sam) == []

    await goal.get_by_text("What if somebody answered at other hours?").click()
    await goal.get_by_role("button", name="Sun").click()
    await goal.get_by_role("button", name="Reckon").click()
    await expect(goal).to_contain_text("8 h more a week")
    await expect(goal).to_contain_text("At best")
    assert await found_by_axe(sam) == []

    await goal.get_by_role("button", name="Edit").click()
    await sam.page.get_by_label("Counted in").select_option("Business hours")
    await sam.page.get_by_role("button", name="Change this goal").click()
    await expect(sam.page.get_by_role("alert")).to_contain_text("Acme Shop has no opening hours to count in.")
    await sam.page.get_by_label("Counted in").select_option("Clock hours")
    await sam.page.get_by_label("Hours", exact=True).fill("72")
    await sam.page.get_by_role("button", name="Change this goal").click()
    await expect(goal).to_contain_text("below 72 hours")
    await expect(goal).to_contain_text("Met, if it ended now")
    await goal.get_by_text("2 wordings").click()
    await expect(goal.get_by_role("listitem").filter(has_text="below 24 hours")).to_be_visible()
    ana = await office.sits_down(office.ana, "/reports/goals")
    await expect(ana.page.get_by_role("article")).to_contain_text("below 72 hours")
    await expect(ana.page.get_by_role("button", name="New goal")).to_have_count(0)
