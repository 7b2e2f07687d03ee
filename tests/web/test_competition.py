"""Other brands beside ours, as a supervisor sees them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from inbox.desk import competitors
from inbox.ground.ids import new_id
from inbox.platforms.others import Brand
from tests.web.office import Office
from tests.web.test_looks import found_by_axe


async def watched(office: Office) -> None:
    """A competitor with a hostile name, of whose one account everything was read an hour ago."""
    desk, now = office.desk, datetime.now(UTC)
    rival = await desk.does(competitors.name, "Rival <b>Ltd</b>", by=office.sam)
    brand = Brand(external_id="did:plc:rival", name="Rival", handle="rival.example", url="https://rival.example")
    async with desk.database.tenant(desk.workspace_id) as connection:
        account = await competitors.add_account(connection, rival.id, "bluesky", brand, by=office.sam)
        post = new_id()
        await connection.execute(
            """INSERT INTO competitor_post (workspace_id, id, account_id, external_id, at, read_at, due_at)
               VALUES ($1, $2, $3, 'one', $4, now(), now() + interval '1 day')""",
            *(desk.workspace_id, post, account.id, now - timedelta(days=20)),
        )
        await connection.execute(
            "UPDATE competitor_account SET listed_at = now(), requests = 7, asked_on = $2 WHERE workspace_id = $1",
            *(desk.workspace_id, now.date()),
        )
        for number in range(40):
            opened = now - timedelta(days=10, hours=number)
            ended = opened + timedelta(hours=number % 6) if number % 4 else None
            await connection.execute(
                """INSERT INTO competitor_waiting
                       (workspace_id, post_id, account_id, key, kind, state, opened_at, ended_at)
                   VALUES ($1, $2, $3, $4, 'first_response', $5, $6, $7)""",
                *(desk.workspace_id, post, account.id, str(number), "answered" if ended else "waiting", opened, ended),
            )


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_a_supervisor_sees_a_rival_beside_us(office: Office, dark: bool) -> None:
    sam = await office.sits_down(office.sam, "/reports/competition", dark=dark)
    await expect(sam.page.get_by_text("No competitor is named yet.")).to_be_visible()
    assert await found_by_axe(sam) == []
    await watched(office)
    await sam.page.reload()
    table = sam.page.locator("table[data-rivals]")
    await expect(table).to_contain_text("Rival <b>Ltd</b>")
    await expect(table).to_contain_text("75%")
    await expect(sam.page.get_by_text("7 requests today.")).to_be_visible()
    assert await found_by_axe(sam) == []
    await sam.page.get_by_role("button", name="How counted").click()
    await expect(sam.page.get_by_role("dialog")).to_contain_text("No text and no names of people")
    assert await found_by_axe(sam) == []
