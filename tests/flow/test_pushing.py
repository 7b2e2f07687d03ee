"""People are told on their devices: once, of what they have not seen, in few words, and never inside our network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inbox import rotate
from inbox.desk import assignment, members, notification_settings, notifications, push, push_key
from inbox.desk.notification_settings import Wanted
from inbox.desk.push import DeviceOut, Keys
from inbox.flow import pushing, readers
from inbox.flow.notifying import Notifications
from inbox.flow.pushing import PAUSES, Outcome, Road, contact_of, next_try
from inbox.ground.crypto import Safe
from inbox.ground.db import Database
from inbox.ground.errors import Invalid, NotFound, TooMany
from inbox.ground.ids import new_id
from inbox.ground.outbound import Outbound
from inbox.ground.pushing import PushKey
from inbox.people import sessions
from inbox.people.access import Agent, Right
from inbox.people.sessions import SignedIn, hash_of
from tests.desk.story import Desk
from tests.flow.push_service import Service, Subscription, serving

MEDIA = ["in_app", "push"]


@dataclass
class Office:
    """A demo workspace, a push service beside it, and a worker's hands."""

    desk: Desk
    service: Service
    road: Road

    async def signs_in(self, who: Agent) -> SignedIn:
        cookie, csrf = await self.desk.world.sign_in(who)
        return SignedIn(who, hash_of(cookie), csrf)

    async def switches_on(self, who: SignedIn, browser: Subscription | None = None) -> Subscription:
        """This browser is to be told."""
        browser = browser or self.service.subscription()
        await self.keeps(who, browser.url, browser)
        return browser

    async def keeps(self, who: SignedIn, url: str, browser: Subscription) -> list[DeviceOut]:
        wanted = push.Wanted(url, Keys(browser.p256dh, browser.auth))
        async with self.desk.database.session(self.desk.workspace_id) as session:
            return await push.keep(session, self.desk.world.safe, wanted, who=who)

    async def devices(self, who: SignedIn) -> list[DeviceOut]:
        async with self.desk.database.session(self.desk.workspace_id) as session:
            return await push.of_person(session, who)

    async def gives(self, who: str = "7001", text: str = "Where is my order?", *, ago: float = 60) -> Any:
        """Ana is given a conversation, and told."""
        thread = await self.desk.hears(who, text, ago=ago)
        await self.desk.does(assignment.assign, thread, self.desk.ana.id, by=self.desk.sam)
        await self.reads()
        return thread

    async def reads(self) -> None:
        while self.desk.workspace_id in await readers.behind(self.desk.database, Notifications()):
            await readers.turn(self.desk.database, Notifications(), self.desk.workspace_id)

    async def pushes(self, **passes: Any) -> None:
        """What a worker does, when so much time has gone by (by itself: as long as somebody may still be looking)."""
        await self.later(**(passes or {"seconds": 6}))
        for workspace_id in await pushing.waiting(self.desk.database):
            await pushing.spread(self.desk.database, workspace_id)
        await self.sends()

    async def sends(self) -> None:
        while self.desk.workspace_id in await pushing.due(self.desk.database):
            await pushing.deliver(self.road, self.desk.workspace_id)

    async def later(self, **passes: Any) -> None:
        async with self.desk.database.tenant(self.desk.workspace_id) as connection:
            gone = timedelta(**passes)
            await connection.execute("UPDATE notification SET push_due_at = push_due_at - $1::interval", gone)
            await connection.execute(
                "UPDATE push_letter SET due_at = due_at - $1::interval, ends_at = ends_at - $1::interval", gone
            )
            await connection.execute("UPDATE push_subscription SET tested_at = tested_at - $1::interval", gone)

    async def wants(self, who: Agent, **wanted: Any) -> None:
        await self.desk.does(notification_settings.change, Wanted(**wanted), by=who, mails=True)

    async def letters(self) -> list[Any]:
        return await self.desk.rows("SELECT * FROM push_letter WHERE workspace_id = $1")


@pytest.fixture
async def office(database: Database, owner: Any) -> AsyncIterator[Office]:
    desk = await Desk.make(database)
    async with serving() as service:
        await owner.execute("UPDATE workspace SET is_demo = true WHERE id = $1", desk.workspace_id)
        outbound = Outbound(replace(database.settings, demo_ports={"push": service.port}))
        yield Office(desk, service, Road(database, desk.world.safe, outbound, "mailto:ops@example.com"))
        await outbound.close()


async def test_whoever_is_given_a_conversation_is_told_on_each_device_in_few_words(office: Office) -> None:
    desk_browser, phone = await office.signs_in(office.desk.ana), await office.signs_in(office.desk.ana)
    one, other = await office.switches_on(desk_browser), await office.switches_on(phone)
    sams = await office.switches_on(await office.signs_in(office.desk.sam))
    thread = await office.gives(text="My card is 4111 and I am furious")
    await office.pushes()
    (message,), (same,) = one.messages, other.messages
    assert message == same
    (row,) = await office.desk.rows("SELECT id FROM notification WHERE workspace_id = $1")
    assert message == {
        "id": str(row["id"]),
        "kind": "assigned",
        "title": "Acme",
        "said": "A conversation was assigned to you",
        "path": f"/inbox/mine/{thread}",
    }
    headers = one.heard[0].headers
    assert (headers["urgency"], headers["content-encoding"]) == ("normal", "aes128gcm")
    assert 0 < int(headers["ttl"]) <= 12 * 3600
    assert len(headers["topic"]) == 32
    assert headers["authorization"].startswith("vapid t=")
    assert sams.messages == []
    assert [device.trouble for device in await office.devices(phone)] == ["", ""]
    await office.pushes(hours=1)
    assert len(one.messages) == 1


async def test_names_and_words_only_for_whoever_asked_for_them(office: Office) -> None:
    browser = await office.switches_on(await office.signs_in(office.desk.ana))
    await office.wants(office.desk.ana, push_says=True)
    thread = await office.gives()
    await office.pushes()
    assert browser.messages[0].keys() == {"id", "kind", "title", "said", "path"}  # nothing was written in this
    await office.desk.does(notifications.read_all, datetime.now(UTC) + timedelta(minutes=1), by=office.desk.ana)
    async with office.desk.database.tenant(office.desk.workspace_id) as connection:
        await connection.execute("UPDATE contact_identity SET name = 'Gina'")
    await office.desk.hears("7001", "Hello? <b>" + "x" * 400, ago=10)
    await office.reads()
    await office.pushes()
    said = browser.messages[-1]
    assert (said["kind"], said["path"]) == ("wrote_again", f"/inbox/mine/{thread}")
    assert said["text"].startswith("Hello? <b>xx")
    assert len(said["text"]) == 300
    assert said["who"] == "Gina"


async def test_ten_messages_are_one_until_it_is_read(office: Office) -> None:
    browser = await office.switches_on(await office.signs_in(office.desk.ana))
    await office.wants(office.desk.ana, choices={"assigned": []})
    await office.gives()
    for n in range(10):
        await office.desk.hears("7001", f"Hello? {n}", ago=50 - n)
        await office.reads()
        await office.pushes()
    assert [one["kind"] for one in browser.messages] == ["wrote_again"]
    await office.desk.does(notifications.read_all, datetime.now(UTC) + timedelta(minutes=1), by=office.desk.ana)
    await office.desk.hears("7001", "Anybody?", ago=5)
    await office.reads()
    await office.pushes()
    assert len(browser.messages) == 2
    assert len({one.headers["topic"] for one in browser.heard}) == 1  # the later one replaces what waits


async def test_whoever_is_looking_is_not_called(office: Office) -> None:
    browser = await office.switches_on(await office.signs_in(office.desk.ana))
    thread = await office.gives()
    await office.pushes(seconds=1)
    soon = datetime.now(UTC) + timedelta(minutes=1)
    await office.desk.does(notifications.read_all, soon, by=office.desk.ana, conversation_id=thread)
    await office.pushes()
    assert browser.messages == []
    # Nor is whoever read it while the push service kept us waiting.
    office.service.statuses = [503]
    await office.gives("7002", ago=30)
    await office.pushes()
    await office.desk.does(notifications.read_all, soon, by=office.desk.ana)
    await office.pushes(minutes=10)
    assert browser.messages == []
    assert [row["due_at"] for row in await office.letters()] == [None]


async def test_only_what_they_chose_and_not_in_quiet_hours(office: Office) -> None:
    who = await office.signs_in(office.desk.ana)
    browser = await office.switches_on(who)
    await office.wants(office.desk.ana, choices={"assigned": ["in_app"]})
    await office.gives()
    await office.pushes()
    assert browser.messages == []
    now = datetime.now(UTC)
    quiet = ((now - timedelta(hours=1)).time(), (now + timedelta(hours=2)).time().replace(microsecond=0))
    await office.wants(office.desk.ana, choices={"assigned": MEDIA}, quiet=quiet, time_zone="UTC")
    await office.gives("7002", ago=30)
    await office.pushes(minutes=1)
    assert browser.messages == []
    (row,) = await office.desk.rows(
        "SELECT push_due_at FROM notification WHERE workspace_id = $1 AND push_due_at IS NOT NULL"
    )
    assert row["push_due_at"].replace(microsecond=0).time() <= quiet[1]
    await office.wants(office.desk.ana, quiet=None)
    await office.pushes(hours=3)
    assert [one["kind"] for one in browser.messages] == ["assigned"]


async def test_quiet_hours_that_begin_meanwhile_are_kept(office: Office) -> None:
    browser = await office.switches_on(await office.signs_in(office.desk.ana))
    await office.gives()
    now = datetime.now(UTC)
    quiet = ((now - timedelta(hours=1)).time(), (now + timedelta(hours=2)).time())
    await office.wants(office.desk.ana, quiet=quiet, time_zone="UTC")
    await office.pushes()
    assert browser.messages == []
    assert await office.letters() == []


@pytest.mark.parametrize("status", [404, 410])
async def test_a_browser_that_let_go_is_forgotten(office: Office, status: int) -> None:
    who = await office.signs_in(office.desk.ana)
    await office.switches_on(who)
    office.service.status = status
    await office.gives()
    await office.pushes()
    assert await office.devices(who) == []
    assert await office.letters() == []
    assert office.service.asked == 1


@pytest.mark.parametrize(
    ("statuses", "asked", "heard"),
    [
        pytest.param([503, 500], 3, 1, id="the service is down"),
        pytest.param([429], 2, 1, id="too many"),
        pytest.param([403], 1, 0, id="it does not know us"),
        pytest.param([413], 1, 0, id="too large"),
        pytest.param([302], 1, 0, id="no redirect is followed"),
        pytest.param([500] * 20, 1 + len(PAUSES), 0, id="given up in the end"),
    ],
)
async def test_what_may_pass_is_tried_again_and_what_will_not_is_said(
    office: Office, statuses: list[int], asked: int, heard: int
) -> None:
    who = await office.signs_in(office.desk.ana)
    browser = await office.switches_on(who)
    office.service.statuses = list(statuses)
    await office.gives()
    await office.pushes()
    for _ in range(len(PAUSES) + 2):
        await office.pushes(minutes=61)
    assert (office.service.asked, len(browser.messages)) == (asked, heard)
    (device,) = await office.devices(who)
    assert bool(device.trouble) is not bool(heard)
    assert device.status == (201 if heard else statuses[0])


async def test_a_service_that_hangs_holds_nobody_up_for_ever(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    who = await office.signs_in(office.desk.ana)
    await office.switches_on(who)
    monkeypatch.setattr(pushing, "PATIENCE", 0.3)
    office.service.hang = True
    await office.gives()
    await office.pushes()
    (device,) = await office.devices(who)
    assert device.trouble == "timeout"
    assert (await office.letters())[0]["due_at"] is not None


async def test_many_workers_say_it_once(office: Office) -> None:
    browsers = [await office.switches_on(await office.signs_in(office.desk.ana)) for _ in range(3)]
    for n in range(8):
        await office.gives(f"71{n:02}", ago=60 - n)
    await office.later(seconds=6)
    here = office.desk.database, office.desk.workspace_id
    await asyncio.gather(*(pushing.spread(*here) for _ in range(4)))
    await asyncio.gather(*(office.sends() for _ in range(4)))
    for browser in browsers:
        assert len({one["id"] for one in browser.messages}) == len(browser.messages) == 8


async def test_whoever_dies_between_sending_and_noting_says_the_same_again(office: Office) -> None:
    browser = await office.switches_on(await office.signs_in(office.desk.ana))
    await office.gives()
    await office.later(seconds=6)
    await pushing.spread(office.desk.database, office.desk.workspace_id)
    async with office.desk.database.tenant(office.desk.workspace_id) as connection:  # claimed, and gone
        await connection.fetch(pushing.CLAIM, office.desk.workspace_id, 20, pushing.LEASE)
    await office.sends()
    assert browser.messages == []
    await office.later(minutes=2)
    await office.sends()
    assert len(browser.messages) == 1


async def test_what_is_no_news_any_more_is_let_go(office: Office) -> None:
    browser = await office.switches_on(await office.signs_in(office.desk.ana))
    office.service.statuses = [503]
    await office.gives()
    await office.pushes()
    await office.pushes(hours=13)
    assert browser.messages == []
    assert (await office.letters())[0]["due_at"] is None
    await office.later(days=3)
    await pushing.forget(office.desk.database)
    assert await office.letters() == []


async def test_a_device_goes_with_its_session_and_its_person(office: Office) -> None:
    world, ana = office.desk.world, office.desk.ana
    first, second, third = [await office.signs_in(ana) for _ in range(3)]
    for who in (first, second, third):
        await office.switches_on(who)
    async with office.desk.database.app.acquire() as connection:
        assert first.session_id is not None
        await sessions.close(connection, first.session_id)
    assert len(await office.devices(second)) == 2
    async with office.desk.database.session(world.workspace_id) as session:
        await sessions.revoke_others(session, second)
    assert len(await office.devices(second)) == 1
    async with office.desk.database.session(world.workspace_id) as session:
        await members.change(session, world.admin, ana.id, members.Change(active=False))
    assert await office.desk.rows("SELECT id FROM push_subscription WHERE workspace_id = $1") == []


async def test_an_expired_session_is_told_nothing(office: Office, owner: Any) -> None:
    who = await office.signs_in(office.desk.ana)
    browser = await office.switches_on(who)
    await owner.execute("UPDATE session SET expires_at = now() - interval '1 minute' WHERE id = $1", who.session_id)
    await office.gives()
    await office.pushes()
    assert browser.messages == []


async def test_a_browser_that_changes_hands_takes_nothing_with_it(office: Office) -> None:
    anas = await office.signs_in(office.desk.ana)
    browser = await office.switches_on(anas)
    await office.gives()
    sams = await office.signs_in(office.desk.sam)
    await office.switches_on(sams, browser)
    await office.pushes()
    assert browser.messages == []
    assert await office.devices(anas) == []
    assert len(await office.devices(sams)) == 1


async def test_the_same_browser_told_again_is_one(office: Office) -> None:
    who = await office.signs_in(office.desk.ana)
    browser = await office.switches_on(who)
    await office.switches_on(who, browser)
    assert len(await office.devices(who)) == 1
    await office.switches_on(who)  # its browser made a new one
    assert len(await office.devices(who)) == 1


async def test_what_is_of_a_channel_they_no_longer_see_is_not_said(office: Office) -> None:
    browser = await office.switches_on(await office.signs_in(office.desk.ana))
    await office.gives()
    async with office.desk.database.tenant(office.desk.workspace_id) as connection:
        await connection.execute("UPDATE membership SET channel_ids = '{}' WHERE user_id = $1", office.desk.ana.id)
    await office.pushes()
    assert browser.messages == []


async def test_a_role_that_sees_every_channel_is_told_of_all(office: Office) -> None:
    await office.desk.world.gives(office.desk.ana, frozenset({Right.EVERYWHERE, Right.ANSWER}))
    async with office.desk.database.tenant(office.desk.workspace_id) as connection:
        await connection.execute("UPDATE membership SET channel_ids = '{}' WHERE user_id = $1", office.desk.ana.id)
    browser = await office.switches_on(await office.signs_in(office.desk.ana))
    await office.gives()
    await office.pushes()
    assert len(browser.messages) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://push.example.com/1",
        "https://127.0.0.1/1",
        "https://localhost/1",
        "https://10.0.0.7/1",
        "https://[::1]/1",
        "https://printer.lan/1",
        "https://push.example.com:8443/1",
        "https://me:secret@push.example.com/1",
        "file:///etc/passwd",
        "",
        "nonsense",
    ],
)
async def test_no_device_lies_inside_our_network(office: Office, owner: Any, url: str) -> None:
    await owner.execute("UPDATE workspace SET is_demo = false WHERE id = $1", office.desk.workspace_id)
    who = await office.signs_in(office.desk.ana)
    with pytest.raises(Invalid):
        await office.keeps(who, url, Subscription.fresh())


async def test_a_name_that_leads_inside_is_refused_when_it_is_used(office: Office, owner: Any) -> None:
    who = await office.signs_in(office.desk.ana)
    await office.switches_on(who)
    await owner.execute("UPDATE workspace SET is_demo = false WHERE id = $1", office.desk.workspace_id)
    await office.gives()
    await office.pushes()
    assert office.service.asked == 0
    assert (await office.devices(who))[0].trouble == "refused"


async def test_a_test_goes_out_at_once_and_says_what_became_of_it(office: Office) -> None:
    who = await office.signs_in(office.desk.ana)
    with pytest.raises(NotFound):
        await pushing.test(office.road, who)
    browser = await office.switches_on(who)
    now = datetime.now(UTC)
    quiet = ((now - timedelta(hours=1)).time(), (now + timedelta(hours=1)).time())
    await office.wants(office.desk.ana, quiet=quiet, time_zone="UTC")
    assert await pushing.test(office.road, who) == Outcome("", 201)
    assert (browser.messages[0]["kind"], browser.messages[0]["path"]) == ("test", "/settings/notifications")
    assert browser.heard[0].headers["urgency"] == "high"
    with pytest.raises(TooMany):
        await pushing.test(office.road, who)
    await office.later(minutes=1)
    office.service.status = 403
    assert await pushing.test(office.road, who) == Outcome("status", 403)
    await office.later(minutes=1)
    office.service.status = 410
    assert (await pushing.test(office.road, who)).is_gone
    assert await office.devices(who) == []


async def test_the_key_is_made_once_and_kept_sealed(office: Office, owner: Any) -> None:
    await owner.execute("DELETE FROM setting WHERE key = 'push'")
    keys = await asyncio.gather(*(push_key.installed(office.desk.database, office.desk.world.safe) for _ in range(5)))
    assert len({key.public for key in keys}) == 1
    kept = str(await owner.fetchval("SELECT value FROM setting WHERE key = 'push'"))
    assert keys[0].kept not in kept
    who = await office.signs_in(office.desk.ana)
    browser = await office.switches_on(who)
    (row,) = await office.desk.rows("SELECT sealed FROM push_subscription WHERE workspace_id = $1")
    for secret in (browser.url, browser.auth, browser.p256dh):
        assert secret.encode() not in bytes(row["sealed"])


async def test_a_new_key_of_the_house_takes_devices_along(office: Office, owner: Any) -> None:
    browser = await office.switches_on(await office.signs_in(office.desk.ana))
    before = (await push_key.installed(office.desk.database, office.desk.world.safe)).public
    fresh = "another key of thirty-two letters or more"
    async with owner.transaction():
        await rotate._reseal(owner, Safe(fresh, office.desk.database.settings.secret_key))
    office.road = replace(office.road, safe=Safe(fresh))
    assert (await push_key.installed(office.desk.database, Safe(fresh))).public == before
    await office.gives()
    await office.pushes()
    assert len(browser.messages) == 1


def test_how_a_push_service_finds_whoever_runs_this() -> None:
    assert contact_of("https://desk.example.com", "ops@example.com") == "mailto:ops@example.com"
    assert contact_of("https://desk.example.com", "") == "https://desk.example.com"
    assert contact_of("http://127.0.0.1:8000", "") == "mailto:earshot@127.0.0.1"


def test_when_it_is_tried_again() -> None:
    now = datetime(2031, 5, 1, 12, tzinfo=UTC)
    parcel = _parcel(now + timedelta(minutes=30))
    assert next_try(parcel, Outcome("", 201), now) is None
    assert next_try(parcel, Outcome("timeout"), now) == now + PAUSES[0]
    asked = now + timedelta(minutes=20)
    assert next_try(parcel, Outcome("status", 429, asked), now) == asked
    assert next_try(parcel, Outcome("status", 429, now + timedelta(hours=1)), now) is None
    assert next_try(parcel, Outcome("refused"), now) is None
    assert next_try(replace(parcel, tries=len(PAUSES) + 1), Outcome("timeout"), now) is None


def _parcel(ends_at: datetime) -> pushing.Parcel:
    key = PushKey.fresh()
    message = pushing.Message(id=new_id(), kind="assigned", title="", said="", path="/")
    return pushing.Parcel(new_id(), new_id(), 1, push.Kept("https://x.example", key.public, ""), message, "", ends_at)
