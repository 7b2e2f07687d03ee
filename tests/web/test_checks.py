"""Agents look again at what the rules said needs no reply, by keyboard alone; supervisors see how good they are."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from inbox.desk import checks
from tests.desk.story import in_one_week
from tests.waiting import until
from tests.web.office import Office, Seat
from tests.web.test_looks import found_by_axe

NICE = ("Nice.", "Lovely weather today.", "So beautiful.")


async def three_that_ask_nothing(office: Office) -> None:
    for number, text in enumerate(NICE):
        await office.desk.sees_comment(f"800{number}", text, ago=in_one_week() + number)


async def message_of(seat: Seat) -> str:
    """What is before them to be checked."""
    found = await seat.page.locator("article .said .text").text_content()
    assert found is not None
    return found


async def test_an_agent_checks_three_messages_without_a_mouse(office: Office) -> None:
    await three_that_ask_nothing(office)
    ana = await office.sits_down(office.ana)
    await ana.presses("Control+k")
    await ana.page.keyboard.type("Quick check")
    await ana.presses("Enter")
    await expect(ana.page.get_by_role("heading", name="Quick check", level=1)).to_be_visible()
    card = ana.page.get_by_role("article")
    await expect(ana.page.get_by_text("0 of 3")).to_be_visible()
    await expect(card).to_contain_text("The rules said no reply is needed: No question, request")
    first = await message_of(ana)
    await ana.presses("n")
    await expect(card).not_to_contain_text(first)
    await expect(ana.page.locator("main [role=status]")).to_contain_text("no reply was needed")
    await expect(ana.page.get_by_text("1 of 3")).to_be_visible()
    second = await message_of(ana)
    await ana.presses("r")
    await expect(ana.page.locator("main [role=status]")).to_contain_text("It waits in the inbox now")
    await expect(ana.page.get_by_text("2 of 3")).to_be_visible()
    await ana.presses("z")
    await expect(card).to_contain_text(second)
    await expect(ana.page.get_by_text("1 of 3")).to_be_visible()
    assert (await office.desk.rows("SELECT sum(waiting_count) FROM conversation WHERE workspace_id = $1"))[0][0] == 0
    await ana.presses("r")
    await expect(ana.page.get_by_text("2 of 3")).to_be_visible()
    await ana.presses("s")
    await expect(ana.page.get_by_role("heading", name="Nothing left to check")).to_be_visible()
    await ana.presses("g", "u")
    await expect(ana.row(second)).to_be_visible()

    async def is_told() -> bool:
        told = await office.desk.rows("SELECT needed FROM reply_check WHERE workspace_id = $1 AND needed IS NOT NULL")
        return sorted(row["needed"] for row in told) == [False, True]

    await until(is_told, "both checks are stored")


async def test_two_agents_at_once_never_see_the_same_message(office: Office) -> None:
    for number in range(8):
        await office.desk.sees_comment(f"80{number:02}", f"Lovely lamp {number}.", ago=in_one_week() + number)
    seats = [await office.sits_down(office.ana), await office.sits_down(office.sam)]
    seen: list[str] = []
    for seat in seats:
        await seat.goes("/reports/checks")
        await expect(seat.page.get_by_role("article")).to_be_visible()
    for _ in range(3):
        for seat in seats:
            said = await message_of(seat)
            seen.append(said)
            await seat.presses("n")
            await expect(seat.page.get_by_role("main")).not_to_contain_text(said)
    assert len(seen) == len(set(seen))


async def test_what_a_colleague_took_meanwhile_is_said_and_passed(office: Office) -> None:
    await three_that_ask_nothing(office)
    ana = await office.sits_down(office.ana)
    await ana.goes("/reports/checks")
    said = await message_of(ana)
    await office.desk.rows("UPDATE reply_check SET held_until = now() - interval '1 s' WHERE workspace_id = $1")
    turn = await office.desk.does(checks.hand, by=office.sam)
    for item in turn.items:
        await office.desk.does(checks.answer, item.message.id, False, by=office.sam)
    await ana.presses("r")
    await expect(ana.page.get_by_text("A colleague has checked it meanwhile.")).to_be_visible()
    await expect(ana.page.get_by_role("heading", name="Nothing left to check")).to_be_visible()
    assert said in NICE


async def test_where_nothing_can_be_had_it_says_why_and_tries_again(office: Office) -> None:
    ana = await office.sits_down(office.ana)
    await ana.page.route("**/needs-reply/checks/**", lambda route: route.abort())
    await ana.goes("/reports/checks")
    await expect(ana.page.get_by_role("alert")).to_be_visible()
    await ana.page.unroute("**/needs-reply/checks/**")
    await ana.page.get_by_role("button", name="Try again").click()
    await expect(ana.page.get_by_role("heading", name="Nothing to check yet")).to_be_visible()


async def test_a_supervisor_reads_that_recall_is_unknown_and_then_what_it_is(office: Office) -> None:
    desk, sam = office.desk, await office.sits_down(office.sam)
    await sam.goes("/settings/rules")
    await sam.page.get_by_role("link", name="How good are the rules?").click()
    await expect(sam.page.get_by_text("The rules decided nothing in this period.")).to_be_visible()
    for number in range(3):
        await desk.hears(f"700{number}", "Where is my order?", ago=in_one_week())
    await three_that_ask_nothing(office)
    await sam.page.reload()
    strip = sam.page.locator("dl.strip")
    await expect(strip).to_contain_text("Recall unknown")
    await expect(strip).to_contain_text("Nothing the rules left out has been checked.")
    await expect(strip).not_to_contain_text("%")
    turn = await desk.does(checks.hand, by=office.ana)
    for place, item in enumerate(turn.items):
        await desk.does(checks.answer, item.message.id, place == 0, by=office.ana)
    await sam.page.reload()
    await expect(strip).to_contain_text("3 of 4")
    await expect(strip).to_contain_text("All 3 left out were checked.")
    row = sam.page.get_by_role("table", name="What the rules said needs no reply").get_by_role("row").nth(1)
    await expect(row).to_contain_text("Nothing was asked")
    await expect(row.get_by_role("cell").nth(1)).to_have_text("1 of 3")
    await sam.page.get_by_role("button", name="How counted").click()
    how = sam.page.get_by_role("dialog", name="How counted")
    await expect(how).to_contain_text("1 of 3 checks")
    await sam.presses("Escape")
    await expect(sam.page.get_by_role("button", name="How counted")).to_be_focused()
    async with sam.page.expect_download() as taken:
        await sam.page.get_by_role("link", name="Export").click()
    assert len((await (await taken.value).path()).read_text().splitlines()) == 4


@pytest.mark.parametrize(("dark", "width"), [(False, 1440), (True, 1440), (False, 390)], ids=["light", "dark", "phone"])
async def test_axe_finds_nothing_and_nothing_is_pushed_out(office: Office, dark: bool, width: int) -> None:
    await office.desk.sees_comment("8001", "Does it ship to Norway?", ago=70, id="900_1")
    await office.desk.sees_comment("8002", "x" * 400, ago=60, under="900_1")
    sam = await office.sits_down(office.sam, dark=dark, width=width)
    found = {}
    for path, heading in (("checks", "Quick check"), ("needs-reply", "Needs reply")):
        await sam.goes(f"/reports/{path}")
        await expect(sam.page.get_by_role("heading", name=heading, level=1)).to_be_visible()
        await expect(sam.page.get_by_role("main")).to_have_attribute("aria-busy", "false")
        found[path] = await found_by_axe(sam)
        wide = await sam.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, path
    await sam.page.get_by_role("button", name="How counted").click()
    found["how"] = await found_by_axe(sam)
    assert not any(found.values()), found


async def test_where_no_check_found_anything_no_hundred_percent_is_claimed(office: Office) -> None:
    desk = office.desk
    for number in range(8):
        await desk.hears(f"70{number:02}", "Where is my order?", ago=in_one_week())
    for number in range(40):
        await desk.sees_comment(f"80{number:02}", f"Lovely lamp {number}.", ago=in_one_week() + number)
    while (turn := await desk.does(checks.hand, by=office.ana, limit=10)).items:
        for item in turn.items:
            await desk.does(checks.answer, item.message.id, False, by=office.ana)
    sam = await office.sits_down(office.sam)
    await sam.goes("/reports/needs-reply")
    strip = sam.page.locator("dl.strip")
    await expect(strip).to_contain_text("or more")
    await expect(strip).to_contain_text("none missed in 30 checks")
    await expect(strip).not_to_contain_text("100%")
