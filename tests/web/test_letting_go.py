"""Words that were let go, and people who were: what the page says and asks."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from playwright.async_api import expect

from inbox.flow import purging
from inbox.platforms.registry import platforms
from tests.web.office import Office

ASKED = "Where is my order, can you help?"
RULE = "rules let these words stay only so long"


async def let_go(office: Office) -> None:
    """Time went by, and a worker had its turn."""
    desk = office.desk
    async with desk.database.tenant(desk.workspace_id) as connection:
        await connection.execute("UPDATE message SET purge_due_at = now() WHERE direction = 'in'")
    for home in await purging.homes(desk.database, platforms()):
        await purging.purge(desk.database, platforms(), home)
    office.tells()


async def on_a_network_with_rules(office: Office) -> None:
    """What the page is beside: a channel of a network that has some."""
    ruled = next(name for name, one in platforms().items() if one.capabilities.retention.text)
    await office.desk.world.channel(ruled)


async def test_a_bubble_says_why_its_words_are_gone_and_that_they_could_not_be_fetched(office: Office) -> None:
    await on_a_network_with_rules(office)
    await office.desk.hears("7001", ASKED, ago=30)
    seat = await office.sits_down(office.ana)
    await seat.opens(ASKED)
    await let_go(office)
    bubble = seat.page.locator("[data-message]")
    await expect(bubble).to_contain_text(RULE)
    await expect(bubble).to_contain_text("They could not be fetched again.")
    await expect(seat.page.get_by_text(ASKED)).to_have_count(0)


async def test_a_bubble_says_that_its_words_are_being_fetched_and_then_shows_them(office: Office) -> None:
    await on_a_network_with_rules(office)
    await office.desk.hears("7001", ASKED, ago=30)
    await office.desk.hears("7002", "Another question, can you help?", ago=10)
    await let_go(office)
    seat = await office.sits_down(office.ana)
    asked: list[str] = []

    async def answer(route: object) -> None:
        asked.append("once")
        thread = await (await seat.page.request.get(route.request.url.replace("/refetch", ""))).json()  # type: ignore[attr-defined]
        message = thread["messages"][0]
        back = message | {"text": ASKED, "purged": False, "version": message["version"] + 1}
        await expect(seat.page.locator("[data-message]")).to_contain_text("They are being fetched again")
        await route.fulfill(json={"messages": [back], "left": 0, "why": ""})  # type: ignore[attr-defined]

    await seat.page.route("**/refetch", answer)
    await seat.rows.first.click()
    await expect(seat.bubble(ASKED)).to_be_visible()
    await expect(seat.bubble(RULE)).to_have_count(0)
    assert asked == ["once"]


async def test_an_admin_downloads_what_we_hold_and_erases_after_being_asked(office: Office) -> None:
    await office.desk.hears("7001", ASKED, ago=30)
    seat = await office.sits_down(office.ada)
    await seat.opens(ASKED)
    async with seat.page.expect_download() as waiting:
        await seat.page.get_by_role("link", name="Download what we hold").click()
    download = await waiting.value
    held = json.loads(await asyncio.to_thread(Path(await download.path()).read_text))
    assert held["conversations"][0]["messages"][0]["text"] == ASKED

    await seat.page.get_by_role("button", name="Erase this person").click()
    question = seat.page.get_by_role("dialog")
    await expect(question).to_contain_text("Nobody can bring it back")
    await seat.presses("Enter")
    await expect(question).to_have_count(0)
    assert await office.desk.rows("SELECT 1 FROM message WHERE workspace_id = $1 AND text = $2", ASKED), "not by chance"

    await seat.page.get_by_role("button", name="Erase this person").click()
    await question.get_by_role("button", name="Erase for good").click()
    await expect(seat.page.locator("[data-message]")).to_contain_text("Erased, as this person asked")
    await expect(seat.page.get_by_text(ASKED)).to_have_count(0)


async def test_nobody_else_is_offered_it(office: Office) -> None:
    await office.desk.hears("7001", ASKED, ago=30)
    seat = await office.sits_down(office.sam)
    await seat.opens(ASKED)
    await expect(seat.page.get_by_role("heading", name="Waiting")).to_be_visible()
    await expect(seat.page.get_by_role("button", name="Erase this person")).to_have_count(0)
