"""A second pair of eyes: submitted by one, sent back with a reason, written anew, and approved by another."""

from __future__ import annotations

from playwright.async_api import expect

from inbox.desk import members
from inbox.desk.members import Change
from tests.web.office import Office
from tests.web.test_looks import found_by_axe

ASKED = "When does it ship?"


async def test_a_reply_is_sent_back_and_written_anew_and_approved(office: Office) -> None:
    await office.desk.sees_comment("8001", ASKED, ago=10)
    await office.desk.does(members.change, office.ada, office.ana.id, Change(asks_first=True))
    ana = await office.sits_down(office.ana)
    sam = await office.sits_down(office.sam)
    await ana.opens(ASKED)
    await ana.presses("r")
    await ana.page.keyboard.type("On Friday, promised!")
    await expect(ana.page.get_by_role("button", name="Submit for approval")).to_be_enabled()
    await ana.presses("ControlOrMeta+Enter")
    await expect(ana.bubble("On Friday, promised!")).to_contain_text("Waits for approval.")

    await sam.page.get_by_role("link", name="For approval").click()
    await sam.opens("On Friday, promised!")
    bubble = sam.bubble("On Friday, promised!")
    assert await found_by_axe(sam) == []
    await bubble.get_by_role("button", name="Send back").click()
    await sam.page.keyboard.type("We promise no days.")
    assert await found_by_axe(sam) == []
    await sam.presses("Enter")
    await expect(bubble).to_contain_text("Sent back.")

    mine = ana.bubble("On Friday, promised!")
    await expect(mine).to_contain_text("We promise no days.")
    assert await found_by_axe(ana) == []
    await mine.get_by_role("button", name="Write it anew").click()
    await expect(ana.composer).to_have_value("On Friday, promised!")
    await ana.composer.fill("Within three days.")
    await ana.presses("ControlOrMeta+Enter")
    await expect(ana.bubble("Within three days.")).to_contain_text("Waits for approval.")

    await sam.bubble("Within three days.").get_by_role("button", name="Approve and send").click()
    await office.becomes("Within three days.", "queued")
    await expect(sam.page.get_by_role("link", name="For approval")).not_to_contain_text("1")
    (row,) = await office.desk.rows(
        "SELECT approved_by, state FROM outbound_message WHERE workspace_id = $1 AND state = 'queued'"
    )
    assert row["approved_by"] == office.sam.id


async def test_what_came_meanwhile_is_shown_to_whoever_approves(office: Office) -> None:
    thread = await office.desk.hears("7001", ASKED, ago=10)
    sam = await office.sits_down(office.sam)
    await sam.opens(ASKED)
    await sam.presses("r")
    await sam.page.keyboard.type("On Friday.")
    await sam.page.get_by_role("button", name="Have a colleague approve it first").click()
    await expect(sam.bubble("On Friday.")).to_contain_text("Waits for approval.")
    await expect(sam.bubble("On Friday.").get_by_role("button", name="Approve and send")).to_have_count(0)

    ada = await office.sits_down(office.ada)
    await ada.opens("On Friday.")
    await ada.page.context.set_offline(True)
    await office.desk.hears("7001", "Forget it.", ago=0)
    await ada.page.context.set_offline(False)
    await expect(ada.bubble("Forget it.")).to_be_visible()
    await ada.bubble("On Friday.").get_by_role("button", name="Approve and send").click()
    await expect(ada.bubble("On Friday.").get_by_role("button", name="Approve and send")).to_have_count(0)
    assert (await office.desk.conversation(thread)).waiting_count == 1
