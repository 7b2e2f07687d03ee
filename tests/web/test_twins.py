"""Who may be the same person: seen side by side with the reasons, and decided by a key, on any screen."""

from __future__ import annotations

from uuid import UUID

from playwright.async_api import expect

from inbox.desk import merges
from tests.desk.twins import looks, meets
from tests.web.office import Office
from tests.web.test_looks import found_by_axe

MAIL = "My address is ana@ruiz.example, please"


async def a_street(office: Office) -> tuple[UUID, UUID]:
    """Two who gave one address, two who share a handle, somebody who wants to be taken for another, and one of X."""
    desk = office.desk
    one = await meets(desk, "7001", "Ana Ruiz", "ana.ruiz_84", says=MAIL)
    other = await meets(desk, "7002", "A. R.", "ar-shopping", on="reddit", says=f"Hello? {MAIL}")
    await meets(desk, "7003", "Bo Bergman", "bo.bergman")
    await meets(desk, "7004", "B.", "bo_bergman", on="mastodon")
    await meets(desk, "7005", "B\u043e Bergman", "b\u043e.bergman")
    await meets(desk, "7006", "Ana Ruiz", "ana.ruiz_84", on="x", says=MAIL)
    await meets(desk, "7007", "Rui " + "Ferreira " * 30, "rui.ferreira_" + "r" * 60)
    await meets(desk, "7008", "Rui " + "Ferreira " * 30, "rui.ferreira_" + "r" * 60, on="reddit")
    await desk.world.channel("x")
    await looks(desk)
    return one, other


async def test_two_are_merged_by_a_key_and_taken_apart_again(office: Office) -> None:
    one, _ = await a_street(office)
    ana = await office.sits_down(office.ana, "/people")
    link = ana.page.get_by_role("link", name="Possibly the same (4)")
    await link.click()
    rows = ana.page.locator("[data-twin]")
    await expect(rows).to_have_count(4)
    likely = rows.filter(has_text="Likely")
    await expect(likely).to_contain_text("The same e-mail address: ana@ruiz.example")
    await expect(rows.filter(has_text="in other letters")).to_have_count(2)
    await expect(ana.page.get_by_text("only if that person agreed")).to_be_visible()
    assert await found_by_axe(ana) == []
    await rows.first.focus()
    await ana.presses("j", "k", "m")
    await expect(rows).to_have_count(3)
    await expect(rows.first).to_be_focused()
    await expect(ana.page.get_by_role("link", name="Possibly the same (3)")).to_be_visible()
    merged = await office.desk.rows("SELECT kept_id FROM contact_merge WHERE workspace_id = $1 AND split_at IS NULL")
    assert [row["kept_id"] for row in merged] == [one], "whom we know longer stays"
    await ana.page.get_by_role("button", name="Undo").click()
    await expect(rows).to_have_count(4)
    assert await office.desk.rows("SELECT 1 FROM contact_merge WHERE workspace_id = $1 AND split_at IS NULL") == []


async def test_not_the_same_is_said_by_a_key_and_taken_back(office: Office) -> None:
    await a_street(office)
    ana = await office.sits_down(office.ana, "/people/twins")
    rows = ana.page.locator("[data-twin]")
    await expect(rows).to_have_count(4)
    await rows.first.focus()
    await ana.presses("n")
    await expect(rows).to_have_count(3)
    await expect(
        ana.page.get_by_text("Ana Ruiz are not the same").or_(ana.page.get_by_text("are not the same."))
    ).to_be_visible()
    await ana.page.get_by_text("Said not to be the same").click()
    await expect(ana.page.get_by_text("you said so on")).to_be_visible()
    assert await found_by_axe(ana) == []
    await ana.page.get_by_role("button", name="Take back").click()
    await expect(rows).to_have_count(4)
    await expect(ana.page.get_by_text("Nobody was.")).to_be_visible()


async def test_who_looks_like_somebody_is_looked_at_twice(office: Office) -> None:
    await a_street(office)
    ana = await office.sits_down(office.ana, "/people/twins")
    rows = ana.page.locator("[data-twin]")
    odd = rows.filter(has_text="in other letters").first
    await odd.get_by_role("button", name="Merge").click()
    dialog = ana.page.get_by_role("dialog")
    await expect(dialog).to_contain_text("become one person here")
    assert await found_by_axe(ana) == []
    await ana.presses("Escape")
    await expect(dialog).to_have_count(0)
    await expect(rows).to_have_count(4)


async def test_a_colleague_was_quicker(office: Office) -> None:
    one, other = await a_street(office)
    ana = await office.sits_down(office.ana, "/people/twins")
    rows = ana.page.locator("[data-twin]")
    await expect(rows).to_have_count(4)
    await office.desk.does(merges.merge, one, other, by=office.sam)
    await rows.filter(has_text="Likely").get_by_role("button", name="Not the same").click()
    await expect(ana.page.get_by_text("Somebody merged one of them meanwhile")).to_be_visible()
    await expect(rows).to_have_count(3)


async def test_said_apart_is_asked_about_before_it_is_merged_by_hand(office: Office) -> None:
    await a_street(office)
    ana = await office.sits_down(office.ana, "/people/twins")
    rows = ana.page.locator("[data-twin]")
    likely = rows.filter(has_text="Likely")
    await likely.get_by_role("button", name="Not the same").click()
    await expect(rows).to_have_count(3)
    await ana.goes("/people")
    await ana.row("A. R.").click()
    await ana.page.get_by_role("button", name="Same person as").click()
    dialog = ana.page.get_by_role("dialog")
    await dialog.get_by_label("Name or handle").fill("ana.ruiz")
    await dialog.get_by_role("button", name="Ana Ruiz").filter(has_text="Instagram").click()
    await dialog.get_by_role("button", name="Merge", exact=True).click()
    await expect(dialog.get_by_role("alert")).to_contain_text("not the same person")
    assert await found_by_axe(ana) == []
    await dialog.get_by_role("button", name="Merge anyway").click()
    await expect(dialog).to_have_count(0)


async def test_the_panel_says_it_in_one_line(office: Office) -> None:
    await a_street(office)
    ana = await office.sits_down(office.ana)
    await ana.opens("Hello? My address")
    line = ana.page.get_by_role("link", name="Possibly the same as Ana Ruiz on Instagram")
    await expect(line).to_be_visible()
    assert await found_by_axe(ana) == []
    await line.click()
    await expect(ana.page.locator("[data-twin]")).to_have_count(1)
    await ana.page.get_by_role("link", name="Show all").click()
    await expect(ana.page.locator("[data-twin]")).to_have_count(4)


async def test_where_the_rules_ask_for_it_consent_is_noted_and_withdrawn(office: Office) -> None:
    await a_street(office)
    (row,) = await office.desk.rows(
        "SELECT contact_id FROM contact_identity WHERE workspace_id = $1 AND platform = 'x'"
    )
    ana = await office.sits_down(office.ana, f"/people/{row['contact_id']}")
    page = ana.page.get_by_role("main")
    await expect(page.get_by_text("only if that person agreed")).to_be_visible()
    await page.get_by_role("button", name="They agreed").click()
    await page.get_by_label("What shows it").fill("Wrote it to us")
    await ana.presses("Enter")
    await expect(page.get_by_text("noted by you")).to_contain_text("Wrote it to us")
    assert await found_by_axe(ana) == []
    await looks(office.desk)
    await ana.page.reload()
    await expect(page.get_by_role("link", name="Possibly the same as")).to_be_visible()
    await page.get_by_role("button", name="They agree no more").click()
    await expect(page.get_by_text("only if that person agreed")).to_be_visible()
    await expect(page.get_by_role("link", name="Possibly the same as")).to_have_count(0)


async def test_nobody_looks_like_anybody(office: Office) -> None:
    await meets(office.desk, "7001", "Ana Ruiz", "ana.ruiz_84")
    await looks(office.desk)
    ana = await office.sits_down(office.ana, "/people/twins", dark=True)
    await expect(ana.page.get_by_text("Nobody known here looks like somebody else.")).to_be_visible()
    assert await found_by_axe(ana) == []


async def test_on_a_phone_and_in_the_dark(office: Office) -> None:
    await a_street(office)
    ana = await office.sits_down(office.ana, "/people", dark=True, width=390, height=800)
    await ana.page.get_by_role("link", name="Possibly the same (4)").click()
    await expect(ana.page.locator("[data-twin]")).to_have_count(4)
    assert await found_by_axe(ana) == []
    assert await ana.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await ana.page.get_by_role("button", name="Back").click()
    await expect(ana.page.get_by_role("link", name="Possibly the same (4)")).to_be_focused()
