"""Rules in Settings: written as a sentence, tried, looked at, switched on, put in order; and why, beside a thread."""

from __future__ import annotations

from playwright.async_api import expect

from inbox.flow import readers
from inbox.flow.ruling import Rules
from inbox.rules import keeping, running, trials
from tests.rules.office import rule
from tests.waiting import until
from tests.web.office import Office
from tests.web.test_looks import found_by_axe

REFUND = 'I want my money back! <img src=x onerror="alert(1)">'


async def tried(office: Office) -> None:
    """A worker makes the dry run that was asked for."""

    for home, trial in await until(lambda: trials.due(office.desk.database), "a dry run was asked for"):
        await trials.work(office.desk.database, home, trial)
    office.tells()


async def worked(office: Office) -> None:
    """A worker does what is due."""
    database, home = office.desk.database, office.desk.workspace_id
    while home in await readers.behind(database, Rules()):
        await readers.turn(database, Rules(), home)
    while await running.work(database, home):
        pass
    office.tells()


async def test_a_rule_is_written_tried_switched_on_and_explains_itself(office: Office) -> None:
    await office.desk.hears("7001", REFUND, ago=60)
    await office.desk.is_called("7001", "Mia Keller")
    seat = await office.sits_down(office.ada, "/settings/rules")
    page = seat.page
    await expect(page.get_by_text("Nothing happens by itself yet.")).to_be_visible()
    assert await found_by_axe(seat) == []
    await page.get_by_role("button", name="Refunds first").click()
    await expect(page.get_by_label("Name", exact=True)).to_be_focused()
    await expect(page.get_by_text("if it contains “refund*”, “money back” or “chargeback”")).to_be_visible()
    await page.get_by_role("textbox", name="it contains").fill("dinero")
    await page.get_by_role("button", name="Group", exact=True).click()
    await page.get_by_role("button", name="not", exact=True).last.click()
    await page.get_by_role("combobox", name="Condition").last.select_option("kind")
    await page.get_by_role("button", name="review").click()
    await expect(page.get_by_text("and (its kind is not review)")).to_be_visible()
    await page.get_by_role("button", name="Action", exact=True).click()
    assert await found_by_axe(seat) == []
    await page.get_by_role("button", name="Save and see").click()
    await expect(page.get_by_role("alert")).to_contain_text("A tag has 1 to 50 characters.")
    await page.get_by_role("combobox", name="What is done").last.select_option("assign")
    await page.get_by_role("combobox", name="assign it to").select_option(label="Ana")
    await page.get_by_role("button", name="Save and see").click()
    await expect(page.get_by_text("Looking at the last 30 days")).to_be_visible()
    await expect(page.get_by_role("button", name="Switch on")).to_be_disabled()
    await tried(office)
    await expect(page.get_by_text("1 time", exact=True)).to_be_visible()
    await expect(page.get_by_text("it would have fired, of 1 message")).to_be_visible()
    await expect(page.get_by_role("link", name=f"Mia Keller: {REFUND}")).to_be_visible()
    assert await found_by_axe(seat) == []
    await page.get_by_role("button", name="Switch on").click()
    await expect(page.get_by_text("Has not fired")).to_be_visible()
    await expect(page.get_by_role("button", name="Dry run of Refunds first")).to_be_focused()
    thread = await office.desk.hears("7002", "A refund, please", ago=1)
    await office.desk.hears("7002", "Are you there?", ago=0)
    await worked(office)
    await seat.goes(f"/inbox/open/{thread}")
    await seat.is_live()
    await expect(page.get_by_text("Rule “Refunds first”")).to_be_visible()
    await page.get_by_text("Which fired, and why the others did not").click()
    why = page.get_by_role("complementary", name="Person")
    await expect(why.get_by_text("Refunds first fired")).to_be_visible()
    await expect(why.get_by_text("Refunds first did not fire")).to_be_visible()
    await expect(why.get_by_text("it contains “refund*”")).to_be_visible()
    assert await found_by_axe(seat) == []


async def test_the_order_is_changed_by_arrow_keys_and_a_colleagues_page_follows(office: Office) -> None:
    for name in ("First", "Second", "Third"):
        await office.desk.does(keeping.make, rule(name), by=office.sam)
    sam = await office.sits_down(office.sam, "/settings/rules")
    ada = await office.sits_down(office.ada, "/settings/rules")
    names = "ol li .top b"
    await expect(ada.page.locator(names)).to_have_text(["First", "Second", "Third"])
    await sam.page.get_by_role("button", name="Move First").focus()
    await sam.presses("ArrowDown", "ArrowDown")
    for seat in (sam, ada):
        await expect(seat.page.locator(names)).to_have_text(["Second", "Third", "First"])
    await expect(sam.page.get_by_role("button", name="Move First")).to_be_focused()
    await expect(sam.page.get_by_role("switch")).to_have_count(0)
    await ada.page.get_by_role("button", name="Delete Third").click()
    await ada.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    for seat in (sam, ada):
        await expect(seat.page.locator(names)).to_have_text(["Second", "First"])
    assert await found_by_axe(sam) == []
    rea = await office.sits_down(office.ana, "/settings/rules")
    await expect(rea.page.locator(names)).to_have_text(["Second", "First"])
    await expect(rea.page.get_by_role("button", name="Edit")).to_have_count(0)
