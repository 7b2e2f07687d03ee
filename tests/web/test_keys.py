"""Keys act in list and thread, never while one writes or composes, on every layout."""

from playwright.async_api import expect

from tests.web.office import Office, Seat

ASKED = "The first question, can you help?"
PRESS = """(given) => document.activeElement.dispatchEvent(
    new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...given }))"""


async def seated(office: Office) -> Seat:
    await office.desk.hears("7001", ASKED, ago=30)
    seat = await office.sits_down(office.ana)
    await expect(seat.row(ASKED)).to_be_visible()
    await seat.presses("j")
    await expect(seat.row(ASKED)).to_be_focused()
    return seat


async def test_letters_in_a_field_are_letters(office: Office) -> None:
    seat = await seated(office)
    await seat.presses("/")
    await seat.page.keyboard.type("jie?")
    await expect(seat.page.get_by_role("combobox")).to_have_value("jie?")
    await expect(seat.page.get_by_role("dialog")).to_have_count(0)
    assert await office.desk.rows("SELECT id FROM audit_entry WHERE workspace_id = $1 AND verb = 'assigned'") == []


async def test_while_an_input_method_composes_nothing_acts(office: Office) -> None:
    seat = await seated(office)
    await seat.page.evaluate(PRESS, {"key": "?", "code": "Slash", "isComposing": True})
    await seat.page.evaluate(PRESS, {"key": "Process", "code": "KeyA", "keyCode": 229})
    await expect(seat.page.get_by_role("dialog")).to_have_count(0)


async def test_another_alphabet_goes_by_the_place_of_the_key(office: Office) -> None:
    seat = await seated(office)
    await seat.page.evaluate(PRESS, {"key": "ш", "code": "KeyI"})
    await expect(seat.page.get_by_text("Assigned to you.")).to_be_visible()


async def test_each_key_is_listed_and_each_command_is_in_the_palette(office: Office) -> None:
    seat = await seated(office)
    await seat.presses("?")
    keys = seat.page.get_by_role("dialog", name="Keys")
    for command in ("Reply", "Assign to me", "Snooze", "Undo", "Done, and on to the next"):
        await expect(keys.get_by_text(command, exact=True)).to_be_visible()
    await seat.presses("Escape", "Control+k")
    await seat.page.keyboard.type("assign to me")
    await seat.presses("Enter")
    await expect(seat.page.get_by_text("Assigned to you.")).to_be_visible()


async def test_g_waits_visibly_for_its_second_key(office: Office) -> None:
    seat = await seated(office)
    await seat.presses("g")
    await expect(seat.page.get_by_role("status").filter(has_text="Unassigned")).to_be_visible()
    await seat.presses("u")
    await expect(seat.page.get_by_role("heading", name="Unassigned")).to_be_visible()
    await seat.presses("g", "Escape")
    await seat.presses("m")
    await expect(seat.page.get_by_role("heading", name="Unassigned")).to_be_visible()


async def test_single_keys_can_be_switched_off_and_given_elsewhere(office: Office) -> None:
    seat = await seated(office)
    await seat.goes("/settings/keys")
    await seat.page.get_by_role("button", name="Assign to me: I").click()
    await seat.presses("m")
    await expect(seat.page.get_by_role("button", name="Assign to me: M")).to_be_visible()
    await seat.goes("/inbox/open")
    await expect(seat.row(ASKED)).to_be_visible()
    await seat.presses("j", "m")
    await expect(seat.page.get_by_text("Assigned to you.")).to_be_visible()
    await seat.goes("/settings/keys")
    await seat.page.get_by_role("checkbox", name="Single keys act").uncheck()
    await seat.goes("/inbox/open")
    await expect(seat.row(ASKED)).to_be_visible()
    await seat.presses("?", "Control+k")
    await expect(seat.page.get_by_role("dialog", name="All commands")).to_be_visible()
    await expect(seat.page.get_by_role("dialog", name="Keys")).to_have_count(0)


async def test_the_panes_are_walked_with_f6_and_skip_links(office: Office) -> None:
    seat = await seated(office)
    await seat.presses("Enter")
    await expect(seat.bubble(ASKED)).to_be_visible()
    panes = []
    await seat.page.get_by_role("combobox").focus()
    for _ in range(4):
        await seat.presses("F6")
        panes.append(await seat.page.evaluate("document.activeElement.closest('[data-pane]')?.dataset.pane"))
    assert panes == ["views", "list", "thread", "contact"]
