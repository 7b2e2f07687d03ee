"""A supervisor reads how long customers wait, and finds out what each figure is made of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from playwright.async_api import expect
from time_machine import travel

from inbox.desk import calendars, channel_hours
from inbox.desk.calendars import OpeningOut
from inbox.desk.calendars import Wanted as Hours
from inbox.reports import waiting
from inbox.reports.waiting import Wanted
from tests.reports.test_waiting import several
from tests.web.office import Office
from tests.web.test_looks import found_by_axe

HOURS = 60.0


async def test_a_supervisor_sees_that_half_of_all_still_wait_and_how_that_is_counted(office: Office) -> None:
    desk, sam = office.desk, await office.sits_down(office.sam)
    await sam.goes("/reports")
    await expect(sam.page.get_by_text("Nobody asked anything in this period")).to_be_visible()
    for number in range(12):
        await desk.hears(str(7000 + number), "Where is my order?", ago=40 * HOURS)
        if number < 6:
            await desk.answered_elsewhere(str(7000 + number), f"On its way: number {number}.", ago=38 * HOURS)
    await sam.page.reload()
    strip = sam.page.locator("dl.strip")
    await expect(strip).to_contain_text("Median")
    await expect(strip).to_contain_text("more than 40 h")
    await expect(strip.locator("div").nth(2)).to_contain_text("50%")
    await expect(strip.locator("div").nth(3)).to_contain_text("6")
    row = sam.page.get_by_role("table", name="Cut by").get_by_role("row").nth(1)
    await expect(row.get_by_role("cell").first).to_have_text("12")
    assert await found_by_axe(sam) == []
    who = strip.get_by_role("button", name="Show 6: Still waiting")
    await who.click()
    rows = sam.page.get_by_role("dialog", name="The waitings behind this report")
    await expect(rows.get_by_role("link")).to_have_count(6)
    await expect(rows.get_by_role("link").first).to_contain_text("waiting for 40 h")
    assert await found_by_axe(sam) == []
    await sam.presses("Escape")
    await expect(who).to_be_focused()
    await sam.page.get_by_role("button", name="How counted").click()
    how = sam.page.get_by_role("dialog", name="How counted")
    await expect(how).to_contain_text("6 are counted as waiting")
    assert await found_by_axe(sam) == []
    await sam.presses("Escape")
    await expect(sam.page.get_by_role("button", name="How counted")).to_be_focused()
    async with sam.page.expect_download() as taken:
        await sam.page.get_by_role("link", name="Export").click()
    assert len((await (await taken.value).path()).read_text().splitlines()) == 13
    await row.get_by_role("button", name="Show 12").click()
    await sam.page.get_by_role("dialog").get_by_role("link").first.click()
    await expect(sam.page.locator("[data-message]").first).to_contain_text("Where is my order?")
    await sam.page.go_back()
    await sam.page.get_by_role("combobox", name="Cut by").select_option("hour")
    await expect(sam.page.get_by_role("table", name="Hour of the week").get_by_role("cell", name="12")).to_be_visible()
    await sam.page.get_by_role("combobox", name="Which waitings").select_option("next_response")
    await expect(sam.page.get_by_text("Nobody asked anything in this period")).to_be_visible()
    await sam.page.reload()
    await expect(sam.page.get_by_role("combobox", name="Which waitings")).to_have_value("next_response")


async def test_a_report_that_cannot_be_had_says_why_and_is_asked_for_again(office: Office) -> None:
    sam = await office.sits_down(office.sam)
    await sam.page.route("**/api/v1/reports/**", lambda route: route.abort())
    await sam.goes("/reports")
    await expect(sam.page.get_by_role("alert")).to_be_visible()
    await sam.page.unroute("**/api/v1/reports/**")
    await sam.page.get_by_role("button", name="Try again").click()
    await expect(sam.page.get_by_text("Nobody asked anything in this period")).to_be_visible()


async def test_a_supervisor_looks_back_at_how_it_stood_and_sees_what_nobody_knew_then(office: Office) -> None:
    desk, sam = office.desk, await office.sits_down(office.sam)
    for number in range(6):
        await desk.hears(str(7000 + number), "Where is my order?", ago=40 * HOURS)
    then = (await desk.does(waiting.report, Wanted(measure="any"), by=desk.sam)).as_of
    for number in range(4):  # long before that instant, and told to us only now
        await desk.answered_elsewhere(str(7000 + number), f"On its way: number {number}.", ago=38 * HOURS)
    await sam.goes("/reports")
    strip = sam.page.locator("dl.strip > div").nth(3)
    await expect(strip).to_contain_text("2")

    await sam.goes(f"/reports?as_of={quote(then.isoformat())}")
    await expect(strip).to_contain_text("6")
    banner = sam.page.get_by_role("region", name="As it stood on")
    await expect(banner).to_contain_text("4 waitings look different by what became known since.")
    assert await found_by_axe(sam) == []
    await banner.get_by_role("button", name="Show what changed").click()
    learnt = sam.page.get_by_role("dialog", name="What this report did not know")
    await expect(learnt.get_by_text("was answered by then, known only later")).to_have_count(4)
    assert await found_by_axe(sam) == []
    await sam.presses("Escape")
    await sam.page.get_by_role("button", name="Show 6: Still waiting").click()
    await expect(sam.page.get_by_role("dialog").get_by_role("link")).to_have_count(6)
    await sam.presses("Escape")
    await banner.get_by_role("button", name="Back to now").click()
    await expect(banner).to_be_hidden()
    await expect(strip).to_contain_text("2")

    await sam.page.get_by_role("button", name="Look back…").click()
    await sam.page.get_by_label("As it stood at").last.fill("2020-01-31T09:00")
    assert await found_by_axe(sam) == []
    await sam.page.get_by_role("button", name="Show", exact=True).click()
    await expect(sam.page.get_by_role("alert")).to_contain_text("is kept since")


async def test_a_supervisor_looks_at_business_hours_and_is_told_whose_and_who_has_none(office: Office) -> None:
    desk = office.desk
    shop = await desk.world.channel()
    week = [[OpeningOut("09:00", "17:00")]] * 7
    made = await desk.does(calendars.make, Hours(name="Shop hours", zone="UTC", week=week), by=desk.world.admin)
    # A whole day each: by the clock the median is 24 hours, and eight of business.
    await several(desk, 12, ago=40 * HOURS, answered_after=24 * HOURS)
    await desk.rows(
        """UPDATE episode SET channel_id = $2 WHERE workspace_id = $1
           AND key IN (SELECT key FROM episode LIMIT 2) RETURNING key""",
        shop,
    )
    with travel(datetime.now(UTC) - timedelta(minutes=1)):
        await desk.does(channel_hours.put, desk.world.channel_id, made.id, by=desk.world.admin)
    sam = await office.sits_down(office.sam, "/reports")
    strip = sam.page.locator("dl.strip")
    await expect(strip).to_contain_text("24 h")
    await sam.page.get_by_role("combobox", name="Counted in").select_option("business")
    await expect(strip).to_contain_text("8 h")
    await expect(strip).to_contain_text("Answered within 8 business hours")
    await expect(sam.page.get_by_role("note")).to_contain_text("2 have no opening hours and count by the clock.")
    assert await found_by_axe(sam) == []
    await sam.page.get_by_role("button", name="How counted").click()
    how = sam.page.get_by_role("dialog", name="How counted")
    await expect(how).to_contain_text("Shop hours (version 1, from the beginning): 10 waitings.")
    assert await found_by_axe(sam) == []
    await sam.presses("Escape")
    await sam.page.get_by_role("button", name="Show 10").first.click()
    rows = sam.page.get_by_role("dialog")
    await expect(rows.get_by_role("link").first).to_contain_text("answered after 8 h of business")
    await sam.presses("Escape")
    await sam.page.reload()
    await expect(sam.page.get_by_role("combobox", name="Counted in")).to_have_value("business")
