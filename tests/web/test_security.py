"""Settings > Security in a browser: a second step set up, used and required, and the devices one is signed in on."""

from __future__ import annotations

from playwright.async_api import expect

from tests.people.authenticator import Authenticator
from tests.web.office import Office, Seat
from tests.web.test_looks import found_by_axe
from tests.world import PASSWORD

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


async def gives_the_password(office: Office, seat: Seat) -> None:
    await seat.goes("/")
    await seat.page.get_by_label("E-mail").fill(await office.desk.world.email(office.ana))
    await seat.page.get_by_label("Password").fill(PASSWORD)
    await seat.presses("Enter")


async def sets_it_up(seat: Seat) -> Authenticator:
    """From the password on, by keyboard alone."""
    await expect(seat.page.get_by_label("Password", exact=True).first).to_be_focused()
    await seat.page.keyboard.type(PASSWORD)
    await seat.presses("Enter")
    key = seat.page.get_by_label("Or type this key into the app")
    await expect(key).to_be_visible()
    await expect(seat.page.get_by_role("img", name="QR code")).to_be_visible()
    phone = Authenticator((await key.input_value()).replace(" ", ""))
    first = seat.page.get_by_label("Code the app shows")
    await expect(first).to_be_focused()
    await expect(first).to_have_attribute("autocomplete", "one-time-code")
    assert await found_by_axe(seat) == []
    await seat.page.keyboard.type(phone.wrong())
    await seat.presses("Enter")
    await expect(seat.page.get_by_role("alert")).to_contain_text("That code is not right")
    await first.fill(phone.code(-1))
    await seat.presses("Enter")
    codes = seat.page.get_by_role("list", name="Your recovery codes").get_by_role("listitem")
    await expect(codes).to_have_count(10)
    phone.recovery = await codes.all_inner_texts()
    assert await seat.page.locator("main").evaluate("(main) => main.scrollWidth - main.clientWidth") == 0
    assert await found_by_axe(seat) == []
    return phone


async def test_a_second_step_is_set_up_by_keyboard_and_asked_for_at_the_next_sign_in(office: Office) -> None:
    ana = await office.sits_down(office.ana, "/settings/security", width=390, height=844)
    await expect(ana.page.get_by_role("heading", name="Signed-in devices")).to_be_visible()
    await ana.page.get_by_role("button", name="Set up two-step sign-in").focus()
    await ana.presses("Enter")
    phone = await sets_it_up(ana)
    await ana.page.get_by_role("button", name="I have kept them").click()
    await expect(ana.page.get_by_text("10 recovery codes left")).to_be_visible()
    await ana.is_live()  # under the new session

    other = await office.visitor(width=390, height=844)
    await gives_the_password(office, other)
    code = other.page.get_by_label("Code", exact=True)
    await expect(code).to_be_focused()
    assert await found_by_axe(other) == []
    assert await other.page.evaluate(OVERFLOW) == 0
    await code.fill(phone.wrong())
    await other.presses("Enter")
    await expect(other.page.get_by_role("alert")).to_contain_text("That code is not right")
    await other.page.get_by_role("button", name="Use a recovery code").click()
    await other.page.get_by_label("Recovery code").fill(phone.recovery[0])
    await other.presses("Enter")
    await expect(other.page.get_by_role("heading", name="Sign in")).to_have_count(0)
    await expect(other.page.get_by_role("heading", name="Mine")).to_be_visible()

    await ana.goes("/settings/security")
    await expect(ana.page.get_by_text("9 recovery codes left")).to_be_visible()
    await expect(ana.page.get_by_text("Chrome on Linux")).to_have_count(2)
    assert await found_by_axe(ana) == []
    await ana.page.get_by_role("button", name="Sign out all others").click()
    await expect(ana.page.get_by_text("This device")).to_have_count(1)
    await expect(ana.page.get_by_text("Chrome on Linux")).to_have_count(1)
    await expect(other.page.get_by_role("heading", name="Sign in")).to_be_visible()


async def test_an_admin_requires_it_and_whoever_comes_back_is_led_to_it(office: Office) -> None:
    await Authenticator.of(office.desk.world, office.ada)
    ada = await office.sits_down(office.ada, "/settings/security")
    ana = await office.sits_down(office.ana, width=390, height=844)
    await expect(ada.page.get_by_text("4 people do not have it on.")).to_be_visible()
    await ada.page.get_by_role("button", name="Require it of everybody").click()
    asked = ada.page.get_by_role("dialog")
    await expect(asked).to_contain_text("4 people who do not have it on are signed out now")
    assert await found_by_axe(ada) == []
    await asked.get_by_role("button", name="Require it of everybody").click()
    await expect(ada.page.get_by_text("Required of everybody", exact=True)).to_be_visible()
    await expect(ana.page.get_by_role("heading", name="Sign in")).to_be_visible()

    await gives_the_password(office, ana)
    await expect(ana.page.get_by_role("heading", name="Set up two-step sign-in")).to_be_visible()
    await ana.goes("/settings/people")
    await expect(ana.page.get_by_role("heading", name="Set up two-step sign-in")).to_be_visible()
    await sets_it_up(ana)
    await ana.page.get_by_role("button", name="I have kept them").click()
    await expect(ana.page.get_by_role("heading", name="People", exact=True)).to_be_visible()
    await ana.is_live()

    await ada.goes("/settings/security")
    await expect(ada.page.get_by_text("3 people do not have it on.")).to_be_visible()
    await ada.page.get_by_role("button", name="Reset the second step of Ana").click()
    await ada.page.get_by_role("dialog").get_by_role("button", name="Reset", exact=True).click()
    await expect(ada.page.get_by_text("4 people do not have it on.")).to_be_visible()
    await expect(ana.page.get_by_role("heading", name="Sign in")).to_be_visible()


async def test_a_new_password_leaves_this_page_where_it_is_and_live(office: Office) -> None:
    ana = await office.sits_down(office.ana, "/settings/security")
    other = await office.sits_down(office.ana)
    await ana.page.get_by_label("Current password").fill(PASSWORD)
    await ana.page.get_by_label("New password").fill("another long one")
    await ana.presses("Enter")
    await expect(other.page.get_by_role("heading", name="Sign in")).to_be_visible()
    await expect(ana.page.get_by_role("heading", name="Signed-in devices")).to_be_visible()
    await expect(ana.page.get_by_text("Chrome on Linux")).to_have_count(1)
    await ana.is_live()
