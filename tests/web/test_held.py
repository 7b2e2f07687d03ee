"""A moderator finds what a network holds back for review, shows it to everybody, or rejects it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from inbox.ground.db import Database
from inbox.ground.settings import Settings
from inbox.platforms.simulation import Person
from tests.web.office import Seat
from tests.web.outside import Outside, outside
from tests.web.test_looks import found_by_axe

MIA, SPAMMER = Person("7001", "Mia Keller", "miakeller"), Person("7002", "Coins 4 All", "coins4all")
ASKED, OFFERED, SEEN = "Is it still on sale?", "Cheap coins at coins dot example", "Lovely video!"
WHY = "Held for review: nobody else sees it yet"


@pytest.fixture
async def there(database: Database, settings: Settings, browser: Browser) -> AsyncIterator[Outside]:
    async with outside(database, settings, browser, "youtube") as network:
        yield network


async def two_are_held(there: Outside, *, dark: bool = False) -> Seat:
    """Of three comments two are held back; Ana has opened the list of those."""
    video = await there.network.publish("How our lamps are made")
    await there.network.comment(Person("7003", "Li Wei"), post=video, text=SEEN)
    for who, text in ((MIA, ASKED), (SPAMMER, OFFERED)):
        await there.network.hold(await there.network.comment(who, post=video, text=text))
    await there.is_heard()
    seat = await there.office.sits_down(there.office.ana, dark=dark)
    await seat.page.get_by_role("link", name="Held for review").click()
    return seat


async def test_what_is_held_is_found_in_one_place_and_said_to_be_so(there: Outside) -> None:
    seat = await two_are_held(there)
    await expect(seat.rows).to_have_count(2)
    await expect(seat.row(SEEN)).to_have_count(0)
    await expect(seat.row(ASKED).get_by_title("1 message held for review")).to_be_visible()
    await seat.opens(ASKED)
    await expect(seat.page.get_by_role("group", name="Held for review")).to_contain_text(WHY)
    await expect(seat.bubble(ASKED)).to_contain_text("Needs a reply")
    await expect(seat.bubble(ASKED)).not_to_contain_text("hidden from others")


async def test_approved_everybody_sees_it(there: Outside) -> None:
    seat = await two_are_held(there)
    await seat.opens(ASKED)
    async with seat.page.expect_response(lambda answer: answer.request.method == "DELETE"):
        await seat.page.get_by_role("button", name="Approve").click()
    await there.is_done()
    await expect(seat.page.get_by_text(WHY)).to_have_count(0)
    await expect(seat.page.get_by_text("approved a comment that was held for review")).to_be_visible()
    await expect(seat.page.get_by_role("link", name="Held for review")).to_contain_text("1")
    assert [one.action for one in there.network.heard] == ["unhide"]


async def test_rejected_it_is_gone_once_somebody_is_sure(there: Outside) -> None:
    seat = await two_are_held(there)
    await seat.opens(OFFERED)
    await seat.page.get_by_role("button", name="Reject").click()
    sure = seat.page.get_by_role("dialog", name="Reject it for good?")
    await expect(sure).to_contain_text("@coins4all")
    await seat.presses("Escape")
    await expect(sure).to_have_count(0)
    assert there.network.heard == []
    await seat.page.get_by_role("button", name="Reject").click()
    async with seat.page.expect_response("**/removal"):
        await sure.get_by_role("button", name="Reject").click()
    await there.is_done()
    await expect(seat.page.get_by_text(WHY)).to_have_count(0)
    await expect(seat.page.get_by_role("link", name="Held for review")).to_contain_text("1")
    assert [one.action for one in there.network.heard] == ["delete"]


async def test_what_we_hid_ourselves_is_hidden_and_not_held(there: Outside) -> None:
    seat = await two_are_held(there)
    await seat.goes("/inbox/open")
    await seat.is_live()
    await seat.opens(SEEN)
    async with seat.page.expect_response("**/hiding"):
        await seat.presses("v")
    await there.is_done()
    await expect(seat.bubble(SEEN)).to_contain_text("hidden from others")
    await expect(seat.page.get_by_text(WHY)).to_have_count(0)


async def test_when_nothing_is_held_there_is_no_place_for_it(there: Outside) -> None:
    seat = await there.office.sits_down(there.office.ana)
    await expect(seat.page.get_by_role("link", name="Publishing problems")).to_be_visible()
    await expect(seat.page.get_by_role("link", name="Held for review")).to_have_count(0)
    await seat.goes("/inbox/held")
    await expect(seat.page.get_by_text("Nothing is held for review.")).to_be_visible()


async def test_whoever_may_only_read_sees_that_it_is_held_and_decides_nothing(there: Outside) -> None:
    await (await two_are_held(there)).page.close()
    rea = await there.office.sits_down(there.desk.world.read_only, "/inbox/held")
    await rea.opens(ASKED)
    await expect(rea.page.get_by_text(WHY)).to_be_visible()
    await expect(rea.page.get_by_role("button", name="Approve")).to_have_count(0)
    await expect(rea.page.get_by_role("button", name="Reject")).to_have_count(0)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_axe_finds_nothing(there: Outside, dark: bool) -> None:
    seat = await two_are_held(there, dark=dark)
    await seat.opens(ASKED)
    found = {"thread": await found_by_axe(seat)}
    await seat.page.get_by_role("button", name="Reject").click()
    await expect(seat.page.get_by_role("dialog")).to_be_visible()
    found["sure"] = await found_by_axe(seat)
    assert {name: what for name, what in found.items() if what} == {}
