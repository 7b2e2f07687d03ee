"""A supervisor says what a channel is for, looks whether it is fit for that, and writes down what was decided."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from inbox.reports import goals
from tests.reports.test_audits import a_quarter
from tests.reports.test_goal_sentence import SEED
from tests.web.office import Office
from tests.web.test_looks import found_by_axe


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_a_channel_gets_a_mission_and_is_audited(office: Office, dark: bool) -> None:
    await a_quarter(office.desk)
    read = await office.desk.does(goals.understand, SEED.replace("2021", "2099"), by=office.sam)
    await office.desk.does(goals.make, read.goal, by=office.sam)
    sam = await office.sits_down(office.sam, "/reports", dark=dark)
    await sam.page.get_by_role("link", name="Channels").click()
    table = sam.page.get_by_role("region", name="Channels")
    await expect(table).to_contain_text("No mission is written.")
    await expect(table).to_contain_text("too little to say")
    assert await found_by_axe(sam) == []
    await table.get_by_role("link", name="Acme Shop").click()

    mission = sam.page.get_by_role("region", name="Mission")
    await expect(mission).to_contain_text("No mission is written.")
    await mission.get_by_role("button", name="Write its mission").click()
    await sam.page.get_by_role("button", name="Take “customer inquiries”").click()
    await expect(sam.page.get_by_label("Mission")).to_have_value("customer inquiries")
    await sam.page.get_by_label("Owner").select_option(label="Ana")
    assert await found_by_axe(sam) == []
    await sam.page.get_by_role("button", name="Save").click()
    await expect(mission).to_contain_text("customer inquiries")
    await expect(mission).to_contain_text("Owner: Ana")
    await expect(sam.page.get_by_role("button", name="Edit")).to_be_focused()

    advice = sam.page.get_by_role("region", name="Advice: too little to say")
    await expect(advice).to_contain_text("3 people asked. Below 30 no advice is given about how they were answered.")
    await advice.get_by_role("button", name="Record an audit").click()
    await advice.get_by_label("change").check()
    await advice.get_by_label("Note").fill("We answer on Saturdays <b>too</b>.")
    assert await found_by_axe(sam) == []
    await advice.get_by_role("button", name="Record", exact=True).click()
    past = sam.page.get_by_role("region", name="Past audits")
    await expect(past.get_by_role("listitem")).to_contain_text("We answer on Saturdays <b>too</b>.")
    await expect(past.get_by_role("listitem")).to_contain_text("Then: 4 people, 6 items")
    day = datetime.now(UTC) + timedelta(days=90)
    await expect(mission).to_contain_text(str(day.year))
    await sam.page.get_by_role("button", name="How counted").click()
    await expect(sam.page.get_by_role("dialog")).to_contain_text("Who writes under two accounts counts twice")
    assert await found_by_axe(sam) == []
    await sam.presses("Escape")

    await sam.page.get_by_role("link", name="All channels").click()
    await expect(table).to_contain_text("decided: change")
    ana = await office.sits_down(office.ana, "/reports")
    await expect(ana.page.get_by_role("link", name="Goals")).to_be_visible()
    await expect(ana.page.get_by_role("link", name="Channels")).to_have_count(0)


async def test_an_audit_prints_on_a_page(office: Office) -> None:
    await a_quarter(office.desk)
    sam = await office.sits_down(office.sam, f"/reports/channels/{office.desk.world.channel_id}")
    await expect(sam.page.get_by_role("region", name="Mission")).to_be_visible()
    await sam.page.emulate_media(media="print")
    await expect(sam.page.get_by_role("button", name="Record an audit")).to_be_hidden()
    await expect(sam.page.get_by_role("link", name="Goals")).to_be_hidden()
    printed = await sam.page.pdf(format="A4")
    assert printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") + printed.count(b"/Type /Page/") == 1
