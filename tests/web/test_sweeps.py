"""Everything that matches, not only what was loaded: picked by keyboard, given away by the worker, taken back."""

from __future__ import annotations

import asyncio

from playwright.async_api import expect

from inbox.desk import sweeps
from tests.web.office import Office
from tests.web.test_looks import found_by_axe

MANY = 110  # more than a page of the list


async def goes_through(office: Office, state: str) -> None:
    """The worker does what was asked, until it is in this state."""
    asked = "SELECT 1 FROM sweep WHERE workspace_id = $1 AND state = $2"
    async with asyncio.timeout(30):
        while not await office.desk.rows(asked, state):
            if not await sweeps.work(office.desk.database, office.desk.workspace_id):
                await asyncio.sleep(0.02)
    office.tells()


async def test_all_that_match_are_given_to_a_colleague_and_taken_back(office: Office) -> None:
    for number in range(MANY):
        await office.desk.hears(str(7000 + number), f"Where is order {number}?", ago=MANY - number)
    sam = await office.sits_down(office.sam)
    ana = await office.sits_down(office.ana, "/inbox/mine")
    await sam.page.get_by_text("Where is order 0?").click()
    await sam.presses("Escape", "ControlOrMeta+a")
    bar = sam.page.get_by_role("region", name="Acts on the selection")
    await bar.get_by_role("button", name="Pick all that match").click()
    await expect(bar).to_contain_text(f"{MANY}, all that match")
    assert await found_by_axe(sam) == []
    await bar.get_by_role("button", name="Assign", exact=True).click()
    await sam.page.keyboard.type("Ana")
    await sam.presses("Enter")
    await expect(sam.page.get_by_text(f"Going through {MANY} conversations")).to_be_visible()
    await goes_through(office, "done")
    await expect(sam.page.get_by_text(f"{MANY} conversations changed.")).to_be_visible()
    await expect(ana.page.get_by_role("link", name="Mine")).to_contain_text(str(MANY))

    await sam.presses("z")
    await goes_through(office, "undone")
    await expect(sam.page.get_by_text(f"{MANY} conversations are as they were.")).to_be_visible()
    await expect(ana.page.get_by_role("link", name="Mine")).not_to_contain_text(str(MANY))
    (row,) = await office.desk.rows(
        "SELECT count(*) AS n FROM conversation WHERE workspace_id = $1 AND assignee_id IS NULL"
    )
    assert row["n"] == MANY


async def test_resolving_a_whole_list_asks_what_becomes_of_those_who_wait(office: Office) -> None:
    for number in range(MANY):
        await office.desk.hears(str(7000 + number), f"Where is order {number}?", ago=MANY - number)
    sam = await office.sits_down(office.sam)
    await sam.page.get_by_text("Where is order 0?").click()
    await sam.presses("Escape", "ControlOrMeta+a")
    bar = sam.page.get_by_role("region", name="Acts on the selection")
    await bar.get_by_role("button", name="Pick all that match").click()
    await expect(bar).to_contain_text(f"{MANY}, all that match")
    await bar.get_by_role("button", name="Done").click()
    dialog = sam.page.get_by_role("dialog", name=f"Resolve {MANY} conversations?")
    await expect(dialog).to_contain_text("never answered")
    assert await found_by_axe(sam) == []
    await dialog.get_by_role("button", name="Only where nobody waits").click()
    await goes_through(office, "done")
    await expect(sam.page.get_by_text("were passed over")).to_be_visible()
    (row,) = await office.desk.rows(
        "SELECT count(*) AS n FROM conversation WHERE workspace_id = $1 AND status = 'open'"
    )
    assert row["n"] == MANY
