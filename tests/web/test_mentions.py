"""Naming a colleague in a note: chosen by keyboard, found under Mentioned me, read by opening it."""

from __future__ import annotations

from playwright.async_api import expect

from tests.web.office import Office
from tests.web.test_looks import found_by_axe

ASKED = "@Sam, does it ship to Portugal?"


async def test_a_colleague_is_named_finds_the_note_and_has_read_it_by_opening_it(office: Office) -> None:
    await office.desk.sees_comment("8001", ASKED, ago=10)
    sam = await office.sits_down(office.sam, "/inbox/mentioned")
    link = sam.page.get_by_role("link", name="Mentioned me")
    await expect(sam.page.get_by_text("No note names you that you have not read.")).to_be_visible()
    ana = await office.sits_down(office.ana)
    await ana.opens(ASKED)
    await ana.presses("r")
    await ana.page.keyboard.type("@s")  # only a note names colleagues
    people = ana.page.get_by_role("listbox", name="Colleagues who may see this").get_by_role("option")
    await expect(people).to_have_count(0)
    await ana.composer.fill("")
    await ana.presses("Escape", "n")
    await ana.page.keyboard.type("Can you look, @")
    await expect(people).to_contain_text(["Ada", "Rea", "Sam"])
    assert await found_by_axe(ana) == []
    await ana.page.keyboard.type("sa")
    await expect(people).to_have_count(1)
    await ana.presses("Tab")
    await expect(ana.composer).to_have_value("Can you look, @Sam ")
    await ana.page.keyboard.type("please?")
    await ana.presses("Control+Enter")
    await expect(ana.bubble("Can you look, @Sam please?").locator(".who")).to_have_text("@Sam")
    await expect(ana.bubble(ASKED).locator(".who")).to_have_count(0)
    await expect(link).to_contain_text("1")
    await sam.opens("Can you look, @Sam please?")
    await expect(sam.bubble("Can you look, @Sam please?").locator(".who.me")).to_have_text("@Sam")
    assert await found_by_axe(sam) == []
    await expect(link).not_to_contain_text("1")
    await sam.goes("/inbox/mentioned")
    await expect(sam.page.get_by_text("No note names you that you have not read.")).to_be_visible()
    (row,) = await office.desk.rows("SELECT name, read_at FROM mention WHERE workspace_id = $1")
    assert (row["name"], row["read_at"] is not None) == ("Sam", True)
