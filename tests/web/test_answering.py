"""Answering: who will read it, what happens to it, and what becomes of it when something is in the way."""

from playwright.async_api import expect

from tests.web.office import Office, Seat

ASKED = "Does it ship to Portugal?"


async def at_a_comment(office: Office) -> Seat:
    await office.desk.sees_comment("8001", ASKED, ago=10)
    seat = await office.sits_down(office.ana)
    await seat.opens(ASKED)
    return seat


async def test_a_reply_by_keyboard_alone_until_the_platform_took_it(office: Office) -> None:
    await office.desk.sees_comment("8001", ASKED, ago=10)
    seat = await office.sits_down(office.ana)
    await expect(seat.row(ASKED)).to_be_visible()
    await seat.presses("j", "Enter")
    await expect(seat.bubble(ASKED)).to_be_visible()
    await seat.presses("r")
    await expect(seat.composer).to_be_focused()
    await expect(seat.page.get_by_text("Everyone on Facebook can read this")).to_be_visible()
    await seat.page.keyboard.type("It does, in three days.")
    await seat.presses("Control+Enter")
    bubble = seat.bubble("It does, in three days.")
    await expect(bubble).to_contain_text("Sends in")
    await expect(bubble).to_contain_text("seen by everyone")
    await expect(bubble).not_to_contain_text("Sent")
    await expect(seat.composer).to_have_value("")
    await office.takes("It does, in three days.")
    await expect(bubble).to_contain_text("Sent")
    await expect(seat.bubble(ASKED)).not_to_contain_text("Needs a reply")


async def test_z_takes_a_reply_back_and_its_words_return(office: Office) -> None:
    seat = await at_a_comment(office)
    await seat.presses("r")
    await seat.page.keyboard.type("Too quick.")
    await seat.presses("Control+Enter")
    await expect(seat.bubble("Too quick.")).to_contain_text("Sends in")
    await seat.presses("Escape", "z")
    await expect(seat.bubble("Too quick.")).to_have_count(0)
    await expect(seat.composer).to_have_value("Too quick.")
    await office.becomes("Too quick.", "cancelled")


async def test_a_note_stays_among_us(office: Office) -> None:
    seat = await at_a_comment(office)
    await seat.presses("n")
    await expect(seat.page.get_by_text("Only your team can read this")).to_be_visible()
    await seat.page.keyboard.type("Ask the warehouse first.")
    await seat.presses("Control+Enter")
    await expect(seat.bubble("Ask the warehouse first.")).to_contain_text("only us")
    await expect(seat.bubble(ASKED)).to_contain_text("Needs a reply")
    outbound = await office.desk.rows("SELECT id FROM outbound_message WHERE workspace_id = $1")
    assert outbound == []


async def test_a_colleague_was_faster_and_one_is_told_before_it_goes_out(office: Office) -> None:
    thread = await office.desk.sees_comment("8001", ASKED, ago=10)
    await office.desk.sees_comment("8002", "Another one, can you help?", ago=9)
    seat = await office.sits_down(office.ana)
    await seat.opens(ASKED)
    await seat.presses("r")
    await seat.page.keyboard.type("Yes, it does.")
    await seat.page.evaluate("() => { window.WebSocket = class { close() {} send() {} } }")  # it will hear no more
    await office.closes()
    await office.desk.posts(thread, "Sam says it does.", by=office.sam)
    await office.opens()
    await seat.presses("Control+Enter")
    await expect(seat.page.get_by_role("alert")).to_contain_text("Sam says it does.")
    assert await office.desk.rows("SELECT id FROM message WHERE workspace_id = $1 AND text = $2", "Yes, it does.") == []
    await expect(seat.composer).to_have_value("Yes, it does.")
    await seat.page.get_by_role("button", name="Send anyway").click()
    await expect(seat.composer).to_have_value("")
    await office.becomes("Yes, it does.", "queued")


async def test_a_refusal_is_shown_in_the_platforms_words_and_can_be_tried_again(office: Office) -> None:
    seat = await at_a_comment(office)
    await seat.presses("r")
    await seat.page.keyboard.type("It does.")
    await seat.presses("Control+Enter")
    await expect(seat.bubble("It does.")).to_contain_text("Sends in")
    await office.refuses("It does.", "(#200) The page lost a permission.")
    bubble = seat.bubble("It does.")
    await expect(bubble).to_contain_text("Not sent. (#200) The page lost a permission.")
    await expect(seat.page.get_by_role("link", name="Publishing problems")).to_contain_text("1")
    await bubble.get_by_role("button", name="Try again").click()
    await expect(bubble).not_to_contain_text("Not sent.")
    await office.becomes("It does.", "queued")


async def test_where_nobody_knows_whether_it_was_posted_a_person_decides(office: Office) -> None:
    seat = await at_a_comment(office)
    await seat.presses("r")
    await seat.page.keyboard.type("It does.")
    await seat.presses("Control+Enter")
    await expect(seat.bubble("It does.")).to_contain_text("Sends in")
    await office.cannot_tell("It does.", "The answer was lost on the way.")
    bubble = seat.bubble("It does.")
    await expect(bubble).to_contain_text("We do not know whether this was posted.")
    await bubble.get_by_role("button", name="It is there").click()
    await expect(bubble).to_contain_text("Sent")
    await office.becomes("It does.", "sent")


async def test_a_draft_is_there_on_the_next_machine(office: Office) -> None:
    seat = await at_a_comment(office)
    await seat.presses("r")
    async with seat.page.expect_response(
        lambda answer: answer.url.endswith("/draft") and "Half a sent" in (answer.request.post_data or "")
    ):
        await seat.page.keyboard.type("Half a sent")
    other = await office.sits_down(office.ana)
    await other.opens(ASKED)
    await expect(other.composer).to_have_value("Half a sent")


async def test_what_is_too_long_is_counted_and_not_sent(office: Office) -> None:
    seat = await at_a_comment(office)
    await seat.composer.fill("x" * 8_001)
    await expect(seat.page.get_by_text("8,001 of 8,000")).to_be_visible()
    await expect(seat.page.get_by_role("button", name="Reply", exact=True)).to_be_disabled()


async def test_an_answer_in_a_crowd_names_whom_it_answers(office: Office) -> None:
    await office.desk.sees_comment("8001", ASKED, ago=10, id="900_1")
    await office.desk.sees_comment("8002", "And to Spain, please?", ago=8, under="900_1")
    seat = await office.sits_down(office.ana)
    await seat.opens("And to Spain")
    await seat.presses("r")
    await expect(seat.page.get_by_text("Answers Person 8001")).to_be_visible()
    await seat.page.keyboard.type("To both.")
    await seat.page.get_by_role("button", name="Person 8002").filter(has_text="min").first.click()
    await seat.composer.focus()
    await seat.presses("Control+Enter")
    await expect(seat.bubble("To both.")).to_contain_text("Sends in")
    await office.takes("To both.")
    await expect(seat.bubble(ASKED)).not_to_contain_text("Needs a reply")
    await expect(seat.bubble("And to Spain")).not_to_contain_text("Needs a reply")
