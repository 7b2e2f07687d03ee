"""A supervisor watches how the day goes, and hangs it on a wall: what happens is seen there, and to whom is not."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from playwright.async_api import Locator, expect

from inbox.desk import assignment, policies, snoozes
from inbox.ground import clock
from tests.browser import PATIENCE
from tests.reports.test_goals import asked
from tests.web.office import Office, Seat
from tests.web.test_looks import found_by_axe

HOURS = 60.0
IN_TIME, LATE = re.compile(r"in \d+ min"), re.compile(r"1 h \d\d late")


def figure(seat: Seat, title: str) -> Locator:
    """One of the numbers on top."""
    return seat.page.locator("dl.strip > div").filter(has=seat.page.get_by_text(title, exact=True)).locator("dd").first


async def test_a_supervisor_sees_how_everything_stands_and_it_follows_by_itself(office: Office) -> None:
    desk = office.desk
    promised = policies.Wanted(policies=[policies.WantedPolicy(name="All", first="4 hours")], version=0)
    await desk.does(policies.put, promised, by=desk.world.admin, since=datetime.now(UTC) - timedelta(days=30))
    sam = await office.sits_down(office.sam, "/reports")
    await sam.page.get_by_role("link", name="Wallboard").click()
    await expect(figure(sam, "Waiting now")).to_have_text("0")
    await expect(sam.page.get_by_text("No whole day is known yet.")).to_be_visible()
    assert await found_by_axe(sam) == []

    late = await desk.hears("7001", "Where is my order?", ago=5 * HOURS)
    await desk.is_called("7001", "Mia Keller")
    soon = await desk.hears("7002", "Where is my order?", ago=3.5 * HOURS)
    await desk.hears("7003", "Where is my order?", ago=30 * HOURS)
    held = await desk.hears("7004", "Where is my order?", ago=10)
    await desk.does(snoozes.snooze, held, clock.now() + timedelta(days=1), by=office.ana)
    await desk.does(assignment.assign, soon, office.ana.id, by=office.sam)
    office.tells()
    await expect(figure(sam, "Waiting now")).to_have_text("4")
    await expect(figure(sam, "At risk")).to_have_text("1")
    await expect(figure(sam, "Breached")).to_have_text("2")
    crew = sam.page.get_by_role("list", name="At work")
    await expect(crew.get_by_role("listitem").filter(has_text="Ana")).to_contain_text("not here")
    await office.sits_down(office.ana)
    await expect(crew.get_by_role("listitem").filter(has_text="Ana")).to_contain_text("here")
    await expect(sam.page.get_by_role("list", name="Next to end").get_by_role("link").first).to_contain_text(IN_TIME)
    assert await found_by_axe(sam) == []

    await desk.posts(late, "On its way!", by=office.ana)
    office.tells()
    await expect(figure(sam, "Waiting now")).to_have_text("3")
    await expect(figure(sam, "Answered today")).to_have_text("1")

    # Every number opens just those it counts.
    for link, rows in (("2 open", 2), ("1 snoozed", 1), ("over 24 h: 1", 1), ("Acme Shop: 2", 2)):
        await sam.goes("/reports/wallboard")
        await sam.page.locator("main").get_by_role("link", name=link, exact=True).first.click()
        await expect(sam.rows).to_have_count(rows)
    await sam.goes("/reports/wallboard")
    await sam.page.get_by_role("list", name="At work").get_by_role("link").click()
    await expect(sam.rows).to_have_count(1)


async def test_who_pauses_the_board_reads_it_in_peace(office: Office) -> None:
    sam = await office.sits_down(office.sam, "/reports/wallboard")
    await expect(figure(sam, "Waiting now")).to_have_text("0")
    pause = sam.page.get_by_role("button", name="Pause")
    await pause.focus()
    await sam.presses("Enter")
    await expect(sam.page.get_by_text("Paused; as it was at")).to_be_visible()
    asked_for: list[str] = []
    sam.page.on("request", lambda request: asked_for.append(request.url) if "wallboard" in request.url else None)
    await office.desk.hears("7001", "Where is my order?", ago=5)
    office.tells()
    ada = await office.sits_down(office.ada, "/reports/wallboard")
    await expect(figure(ada, "Waiting now")).to_have_text("1")
    await expect(figure(sam, "Waiting now")).to_have_text("0")
    assert asked_for == []
    await sam.page.get_by_role("button", name="Go on").click()
    await expect(figure(sam, "Waiting now")).to_have_text("1")


async def test_more_than_usual_is_said_with_its_arithmetic_and_the_week_is_a_table(office: Office) -> None:
    desk = office.desk
    await desk.hears("7001", "Hello?", ago=1)
    await asked(desk, datetime.now(UTC) - timedelta(days=60), 59, quick=0.5)
    for number in range(14):
        await desk.hears(str(7100 + number), "Where is my order?", ago=10)
    sam = await office.sits_down(office.sam, "/reports/wallboard", dark=True)
    said = sam.page.get_by_role("list", name="More than usual")
    await expect(said).to_contain_text("15 in the last hour on Acme Shop")
    await expect(said).to_contain_text("in the 8 weeks before")
    week = sam.page.get_by_role("region", name="When customers write").get_by_role("table")
    await expect(week.get_by_role("row")).to_have_count(8)
    await expect(week.get_by_text("now")).to_have_count(1)
    assert await found_by_axe(sam) == []


async def test_a_wall_shows_numbers_until_its_link_is_withdrawn(office: Office) -> None:
    desk = office.desk
    promised = policies.Wanted(policies=[policies.WantedPolicy(name="All", first="4 hours")], version=0)
    await desk.does(policies.put, promised, by=desk.world.admin, since=datetime.now(UTC) - timedelta(days=30))
    await desk.hears("7001", "My secret sorrow", ago=5 * HOURS)
    await desk.is_called("7001", "Mia Keller")
    sam = await office.sits_down(office.sam, "/reports/wallboard")
    opens = sam.page.get_by_role("button", name="Screens on walls")
    await opens.focus()
    await sam.presses("Enter")
    links = sam.page.get_by_role("dialog", name="Screens on walls")
    await expect(links.get_by_label("Where it will hang")).to_be_focused()
    await sam.page.keyboard.type("Hall")
    await sam.presses("Enter")
    made = links.get_by_label("Link for Hall")
    await expect(made).to_be_visible()
    assert await found_by_axe(sam) == []
    address = await made.input_value()

    wall = await office.visitor(width=1920, height=1080)
    asked_for: list[str] = []
    wall.page.on("request", lambda request: asked_for.append(request.url + str(request.headers.get("referer", ""))))
    await wall.goes(address)
    await expect(wall.page.locator("[data-wall=live]")).to_be_visible()
    await expect(wall.page.get_by_role("heading", name="Hall")).to_be_visible()
    shown = wall.page.locator("main")
    await expect(shown).to_contain_text(LATE)
    for word in ("Mia", "secret", "Ana", "Sam"):
        await expect(shown).not_to_contain_text(word)
    assert await wall.page.context.cookies() == []
    secret = address.partition("#")[2]
    assert not [url for url in asked_for if secret in url], "it is in no address that a server sees"
    assert await found_by_axe(wall) == []
    await desk.hears("7002", "Where is my order?", ago=1)
    tile = wall.page.locator("dl.tiles > div").first.locator("dd").first
    await expect(tile).to_have_text("2", timeout=PATIENCE)

    await wall.page.context.set_offline(True)
    await expect(wall.page.locator("[data-wall=stale]")).to_contain_text("not reached since", timeout=PATIENCE)
    await expect(tile).to_have_text("2")
    await wall.page.context.set_offline(False)
    await expect(wall.page.locator("[data-wall=live]")).to_be_visible(timeout=PATIENCE)

    await links.get_by_role("button", name="Withdraw Hall").click()
    await links.get_by_role("button", name="Really withdraw it? Hall").click()
    await expect(links.get_by_text("No link was made yet.")).to_be_visible()
    await sam.presses("Escape")
    await expect(opens).to_be_focused()
    await expect(wall.page.get_by_role("alert")).to_contain_text("This link was withdrawn", timeout=PATIENCE)
    await expect(wall.page.locator("dl.tiles")).to_have_count(0)
    assert await found_by_axe(wall) == []


async def test_an_agent_has_no_wallboard_and_a_wall_without_a_link_shows_nothing(office: Office) -> None:
    ana = await office.sits_down(office.ana, "/reports/wallboard")
    await expect(ana.page.get_by_role("heading", name="How long customers wait")).to_be_visible()
    await expect(ana.page.get_by_role("link", name="Wallboard")).to_have_count(0)
    stranger = await office.visitor(width=390, height=844)
    for address, words in (
        ("/wall", "This address is not whole"),
        ("/wall#earshot_wall_no", "This link was withdrawn"),
    ):
        await stranger.goes("about:blank")
        await stranger.goes(address)
        await expect(stranger.page.get_by_role("alert")).to_contain_text(words)
