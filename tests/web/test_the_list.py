"""The list is live, stands still where somebody looks, and is right again after every gap."""

import re

from playwright.async_api import expect

from inbox.desk import assignment, conversations
from tests.desk.story import minutes_ago
from tests.web.office import Office


async def test_a_customer_writes_and_the_row_is_there(office: Office) -> None:
    seat = await office.sits_down(office.ana)
    await expect(seat.page.get_by_text("Nobody waits for an answer.")).to_be_visible()
    await office.desk.hears("7001", "Where is my order?", ago=12)
    office.tells()
    row = seat.row("Where is my order?")
    await expect(row).to_be_visible()
    await expect(row).to_contain_text(re.compile(r"waits 1\d min"))
    await expect(row.get_by_title("unread")).to_be_visible()
    await expect(seat.page.get_by_role("link", name="All open")).to_contain_text("1")


async def test_whoever_waits_longest_stands_on_top(office: Office) -> None:
    for who, ago in (("7001", 5), ("7002", 50), ("7003", 20)):
        await office.desk.hears(who, f"Asked {ago} minutes ago, any news?", ago=ago)
    seat = await office.sits_down(office.ana)
    await expect(seat.rows).to_have_count(3)
    texts = await seat.rows.all_inner_texts()
    assert [next(ago for ago in ("50", "20", "5") if f"Asked {ago} " in text) for text in texts] == ["50", "20", "5"]


async def test_nothing_moves_under_the_pointer_and_what_is_new_is_counted(office: Office) -> None:
    await office.desk.hears("7001", "The first question, can you help?", ago=10)
    seat = await office.sits_down(office.ana)
    await seat.row("The first question").hover()
    await office.desk.hears("7002", "An older question, any news?", ago=60)
    office.tells()
    pill = seat.page.get_by_role("button", name="1 new")
    await expect(pill).to_be_visible()
    await expect(seat.rows).to_have_count(1)
    await pill.click()
    await expect(seat.rows).to_have_count(2)
    await expect(seat.rows.first).to_contain_text("An older question")


async def test_a_row_that_left_stays_dimmed_until_one_moves_on(office: Office) -> None:
    first = await office.desk.hears("7001", "The first question, can you help?", ago=30)
    await office.desk.hears("7002", "The second question, can you help?", ago=20)
    seat = await office.sits_down(office.ana, "/inbox/unassigned")
    await seat.opens("The first question")
    await office.desk.does(assignment.assign, first, office.sam.id, by=office.sam)
    office.tells()
    await expect(seat.page.locator("[data-row].left")).to_have_count(1)
    await expect(seat.rows).to_have_count(2)
    await seat.presses("j")
    await expect(seat.rows).to_have_count(1)
    await expect(seat.bubble("The second question")).to_be_visible()


async def test_after_a_gap_the_page_is_what_it_would_have_been(office: Office) -> None:
    gone = await office.desk.hears("7001", "Resolved while away, can you help?", ago=30)
    seat = await office.sits_down(office.ana)
    await expect(seat.rows).to_have_count(1)
    await office.closes()
    await expect(seat.page.locator("[data-connection=waiting]")).to_be_visible()
    await office.desk.does(
        conversations.resolve,
        gone,
        by=office.sam,
        unanswered=conversations.Unanswered(how="no_reply_needed", reason="spam"),
    )
    await office.desk.hears("7002", "Written while away, can you help?", ago=1)
    await office.opens()
    await seat.page.get_by_role("button", name="Now").or_(seat.page.locator("[data-connection=live]")).first.click()
    await seat.is_live()
    await expect(seat.row("Written while away")).to_be_visible()
    await expect(seat.row("Resolved while away")).to_have_count(0)


async def test_a_long_list_is_drawn_as_far_as_one_looks(office: Office) -> None:
    asked = []
    for number in range(130):
        asked.append(
            office.desk.road.dm(str(7000 + number), f"Question {number}, can you help?", at="00:00", mid=f"m{number}")
        )
        asked[-1]["entry"][0]["messaging"][0]["timestamp"] = int(minutes_ago(500 - number).timestamp() * 1000)
    await office.desk.road.arrives(*asked)
    seat = await office.sits_down(office.ana)
    await expect(seat.row("Question 0,")).to_be_visible()
    assert await seat.rows.count() < 40
    await seat.row("Question 0,").focus()
    for number in range(1, 130):
        await expect(seat.row(f"Question {number},")).to_be_attached()  # further rows are fetched as one goes
        await seat.presses("j")
    await expect(seat.row("Question 129,")).to_be_focused()
    assert await seat.rows.count() < 40
