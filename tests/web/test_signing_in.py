"""Coming in: with a password, by an invitation, and what is said when it is the wrong one."""

from playwright.async_api import expect

from inbox.people import invitations
from inbox.people.access import Role
from tests.web.office import Office
from tests.world import PASSWORD


async def test_the_right_password_opens_the_inbox_and_the_wrong_one_says_so(office: Office) -> None:
    seat = await office.visitor()
    await seat.goes("/")
    await seat.page.get_by_label("E-mail").fill(await office.desk.world.email(office.ana))
    await seat.page.get_by_label("Password").fill("not this one")
    await seat.page.get_by_role("button", name="Sign in").click()
    await expect(seat.page.get_by_role("alert")).not_to_be_empty()
    await seat.page.get_by_label("Password").fill(PASSWORD)
    await seat.presses("Enter")
    await seat.is_live()
    await expect(seat.page.get_by_role("heading", name="Mine")).to_be_visible()


async def test_an_invitation_opened_by_its_link_makes_a_colleague(office: Office) -> None:
    async with office.desk.database.tenant(office.desk.workspace_id) as connection:
        _, secret = await invitations.invite(connection, office.ada, email="gina@example.com", role=Role.AGENT)
    seat = await office.visitor()
    await seat.goes(f"/invitation#{secret}")
    await seat.page.get_by_label("Your name").fill("Gina")
    await seat.page.get_by_label("Password").fill("a long enough password")
    await seat.page.get_by_role("button", name="Join").click()
    await seat.is_live()
    rows = await office.desk.rows("SELECT role FROM membership WHERE workspace_id = $1 AND name = $2", "Gina")
    assert [row["role"] for row in rows] == ["agent"]


async def test_whoever_signs_out_sees_nothing_any_more(office: Office) -> None:
    await office.desk.hears("7001", "Where is my order?", ago=5)
    seat = await office.sits_down(office.ana)
    await expect(seat.row("Where is my order?")).to_be_visible()
    await seat.page.get_by_role("button", name="Your menu").click()
    await seat.page.get_by_role("option", name="Sign out").click()
    await expect(seat.page.get_by_role("heading", name="Sign in")).to_be_visible()
    await seat.goes("/inbox/open")
    await expect(seat.page.get_by_role("heading", name="Sign in")).to_be_visible()
    await expect(seat.rows).to_have_count(0)
