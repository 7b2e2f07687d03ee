"""Every screen, in both themes and at every width: readable, reachable, and nothing pushed out of the window."""

import gzip
import json
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.web.office import Office, Seat

WEB = Path(__file__).parents[2] / "web"
AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ROOMS = list((WEB / "messages").glob("*.rooms.json"))
ASKED = "Does it ship to Portugal?"


async def found_by_axe(seat: Seat) -> list[str]:
    await seat.page.evaluate(AXE.read_text())
    report = await seat.page.evaluate("(rules) => axe.run(document, { runOnly: rules })", RULES)
    return [f"{one['id']}: {node['html'][:160]}" for one in report["violations"] for node in one["nodes"]]


async def a_busy_day(office: Office) -> None:
    thread = await office.desk.sees_comment("8001", ASKED, ago=90, id="900_1")
    await office.desk.sees_comment("8002", "And to Spain, please?", ago=80, under="900_1")
    await office.desk.posts(thread, "To Portugal in three days.", by=office.ana, ago=70)
    await office.desk.writes(thread, "And to Spain in two.", by=office.ana, anyway=True)
    await office.cannot_tell("And to Spain in two.", "The answer was lost on the way.")
    await office.desk.hears("7001", "מתי המוצר יחזור למלאי?", ago=40)
    await office.desk.hears("7002", "x" * 500, ago=30)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_axe_finds_nothing(office: Office, dark: bool) -> None:
    await a_busy_day(office)
    seat = await office.sits_down(office.ada, dark=dark)
    await expect(seat.rows).to_have_count(3)
    found = {"list": await found_by_axe(seat)}
    await seat.opens("And to Spain")
    found["thread"] = await found_by_axe(seat)
    for name, key in (
        ("note", "n"),
        ("assign", "a"),
        ("snooze", "h"),
        ("keys", "?"),
        ("palette", "Control+k"),
        ("done", "e"),
    ):
        await seat.page.locator("[data-pane=thread]").focus()
        await seat.presses(key)
        await expect(seat.composer if name == "note" else seat.page.get_by_role("dialog")).to_be_visible()
        found[name] = await found_by_axe(seat)
        await seat.presses("Escape")
    settings = (
        "channels",
        "people",
        "replies",
        "macros",
        "rules",
        "teams",
        "fields",
        "sending",
        "tokens",
        "webhooks",
        "audit",
        "notifications",
        "account",
        "security",
        "appearance",
        "keys",
    )
    for name in settings:
        await seat.goes(f"/settings/{name}")
        await expect(seat.page.get_by_role("heading", level=1)).to_be_visible()
        found[f"settings {name}"] = await found_by_axe(seat)
    await seat.goes("/reports")
    await expect(seat.page.get_by_role("heading", name="Answered by time since asking")).to_be_visible()
    found["report"] = await found_by_axe(seat)
    await seat.goes("/inbox/snoozed")
    await expect(seat.page.get_by_text("Nothing is snoozed.")).to_be_visible()
    found["empty"] = await found_by_axe(seat)
    await seat.goes("/inbox/search?q=portugal")
    await expect(seat.rows).to_have_count(1)
    found["search"] = await found_by_axe(seat)
    stranger = await office.visitor(dark=dark)
    await stranger.goes("/")
    await expect(stranger.page.get_by_role("heading", name="Sign in")).to_be_visible()
    found["sign in"] = await found_by_axe(stranger)
    assert {name: what for name, what in found.items() if what} == {}


@pytest.mark.parametrize("width", [320, 390, 899, 1039, 1239, 1920])
async def test_it_fits_at_every_width(office: Office, width: int) -> None:
    await a_busy_day(office)
    seat = await office.sits_down(office.ada, width=width, height=720)
    await expect(seat.rows).to_have_count(3)
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await seat.page.evaluate(overflow) == 0
    await seat.opens("And to Spain")
    assert await seat.page.evaluate(overflow) == 0
    await expect(seat.composer).to_be_in_viewport()
    await seat.page.get_by_role("button", name="Person", exact=True).click()
    assert await seat.page.evaluate(overflow) == 0
    if width < 900:
        await seat.page.get_by_role("button", name="Close").click()
        await seat.page.get_by_role("button", name="Back").click()
        await expect(seat.row("And to Spain")).to_be_visible()
    await seat.goes("/reports")
    await expect(seat.page.get_by_role("heading", name="Answered by time since asking")).to_be_visible()
    assert await seat.page.locator("main").evaluate("(main) => main.scrollWidth - main.clientWidth") == 0
    await seat.goes("/settings/channels")
    await expect(seat.page.get_by_role("heading", name="Channels", level=1)).to_be_visible()
    assert await seat.page.evaluate(overflow) == 0


# The most by which the page was ever wider than its window, looked at in every frame.
WIDEST = """document.addEventListener("DOMContentLoaded", () => {
    window.widest = 0
    const look = () => {
        const page = document.documentElement
        window.widest = Math.max(window.widest, page.scrollWidth - page.clientWidth)
        requestAnimationFrame(look)
    }
    look()
})"""


async def test_it_fits_a_small_phone_also_while_it_connects_and_without_a_connection(office: Office) -> None:
    await a_busy_day(office)
    seat = await office.sits_down(office.ada, width=320, height=720)
    await seat.page.add_init_script(WIDEST)
    for path in ("/inbox/open", "/reports", "/settings/channels"):
        await seat.goes(path)
        await seat.is_live()
        assert await seat.page.evaluate("window.widest") == 0
    await office.closes()
    await expect(seat.page.locator("[data-connection=waiting]")).to_be_visible()
    await office.opens()
    await seat.is_live()
    assert await seat.page.evaluate("window.widest") == 0


async def test_what_a_customer_writes_is_text_and_nothing_else(office: Office) -> None:
    trick = '<img src=x onerror="document.title=1"><b>hi</b> javascript:alert(1) https://example.com/a?b=c.'
    await office.desk.hears("7001", trick, ago=5)
    seat = await office.sits_down(office.ana)
    await seat.opens("onerror")
    bubble = seat.bubble("onerror")
    await expect(bubble).to_contain_text(trick)
    assert await bubble.locator("img, b:has-text('hi')").count() == 0
    links = await bubble.locator(".text a").evaluate_all("(all) => all.map((one) => [one.href, one.rel, one.target])")
    assert links == [["https://example.com/a?b=c", "noopener noreferrer nofollow ugc", "_blank"]]


async def test_it_speaks_the_readers_language(office: Office) -> None:
    seat = await office.visitor(locale="es-ES")
    await seat.goes("/")
    await expect(seat.page.get_by_role("button", name="Entrar")).to_be_visible()
    assert await seat.page.evaluate("document.documentElement.lang") == "es"


async def test_a_language_that_is_read_from_the_right_turns_the_page_round(office: Office) -> None:
    await a_busy_day(office)
    seat = await office.sits_down(office.ana, "/settings/appearance")
    await seat.page.get_by_label("العربية").click()
    await expect(seat.page.get_by_role("heading", level=1, name="المظهر")).to_be_visible()
    await seat.goes("/inbox/open")
    await seat.opens("And to Spain")
    assert await seat.page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["ar", "rtl"]
    x = "(pane) => document.querySelector(`[data-pane=${pane}]`).getBoundingClientRect().x"
    left = [await seat.page.evaluate(x, pane) for pane in ("contact", "thread", "list", "views")]
    assert left == sorted(left)
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await seat.page.evaluate(overflow) == 0
    assert await found_by_axe(seat) == []


async def test_the_browser_may_install_it(office: Office) -> None:
    seat = await office.sits_down(office.ana)
    chromium = await seat.page.context.new_cdp_session(seat.page)
    manifest = await chromium.send("Page.getAppManifest")
    assert manifest["errors"] == []
    told = json.loads(manifest["data"])
    for icon in told["icons"]:
        answer = await seat.page.request.get(icon["src"])
        assert answer.headers["content-type"] == icon["type"]
    errors = (await chromium.send("Page.getInstallabilityErrors"))["installabilityErrors"]
    # Each person of a story has a browser window of their own, which some call private.
    assert {error["errorId"] for error in errors} <= {"in-incognito"}


async def test_the_inbox_is_light(office: Office) -> None:
    """All script that a day in the inbox needs, with the longest of the other languages. Settings come when asked."""
    await a_busy_day(office)
    seat = await office.sits_down(office.ana)
    await seat.opens("And to Spain")
    await seat.presses("r")
    await expect(seat.composer).to_be_focused()
    fetched = "performance.getEntriesByType('resource').map((one) => new URL(one.name).pathname)"
    paths = [path for path in await seat.page.evaluate(fetched) if path.startswith("/assets/")]
    scripts = [WEB / "dist" / path.lstrip("/") for path in paths if path.endswith(".js")]
    assert scripts
    # What is said only behind the inbox comes when asked as well, in every language.
    behind = ("Settings", "Reports", "Goals", "Wall", *(f"{name.stem}-" for name in ROOMS))
    assert not [script.name for script in scripts if script.name.startswith(behind)]
    said = set((WEB / "messages").glob("*.json")) - set(ROOMS)
    languages = [WEB.glob(f"dist/assets/{name.stem}-*.js") for name in said]
    longest = max(_packed(script) for found in languages for script in found)
    assert sum(map(_packed, scripts)) + longest <= 120 * 1024


def _packed(script: Path) -> int:
    return len(gzip.compress(script.read_bytes(), 9))
