"""Other programs are told of what happens: signed, at least once, however they behave, and never inside our network."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from inbox.desk import alarms, assignment, notifications, policies, tags, webhook_log, webhooks
from inbox.desk.webhook_log import DeliveryOut
from inbox.desk.webhooks import KINDS, Wanted, WebhookOut, address_of
from inbox.flow import names, readers, words
from inbox.flow import webhooks as telling
from inbox.flow.announcing import Webhooks
from inbox.flow.notifying import Notifications
from inbox.flow.webhooks import PAUSES, Outcome, Turn, next_try
from inbox.ground.bell import Bell
from inbox.ground.db import Database
from inbox.ground.errors import Conflict, Invalid
from inbox.ground.outbound import Outbound
from inbox.ground.settings import Settings
from inbox.realtime import events, feed
from tests.desk.story import Desk
from tests.flow.receiver import Receiver, is_signed, receiving
from tests.waiting import until
from workers import loops
from workers.house import House


@dataclass
class Office:
    """A demo workspace, one address it tells, and a worker's hands."""

    desk: Desk
    receiver: Receiver
    outbound: Outbound
    hook: WebhookOut
    secret: str

    async def tells(self) -> Turn:
        """What a worker does: the feed is read to its end, and what is due is sent, one batch."""
        await self.reads()
        return await self.sends()

    async def reads(self) -> None:
        while self.desk.workspace_id in await readers.behind(self.desk.database, Webhooks()):
            await readers.turn(self.desk.database, Webhooks(), self.desk.workspace_id)

    async def sends(self) -> Turn:
        here = self.desk.database, self.desk.world.safe, self.outbound, self.desk.workspace_id
        return await telling.deliver(*here, self.hook.id)

    async def log(self, *, failed: bool = False) -> list[DeliveryOut]:
        here = {"by": self.desk.world.admin, "failed": failed, "cursor": None, "limit": 50}
        return (await self.desk.does(webhook_log.page, self.hook.id, **here)).items

    async def now(self) -> WebhookOut:
        (one,) = await self.desk.does(webhooks.all_of, by=self.desk.world.admin)
        return one

    async def later(self, **passes: Any) -> None:
        """So much time goes by for what is on its way."""
        async with self.desk.database.tenant(self.desk.workspace_id) as connection:
            await connection.execute("UPDATE webhook_delivery SET due_at = due_at - $1::interval", timedelta(**passes))
            await connection.execute(
                """UPDATE webhook SET failing_since = failing_since - $1::interval,
                       rest_until = rest_until - $1::interval""",
                timedelta(**passes),
            )

    async def change(self, **wanted: Any) -> WebhookOut:
        return await self.desk.does(webhooks.change, self.hook.id, Wanted(**wanted), by=self.desk.world.admin)

    async def ping(self) -> UUID:
        return await self.desk.does(webhooks.ping, self.hook.id, by=self.desk.world.admin)


@pytest.fixture
async def office(database: Database, settings: Settings) -> AsyncIterator[Office]:
    desk = await Desk.make(database)
    async with database.tenant(desk.workspace_id) as connection:
        await connection.execute("UPDATE workspace SET is_demo = true WHERE id = $1", desk.workspace_id)
    async with receiving() as receiver:
        outbound = Outbound(replace(settings, demo_ports={"hook": receiver.port}))
        hook = await desk.does(
            webhooks.make, desk.world.safe, Wanted(url=receiver.url, kinds=list(KINDS)), by=desk.world.admin
        )
        assert hook.secret is not None
        assert hook.secret.startswith("whsec_")
        yield Office(desk, receiver, outbound, hook, hook.secret)
        await outbound.close()


async def test_what_happens_is_told_once_signed_and_whole(office: Office) -> None:
    desk = office.desk
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    await desk.does(assignment.assign, thread, desk.ana.id, by=desk.sam)
    await desk.does(tags.put_on, thread, "late", by=desk.ana)
    turn = await office.tells()
    assert turn.sent == len(office.receiver.heard) == 3
    assert await office.tells() == Turn()
    told = {one.told["type"]: one for one in office.receiver.heard}
    assert set(told) == {"message.received", "conversation.assigned", "conversation.tagged"}
    assert all(is_signed(one, office.secret, now=time.time()) for one in told.values())
    assert not any(is_signed(one, "whsec_" + "A" * 44, now=time.time()) for one in told.values())
    received = told["message.received"].told
    assert set(received) == {"type", "timestamp", "data"}
    assert datetime.fromisoformat(received["timestamp"]).tzinfo is not None
    assert received["data"]["message"]["text"] == "Where is my order?"
    assert received["data"]["conversation"]["id"] == str(thread)
    assigned = told["conversation.assigned"].told["data"]
    assert (assigned["by"], assigned["activity"]["data"]["to"]) == (str(desk.sam.id), str(desk.ana.id))
    assert len({one.id for one in told.values()}) == 3
    assert [(one.state, one.status, one.tries, one.error) for one in await office.log()] == [
        ("delivered", 204, 1, "")
    ] * 3


async def test_which_promise_is_at_risk_or_broken_is_told(office: Office) -> None:
    desk = office.desk
    solved = policies.WantedPolicy(name="Solved", first="10 hours", resolution="1 hour")
    wanted, since = policies.Wanted(policies=[solved], version=0), datetime.now(UTC) - timedelta(days=1)
    await desk.does(policies.put, wanted, by=desk.world.admin, since=since)
    await desk.hears("7001", "Where is my order?", ago=50)
    await desk.hears("7002", "Where is mine?", ago=70)
    await alarms.ring(desk.database, desk.workspace_id)
    await office.tells()
    told = [(one.told["type"], one.told["data"].get("promise")) for one in office.receiver.heard]
    assert [one for one in told if one[1]] == [
        ("conversation.at_risk", "resolution"),
        ("conversation.breached", "resolution"),
    ]


async def test_only_what_was_chosen_is_told_and_nothing_of_before(office: Office) -> None:
    await office.change(kinds=["conversation.tagged"])
    thread = await office.desk.hears("7001", "Where is my order?", ago=60)
    await office.desk.does(tags.put_on, thread, "late", by=office.desk.ana)
    late = await office.desk.does(
        webhooks.make,
        office.desk.world.safe,
        Wanted(url=office.receiver.url, kinds=["conversation.tagged"]),
        by=office.desk.world.admin,
    )
    await office.tells()
    assert office.receiver.kinds == ["conversation.tagged"]
    rows = await office.desk.rows("SELECT webhook_id FROM webhook_delivery WHERE workspace_id = $1")
    assert [row["webhook_id"] for row in rows] == [office.hook.id]
    assert late.id != office.hook.id


async def test_who_refuses_is_asked_again_under_the_same_id_until_it_is_taken(office: Office) -> None:
    office.receiver.status, office.receiver.text = 503, "<b>busy</b>" + "x" * 5000
    await office.ping()
    await office.tells()
    (one,) = await office.log()
    assert (one.state, one.status, one.error, one.tries) == ("pending", 503, "status", 1)
    assert one.answer == ("<b>busy</b>" + "x" * 5000)[:300]
    assert one.took_ms is not None
    assert (await office.now()).failing_since is not None
    assert await office.tells() == Turn(), "not before its time"
    await office.later(seconds=7)
    office.receiver.status = 200
    await office.tells()
    (one,) = await office.log()
    assert (one.state, one.tries) == ("delivered", 2)
    assert len({heard.id for heard in office.receiver.heard}) == 1
    assert (await office.now()).failing_since is None


async def test_it_is_given_up_after_ten_tries_and_sent_again_by_hand(office: Office) -> None:
    office.receiver.status = 500
    began = datetime.now(UTC) - timedelta(minutes=1)
    await office.ping()
    await office.ping()
    for _ in PAUSES:
        await office.tells()
        await office.later(hours=30)
        async with office.desk.database.tenant(office.desk.workspace_id) as connection:
            await connection.execute("UPDATE webhook SET failing_since = now()")
    await office.tells()
    assert [(one.state, one.tries) for one in await office.log(failed=True)] == [("failed", 10)] * 2
    assert (await office.now()).failed == 2
    await office.later(days=30)
    assert await office.tells() == Turn()
    office.receiver.status, office.receiver.heard = 200, []
    first, second = await office.log()
    await office.desk.does(webhook_log.replay, office.hook.id, first.id, by=office.desk.world.admin)
    await office.tells()
    assert [one.id for one in office.receiver.heard] == [f"msg_{first.id.hex}"]
    by = office.desk.world.admin
    assert await office.desk.does(webhook_log.replay_failed, office.hook.id, datetime.now(UTC), by=by) == 0
    assert await office.desk.does(webhook_log.replay_failed, office.hook.id, began, by=by) == 1
    await office.tells()
    assert [one.id for one in office.receiver.heard][1:] == [f"msg_{second.id.hex}"]
    assert await office.log(failed=True) == []


async def test_an_address_that_is_gone_is_switched_off_the_admins_are_told_and_nothing_is_missing(
    office: Office,
) -> None:
    desk = office.desk
    office.receiver.status = 410
    await office.ping()
    assert (await office.tells()).told
    assert ((await office.now()).state, (await office.now()).off_reason) == ("off", "gone")
    with pytest.raises(Conflict):
        await office.ping()
    while desk.workspace_id in await readers.behind(desk.database, Notifications()):
        await readers.turn(desk.database, Notifications(), desk.workspace_id)
    for who, kinds in ((desk.world.admin, ["webhook_off"]), (desk.sam, []), (desk.ana, [])):
        found = await desk.does(notifications.page, who, cursor=None, limit=50)
        assert [one.kind for one in found.items] == kinds
    await desk.hears("7001", "Where is my order?", ago=60)
    await office.tells()
    assert [(one.kind, one.state, one.error) for one in await office.log(failed=True)] == [
        ("message.received", "failed", "switched_off"),
        ("webhook.ping", "failed", "switched_off"),
    ]
    office.receiver.status = 200
    await office.change(state="on")
    await desk.does(webhook_log.replay_failed, office.hook.id, datetime(2020, 1, 1, tzinfo=UTC), by=desk.world.admin)
    await office.tells()
    assert set(office.receiver.kinds[1:]) == {"message.received", "webhook.ping"}
    verbs = [row["verb"] for row in await desk.rows("SELECT verb FROM audit_entry WHERE workspace_id = $1 ORDER BY at")]
    assert [verb for verb in verbs if verb.startswith("webhook")] == [
        "webhook_made",
        "webhook_switched_off",
        "webhook_changed",
        "webhook_replayed",
    ]


async def test_who_takes_nothing_for_days_is_switched_off_and_who_took_something_is_not(office: Office) -> None:
    office.receiver.status = 500
    await office.ping()
    await office.tells()
    await office.later(days=5, minutes=1)
    office.receiver.status = 200
    await office.tells()
    assert (await office.now()).state == "on"
    office.receiver.status = 500
    await office.ping()
    await office.tells()
    await office.later(days=5, minutes=1)
    await office.tells()
    assert ((await office.now()).state, (await office.now()).off_reason) == ("off", "failing")


async def test_nobody_leads_us_inside_and_nobody_keeps_us_waiting(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with receiving() as inside:
        office.receiver.status, office.receiver.headers = 307, {"location": inside.url}
        await office.ping()
        await office.tells()
        (one,) = await office.log()
        assert (one.state, one.status, one.error) == ("pending", 307, "redirect")
        assert inside.heard == []
        # An address that became one of ours since it was written down.
        async with office.desk.database.tenant(office.desk.workspace_id) as connection:
            await connection.execute("UPDATE webhook SET url = $1", inside.url)
        await office.later(seconds=7)
        await office.tells()
        (one,) = await office.log()
        assert (one.status, one.error) == (None, "refused")
        assert inside.heard == []
    async with office.desk.database.tenant(office.desk.workspace_id) as connection:
        await connection.execute("UPDATE webhook SET url = $1", office.receiver.url)
    monkeypatch.setattr(telling, "PATIENCE", 0.2)
    office.receiver.hang = True
    await office.later(minutes=7)
    await office.tells()
    (one,) = await office.log()
    assert (one.error, one.tries) == ("timeout", 3)


async def test_who_asks_for_time_is_given_it(office: Office) -> None:
    office.receiver.status, office.receiver.headers = 429, {"retry-after": "3600"}
    await office.ping()
    await office.tells()
    office.receiver.status = 204
    await office.ping()
    assert await office.sends() == Turn()
    assert (office.desk.workspace_id, office.hook.id) not in await telling.due(office.desk.database)
    await office.later(minutes=61)
    assert (office.desk.workspace_id, office.hook.id) in await telling.due(office.desk.database)
    assert (await office.sends()).sent == 2


async def test_a_new_secret_signs_beside_the_former_one_for_a_day(office: Office) -> None:
    changed = await office.desk.does(
        webhooks.rotate, office.desk.world.safe, office.hook.id, by=office.desk.world.admin
    )
    assert changed.secret not in (None, office.secret)
    await office.ping()
    await office.tells()
    (both,) = office.receiver.heard
    assert is_signed(both, str(changed.secret), now=time.time())
    assert is_signed(both, office.secret, now=time.time())
    async with office.desk.database.tenant(office.desk.workspace_id) as connection:
        await connection.execute("UPDATE webhook SET previous_until = now()")
    await office.ping()
    await office.tells()
    last = office.receiver.heard[-1]
    assert is_signed(last, str(changed.secret), now=time.time())
    assert not is_signed(last, office.secret, now=time.time())
    stored = await office.desk.rows("SELECT secrets FROM webhook WHERE workspace_id = $1")
    assert str(changed.secret)[6:].encode() not in stored[0]["secrets"]


async def test_many_workers_send_each_of_many_once_and_who_died_is_followed(office: Office) -> None:
    for _ in range(25):
        await office.ping()
    turns = await asyncio.gather(*(office.sends() for _ in range(4)))
    assert sum(turn.sent for turn in turns) == len({one.id for one in office.receiver.heard}) == 25
    assert len(office.receiver.heard) == 25
    await office.ping()
    async with office.desk.database.tenant(office.desk.workspace_id) as connection:
        await telling._claim(connection, office.desk.world.safe, office.desk.workspace_id, office.hook.id)
    assert await office.sends() == Turn(), "it is in somebody's hands"
    await office.later(minutes=2)
    assert (await office.sends()).sent == 1


async def test_words_that_were_let_go_are_told_no_more_and_no_answer_keeps_them(office: Office) -> None:
    desk, office.receiver.status, office.receiver.echo = office.desk, 200, True
    thread = await desk.hears("7001", "My number is 555-0199", ago=60)
    await office.tells()
    (one,) = await office.log()
    assert one.answer != ""
    ids = [row["id"] for row in await desk.rows("SELECT id FROM message WHERE workspace_id = $1")]
    await words.redact(desk.database, desk.workspace_id, [thread], ids)
    async with desk.database.tenant(desk.workspace_id) as connection:
        hasher = await names.known(desk.database, connection)
        await words.let_go(connection, desk.workspace_id, ids, hasher, erase=True)
    (one,) = await office.log()
    assert one.answer == ""
    office.receiver.heard.clear()
    await desk.does(webhook_log.replay, office.hook.id, one.id, by=desk.world.admin)
    await office.sends()
    assert b"555-0199" not in office.receiver.heard[0].body


async def test_the_log_goes_after_a_month_and_what_is_on_its_way_stays(office: Office) -> None:
    await office.ping()
    await office.tells()
    office.receiver.status = 500
    await office.ping()
    await office.tells()
    assert await telling.forget(office.desk.database) == 0
    async with office.desk.database.tenant(office.desk.workspace_id) as connection:
        await connection.execute("UPDATE webhook_delivery SET created_at = now() - interval '31 days'")
    assert await telling.forget(office.desk.database) == 1
    assert [one.state for one in await office.log()] == ["pending"]


async def test_one_loop_tells_everybody_also_beside_who_hangs(office: Office, settings: Settings) -> None:
    desk = office.desk
    async with receiving() as stuck:
        stuck.hang = True
        outbound = Outbound(replace(settings, demo_ports={"hook": office.receiver.port, "stuck": stuck.port}))
        await desk.does(
            webhooks.make, desk.world.safe, Wanted(url=stuck.url, kinds=["message.received"]), by=desk.world.admin
        )
        for n in range(3):
            await desk.hears(f"700{n}", "Hello?", ago=60 - n)
        await office.reads()
        bell, stop = Bell(settings), asyncio.Event()
        house = House(settings, desk.database, bell, desk.world.safe, outbound, {})
        running = asyncio.create_task(loops.tell_webhooks(house, stop))
        try:
            await until(lambda: len(office.receiver.heard) == 3 and len(stuck.heard) == 3, "everybody was told")
            await office.ping()
            await until(lambda: len(office.receiver.heard) == 4, "and told again, while the other hangs")
        finally:
            stop.set()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await outbound.close()


@pytest.mark.parametrize(
    ("tries", "waits", "luck"),
    [(1, timedelta(seconds=5), 0.5), (2, timedelta(minutes=6), 1.0), (9, timedelta(hours=19.2), 0.0), (10, None, 0.5)],
)
def test_each_pause_is_longer_than_the_last(tries: int, waits: timedelta | None, luck: float) -> None:
    now = datetime(2026, 11, 26, tzinfo=UTC)
    asked = now + timedelta(days=1)
    assert next_try(tries, Outcome("status"), now, luck) == (now + waits if waits else None)
    assert next_try(tries, Outcome("status", not_before=asked), now, luck) == (asked if waits else None)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hook",
        "ftp://example.com",
        "https://",
        "https://localhost/x",
        "https://intranet/x",
        "https://db.internal/x",
        "https://127.0.0.1/x",
        "https://10.1.2.3/x",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/x",
        "https://[::ffff:10.0.0.1]/x",
        "https://me:secret@example.com/x",
        "https://example.com:8443/x",
        "https://example.com:x/",
        "http://127.0.0.1:80/x",
        "javascript:alert(1)",
    ],
)
def test_no_address_inside_is_written_down(url: str) -> None:
    with pytest.raises(Invalid):
        address_of(url, is_demo=False)


def test_a_public_address_is_and_one_of_this_machine_in_a_demo_alone() -> None:
    assert address_of(" https://example.com/hook?a=1 ", is_demo=False) == "https://example.com/hook?a=1"
    assert address_of("http://127.0.0.1:9/x", is_demo=True) == "http://127.0.0.1:9/x"
    with pytest.raises(Invalid):
        address_of("http://localhost:9/x", is_demo=True)


async def test_an_event_that_is_read_twice_is_told_once(office: Office) -> None:
    async with office.desk.database.tenant(office.desk.workspace_id) as connection:
        thread = await connection.fetchval("SELECT gen_random_uuid()")
        happening = events.Happening("conversation.tagged", conversation=thread)
        await events.number(connection, office.desk.workspace_id, [happening])
        entries = await feed.read(connection, office.desk.workspace_id, 0)
        for _ in range(2):
            await Webhooks().take(connection, office.desk.workspace_id, entries)
    assert [one.kind for one in await office.log()] == ["conversation.tagged"]
