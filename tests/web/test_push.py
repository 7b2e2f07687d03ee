"""Push as a person meets it: switched on in a browser, tested, shown by its worker, opened, and switched off."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from playwright.async_api import CDPSession, Worker, expect

from inbox.desk import assignment
from inbox.flow import pushing
from inbox.ground.db import Database
from inbox.ground.ids import new_id
from inbox.ground.outbound import Outbound
from inbox.ground.settings import Settings
from tests.flow.push_service import Service, Subscription, serving
from tests.waiting import until
from tests.web.office import Office, Seat
from tests.web.test_looks import found_by_axe
from tests.web.test_notifications import tells

# A headless browser has no push service and nobody to show anything to: these stand in, all else is the browser's own.
OURS = """
{
  const told = __TOLD__
  const kept = () => JSON.parse(localStorage.getItem("test.subscribed") ?? "null")
  const made = () => kept() && {
    options: { applicationServerKey: Uint8Array.from(kept()).buffer },
    toJSON: () => told,
    unsubscribe: async () => { localStorage.removeItem("test.subscribed"); return true },
  }
  PushManager.prototype.getSubscription = async () => made()
  PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey }) => {
    if (!userVisibleOnly) throw new DOMException("not allowed", "NotAllowedError")
    if (window.noService) throw new DOMException("no push service", "AbortError")
    localStorage.setItem("test.subscribed", JSON.stringify([...applicationServerKey]))
    return made()
  }
  Object.defineProperty(Notification, "permission", { get: () => localStorage.getItem("test.allowed") ?? "default" })
  Notification.requestPermission = async () => (localStorage.setItem("test.allowed", "granted"), "granted")
}
"""
MACHINE = """
self.screen ??= []
ServiceWorkerRegistration.prototype.showNotification = async (title, more) => {
  self.screen = self.screen.filter((one) => one.tag !== more.tag)
  self.screen.push({ title, ...more, close: () => (self.screen = self.screen.filter((one) => one.tag !== more.tag)) })
}
true // a function would be called
"""
NOBODY_LOOKS = "self.clients.matchAll = async () => []"
SHOWN = "self.screen.map(({ title, body, tag, data }) => ({ title, body, tag, path: data.path }))"


@dataclass
class Pushing:
    """An office beside a push service that it may reach."""

    office: Office
    service: Service
    road: pushing.Road

    async def sits_down(
        self, path: str = "/settings/notifications", *, dark: bool = False
    ) -> tuple[Seat, Subscription]:
        """Ana, in a browser that may show notifications."""
        seat = await self.office.visitor(dark=dark)
        mine = self.service.subscription()
        await seat.page.context.add_init_script(OURS.replace("__TOLD__", json.dumps(mine.told)))
        await self.signs_in(seat)
        await seat.goes(path)
        await seat.is_live()
        return seat, mine

    async def signs_in(self, seat: Seat) -> None:
        cookie, _ = await self.office.desk.world.sign_in(self.office.ana)
        await seat.page.context.add_cookies(
            [{"name": "earshot_session", "value": cookie, "url": self.office.settings.base_url}]
        )

    async def works(self) -> None:
        """What a worker does."""
        desk = self.office.desk
        await tells(self.office)
        await desk.rows(
            """UPDATE notification SET push_due_at = now() WHERE workspace_id = $1 AND push_due_at IS NOT NULL
               RETURNING id"""
        )
        await pushing.spread(desk.database, desk.workspace_id)
        await pushing.deliver(self.road, desk.workspace_id)

    async def devices(self) -> int:
        return len(await self.office.desk.rows("SELECT id FROM push_subscription WHERE workspace_id = $1"))


@pytest.fixture
async def push(office: Office, database: Database, settings: Settings) -> AsyncIterator[Pushing]:
    desk = office.desk
    async with serving() as service:
        await desk.rows("UPDATE workspace SET is_demo = true WHERE id = $1 RETURNING id")
        outbound = Outbound(replace(settings, demo_ports={"push": service.port}))
        await office.closes()
        office.settings = replace(office.settings, demo_ports={"push": service.port})
        await office.opens()
        yield Pushing(office, service, pushing.Road(database, desk.world.safe, outbound, "mailto:ops@example.com"))
        await outbound.close()


async def worker_of(seat: Seat) -> tuple[Worker, CDPSession, str]:
    """The page's service worker, and how the browser's push service would wake it."""
    context = seat.page.context
    worker = context.service_workers[0] if context.service_workers else await context.wait_for_event("serviceworker")
    line = await context.new_cdp_session(seat.page)
    found: list[str] = []
    line.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: found.extend(one["registrationId"] for one in told["registrations"] if not one["isDeleted"]),
    )
    await line.send("ServiceWorker.enable")
    await until(lambda: bool(found))
    return worker, line, found[0]


async def arrives(seat: Seat, message: Any, *, looks: bool = False) -> Worker:
    """A push message reaches this browser."""
    worker, line, registration = await worker_of(seat)
    await worker.evaluate(MACHINE)
    if not looks:
        await worker.evaluate(NOBODY_LOOKS)
    text = message if isinstance(message, str) else json.dumps(message)
    origin = seat.page.url.split("/settings")[0].split("/inbox")[0]
    await line.send(
        "ServiceWorker.deliverPushMessage", {"origin": origin, "registrationId": registration, "data": text}
    )
    return worker


async def shown(worker: Worker) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await worker.evaluate(SHOWN)
    return found


async def test_push_is_switched_on_tested_and_switched_off(push: Pushing) -> None:
    seat, mine = await push.sits_down()
    page = seat.page
    await expect(page.get_by_text("Be told of what is ticked under Push")).to_be_visible()
    assert await found_by_axe(seat) == []
    await page.get_by_role("button", name="Switch on here").click()
    await expect(page.get_by_text("You are told here of what is ticked under Push")).to_be_visible()
    assert await push.devices() == 1
    await page.get_by_role("button", name="Send one to this browser").click()
    await expect(page.get_by_text("Your browser's push service took it.")).to_be_visible()
    assert [one["kind"] for one in mine.messages] == ["test"]
    assert await found_by_axe(seat) == []

    worker = await arrives(seat, mine.messages[0], looks=True)
    await until(lambda: shown(worker))
    (one,) = await shown(worker)
    assert (one["title"], one["path"]) == ("Northwind", "/settings/notifications")
    assert one["body"] == "This is how you are told when no page of Earshot is open."

    await push.office.desk.rows("UPDATE push_subscription SET tested_at = NULL WHERE workspace_id = $1 RETURNING id")
    push.service.status = 403
    await page.get_by_role("button", name="Send one to this browser").click()
    await expect(page.get_by_text("The browser's push service said no (403).")).to_be_visible()
    await push.office.desk.rows("UPDATE push_subscription SET tested_at = NULL WHERE workspace_id = $1 RETURNING id")
    push.service.status = 410
    await page.get_by_role("button", name="Send one to this browser").click()
    await expect(page.get_by_text("This browser has let go of it. Switch it on again.")).to_be_visible()
    assert await push.devices() == 0
    push.service.status = 201
    await page.get_by_role("button", name="Switch on here").click()
    await expect(page.get_by_role("button", name="Switch off")).to_be_visible()
    await page.get_by_role("button", name="Switch off").click()
    await expect(page.get_by_role("button", name="Switch on here")).to_be_visible()
    assert await push.devices() == 0


async def test_a_conversation_given_to_me_is_shown_in_my_words_once_and_opens(push: Pushing) -> None:
    desk = push.office.desk
    seat, mine = await push.sits_down()
    await seat.page.get_by_role("button", name="Switch on here").click()
    await expect(seat.page.get_by_role("button", name="Switch off")).to_be_visible()
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    await desk.does(assignment.assign, thread, push.office.ana.id, by=push.office.sam)
    await push.works()
    (message,) = mine.messages
    worker = await arrives(seat, message)
    await until(lambda: shown(worker))
    await arrives(seat, message)  # a push service may deliver twice
    (one,) = await shown(worker)
    assert one == {
        "title": "Northwind",
        "body": "A conversation was assigned to you",
        "tag": message["id"],
        "path": f"/inbox/mine/{thread}",
    }
    # A page is there: it comes to the front, and goes there.
    await worker.evaluate("delete self.clients.matchAll")  # its own again
    await worker.evaluate(CLICKED)
    await expect(seat.page).to_have_url(f"{push.office.settings.base_url}/inbox/mine/{thread}")
    await expect(seat.page.locator("[data-message]")).to_contain_text("Where is my order?")
    assert await shown(worker) == []


CLICKED = """self.dispatchEvent(Object.assign(new Event("notificationclick"), {
  notification: self.screen[0], waitUntil: () => undefined }))"""
WITHOUT_PAGE = """async () => {
  self.went = []
  self.clients.openWindow = async (path) => void self.went.push(path)
  self.clients.matchAll = async () => []
}"""


@pytest.mark.parametrize(
    ("path", "opens"),
    [
        ("/inbox/mine/1?a=b", "/inbox/mine/1?a=b"),
        ("https://evil.example/phish", "/"),
        ("//evil.example", "/"),
        ("javascript:alert(1)", "/"),
        (None, "/"),
    ],
)
async def test_with_no_page_open_one_is_opened_and_only_ever_ours(push: Pushing, path: str | None, opens: str) -> None:
    seat, _ = await push.sits_down()
    await seat.page.get_by_role("button", name="Switch on here").click()
    await expect(seat.page.get_by_role("button", name="Switch off")).to_be_visible()
    message = {"id": str(new_id()), "kind": "assigned", "title": "<b>Acme</b>", "said": "x", "path": path}
    worker = await arrives(seat, message)
    await until(lambda: shown(worker))
    await worker.evaluate(WITHOUT_PAGE)
    await worker.evaluate(CLICKED)
    await until(lambda: worker.evaluate("self.went.length > 0"))
    assert await worker.evaluate("self.went") == [opens]


async def test_whoever_looks_is_not_called_and_nonsense_is_no_harm(push: Pushing) -> None:
    seat, _ = await push.sits_down()
    await seat.page.get_by_role("button", name="Switch on here").click()
    await expect(seat.page.get_by_role("button", name="Switch off")).to_be_visible()
    looked = "self.clients.matchAll = async () => { self.looked = true; return [{ focused: true }] }"
    worker, _, _ = await worker_of(seat)
    await worker.evaluate(looked)
    await arrives(
        seat, {"id": str(new_id()), "kind": "assigned", "title": "Acme", "said": "x", "path": "/"}, looks=True
    )
    await until(lambda: worker.evaluate("self.looked === true"))
    assert await shown(worker) == []
    for nonsense in ("", "not json", "null", "[]", '"text"', '{"kind": "__proto__"}'):
        await arrives(seat, nonsense)
    await until(lambda: shown(worker))
    assert {one["title"] for one in await shown(worker)} == {"Earshot"}


async def test_what_was_switched_on_stays_so_under_a_new_session_and_never_for_somebody_else(push: Pushing) -> None:
    seat, _ = await push.sits_down()
    await seat.page.get_by_role("button", name="Switch on here").click()
    await expect(seat.page.get_by_role("button", name="Switch off")).to_be_visible()
    await push.office.desk.rows("DELETE FROM session WHERE workspace_id = $1 RETURNING name")
    assert await push.devices() == 0
    await push.signs_in(seat)
    await seat.goes("/inbox/open")
    await until(lambda: _is(push.devices, 1))
    await push.office.desk.rows("DELETE FROM session WHERE workspace_id = $1 RETURNING name")
    cookie, _ = await push.office.desk.world.sign_in(push.office.sam)
    await seat.page.context.add_cookies(
        [{"name": "earshot_session", "value": cookie, "url": push.office.settings.base_url}]
    )
    await seat.goes("/settings/notifications")
    await expect(seat.page.get_by_role("button", name="Switch on here")).to_be_visible()
    assert await push.devices() == 0


async def _is(count: Any, wanted: int) -> bool:
    return bool(await count() == wanted)


async def test_a_browser_that_cannot_or_may_not_says_so(push: Pushing) -> None:
    seat, _ = await push.sits_down()
    await seat.page.evaluate("window.noService = true")
    await seat.page.get_by_role("button", name="Switch on here").click()
    await expect(seat.page.get_by_text("This browser would not switch it on")).to_be_visible()
    assert await push.devices() == 0
    denied = await push.office.visitor()
    await denied.page.context.add_init_script(
        "Object.defineProperty(Notification, 'permission', { get: () => 'denied' })"
    )
    await push.signs_in(denied)
    await denied.goes("/settings/notifications")
    await expect(
        denied.page.get_by_text("This browser was told not to show notifications of this page.")
    ).to_be_visible()
    assert await found_by_axe(denied) == []
    old = await push.office.visitor(width=390)
    await old.page.context.add_init_script("delete window.PushManager")
    await push.signs_in(old)
    await old.goes("/settings/notifications")
    await expect(old.page.get_by_text("This browser cannot be told while its pages are closed.")).to_be_visible()
    assert await old.page.evaluate("document.documentElement.scrollWidth") <= 390


async def test_names_and_words_are_asked_for_by_hand(push: Pushing) -> None:
    seat, _ = await push.sits_down()
    box = seat.page.get_by_role("checkbox", name="Say who wrote, and what")
    await expect(box).not_to_be_checked()
    async with seat.page.expect_response(lambda answer: answer.request.method == "PATCH"):
        await box.check()
    (row,) = await push.office.desk.rows("SELECT push_says FROM notification_setting WHERE workspace_id = $1")
    assert row["push_says"] is True
