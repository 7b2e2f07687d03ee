"""Settings: inviting, stopping everything, and channels at rest."""

from playwright.async_api import expect

from tests.web.office import Office


async def test_an_admin_copies_an_invitation_link(office: Office) -> None:
    seat = await office.sits_down(office.ada, "/settings/people")
    await seat.page.get_by_label("E-mail").fill("gina@example.com")
    await seat.page.get_by_role("button", name="Make a link").click()
    link = await seat.page.get_by_label("Invitation link").input_value()
    assert link.startswith(f"{office.settings.base_url}/invitation#")
    await expect(seat.page.get_by_text("gina@example.com")).to_be_visible()


async def test_stop_all_outbound_is_one_click_and_everybody_is_told(office: Office) -> None:
    seat = await office.sits_down(office.ada, "/settings/sending")
    await seat.page.get_by_role("button", name="Stop all sending").click()
    await expect(seat.page.get_by_text("Sending is stopped for the whole workspace.")).to_be_visible()
    (row,) = await office.desk.rows("SELECT outbound_stopped_by FROM workspace WHERE id = $1")
    assert row["outbound_stopped_by"] == office.ada.id
    await seat.page.get_by_role("button", name="Resume sending").click()
    await expect(seat.page.get_by_text("Sending is stopped for the whole workspace.")).to_have_count(0)


async def test_a_channel_put_to_rest_says_so_everywhere(office: Office) -> None:
    seat = await office.sits_down(office.ada, "/settings/channels")
    await seat.page.get_by_role("button", name="Disable").click()
    await expect(seat.page.get_by_role("button", name="Enable")).to_be_visible()
    await seat.goes("/inbox/open")
    await expect(seat.page.get_by_role("navigation", name="Views").get_by_text("disabled")).to_be_visible()


async def test_what_an_agent_may_not_do_is_not_offered(office: Office) -> None:
    seat = await office.sits_down(office.ana, "/settings/channels")
    await expect(seat.page.get_by_role("heading", name="What each platform can do")).to_be_visible()
    await expect(seat.page.get_by_role("button", name="Disable")).to_have_count(0)
    await expect(seat.page.get_by_role("link", name="API tokens")).to_have_count(0)


async def test_whoever_may_only_read_cannot_write(office: Office) -> None:
    await office.desk.hears("7001", "Where is my order?", ago=5)
    seat = await office.sits_down(office.desk.world.read_only)
    await seat.opens("Where is my order?")
    await expect(seat.composer).to_be_disabled()
    await seat.presses("e", "i")
    assert await office.desk.rows("SELECT id FROM audit_entry WHERE workspace_id = $1 AND verb = 'assigned'") == []
