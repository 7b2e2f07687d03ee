"""Comments by post: walked by keyboard, opened into the list of one post, and alive."""

from __future__ import annotations

from playwright.async_api import expect

from tests.web.office import Office
from tests.web.test_looks import found_by_axe


async def test_an_agent_works_through_the_comments_of_one_post(office: Office) -> None:
    await office.desk.sees_comment("8001", "Does it ship?", ago=60, post="1001")
    await office.desk.sees_comment("8002", "Is it warm light?", ago=90, post="1002")
    await office.desk.sees_comment("8003", "And dimmable?", ago=30, post="1002")
    await office.desk.hears("7001", "A message is under no post", ago=5)
    texts = {"1001": "The new lamp is here", "1002": "Warm light for long evenings"}
    async with office.desk.database.tenant(office.desk.workspace_id) as connection:
        for post, text in texts.items():
            await connection.execute("UPDATE post SET text = $2 WHERE external_id LIKE '%' || $1", post, text)
    ana = await office.sits_down(office.ana)
    await ana.page.get_by_role("link", name="Comments by post").click()
    await expect(ana.rows).to_have_count(2)
    await expect(ana.rows.first).to_contain_text("Warm light for long evenings")
    await expect(ana.rows.first).to_contain_text("2 wait")
    assert await found_by_axe(ana) == []
    await office.desk.sees_comment("8004", "Where is it made?", ago=1, post="1001")
    office.tells()
    await expect(ana.row("The new lamp is here")).to_contain_text("2 wait")
    await ana.rows.first.focus()
    await ana.presses("j", "k", "Enter")
    await expect(ana.rows).to_have_count(2)
    await expect(ana.row("And dimmable?")).to_be_visible()
    await expect(ana.page.get_by_role("list", name="Narrowed to")).to_contain_text("Warm light for long evenings")
    assert await found_by_axe(ana) == []
    await office.desk.sees_comment("8005", "How tall is it?", ago=0, post="1002")
    office.tells()
    await expect(ana.row("How tall is it?")).to_be_visible()
