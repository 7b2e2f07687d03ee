"""One key, one decision, then the next conversation."""

from playwright.async_api import expect

from tests.web.office import Office, Seat

FIRST, SECOND = "The first question, can you help?", "The second question, can you help?"


async def at_two(office: Office) -> Seat:
    await office.desk.hears("7001", FIRST, ago=30)
    await office.desk.hears("7002", SECOND, ago=20)
    seat = await office.sits_down(office.ana)
    await seat.opens(FIRST)
    return seat


async def test_done_asks_once_what_to_say_of_whoever_still_waits(office: Office) -> None:
    seat = await at_two(office)
    await seat.presses("e")
    question = seat.page.get_by_role("dialog", name="Somebody still waits")
    await expect(question).to_be_visible()
    await seat.presses("1")
    await expect(question).to_be_hidden()
    await expect(seat.bubble(SECOND)).to_be_visible()
    await expect(seat.page.get_by_text("Done:")).to_be_visible()
    await office.settles(FIRST, "resolved")


async def test_answered_elsewhere_asks_where(office: Office) -> None:
    seat = await at_two(office)
    await seat.presses("e", "2")
    await expect(seat.page.get_by_role("dialog", name="Where were they answered?")).to_be_visible()
    await seat.presses("1")
    await expect(seat.page.get_by_role("dialog")).to_have_count(0)
    await expect(seat.page.get_by_text("Done:")).to_be_visible()
    numbers = await office.desk.rows("SELECT cause FROM episode WHERE workspace_id = $1 AND ended_at IS NOT NULL")
    assert [row["cause"] for row in numbers] == ["by_phone"]


async def test_undo_reopens_and_shift_e_does_too(office: Office) -> None:
    seat = await at_two(office)
    await seat.presses("e", "1")
    await expect(seat.page.get_by_text("Done:")).to_be_visible()
    await office.settles(FIRST, "resolved")
    await seat.presses("z")
    await expect(seat.page.get_by_text("Done:")).to_have_count(0)
    await office.settles(FIRST, "open")  # a page that is left takes along what it has not asked for yet
    await seat.goes("/inbox/resolved")
    await seat.is_live()
    await expect(seat.page.get_by_text("Nothing has been resolved yet.")).to_be_visible()


async def test_assign_tag_snooze_and_unread_each_by_a_key(office: Office) -> None:
    seat = await at_two(office)
    await seat.presses("i")
    await expect(seat.page.get_by_text("Assigned to you.")).to_be_visible()
    await expect(seat.page.get_by_role("link", name="Mine")).to_contain_text("1")
    await seat.presses("l")
    await seat.page.keyboard.type("late delivery")
    await seat.presses("Enter", "Escape")
    await expect(seat.page.get_by_role("button", name="Remove the tag late-delivery")).to_be_visible()
    await seat.presses("u")
    await expect(seat.row(FIRST).get_by_title("unread")).to_be_visible()
    await seat.presses("h", "1")
    await expect(seat.page.get_by_text("Snoozed.")).to_be_visible()
    await expect(seat.page.get_by_role("link", name="Snoozed", exact=False).first).to_contain_text("1")
    await office.settles(FIRST, "snoozed")


async def test_a_refused_act_is_taken_back_with_the_reason(office: Office) -> None:
    seat = await at_two(office)

    async def refuse(route: object) -> None:
        await route.fulfill(  # type: ignore[attr-defined]
            status=409,
            content_type="application/problem+json",
            body='{"title": "no", "status": 409, "code": "no", "detail": "Sam was faster."}',
        )

    await seat.page.route("**/assignment", refuse)
    await seat.presses("i")
    await expect(seat.page.get_by_text("Sam was faster.")).to_be_visible()
    await expect(seat.page.get_by_role("complementary").get_by_text("Unassigned")).to_be_visible()


async def test_several_at_once(office: Office) -> None:
    await office.desk.hears("7001", FIRST, ago=30)
    await office.desk.hears("7002", SECOND, ago=20)
    seat = await office.sits_down(office.ana)
    await expect(seat.rows).to_have_count(2)
    await seat.presses("j", "x", "Shift+J")
    await expect(seat.page.get_by_text("2 selected")).to_be_visible()
    await seat.page.get_by_role("button", name="Assign to me").click()
    await expect(seat.page.get_by_role("link", name="Mine")).to_contain_text("2")
