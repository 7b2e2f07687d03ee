"""A channel is looked after: what it may, whether it is subscribed, until when it is signed in, whether it hears."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from inbox.desk import allowances
from inbox.flow import care, readers
from inbox.flow.hearing import Ear
from inbox.flow.notifying import Notifications
from inbox.flow.road import Road
from inbox.flow.split import split
from inbox.ground.db import Connection
from inbox.platforms.base import Allowance
from inbox.platforms.registry import platforms
from inbox.platforms.simulation import Person
from inbox.platforms.whatsapp.simulator import WhatsApp
from tests.api.town import SECRET, Town
from tests.waiting import until

ANA = Person("7001", "Ana Ruiz")


def road(town: Town) -> Road:
    state = town.web.app.rooms.state
    return Road(state.database, state.bell, town.world.safe, state.outbound, platforms())


def ear(town: Town) -> Ear:
    rooms = road(town)
    return Ear(rooms.database, rooms.bell, rooms.safe, rooms.outbound, rooms.platforms)


async def connected(town: Town) -> UUID:
    answer = await town.connect()
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["id"])


async def look(town: Town, owner: Connection, channel: UUID) -> dict[str, Any]:
    """Two hours later somebody looks after it; gives what Settings shows."""
    await owner.execute("UPDATE channel SET checked_at = now() - interval '2 hours' WHERE id = $1", channel)
    assert (town.world.workspace_id, channel) in await care.due(road(town))
    await care.tend(road(town), town.world.workspace_id, channel)
    assert (town.world.workspace_id, channel) not in await care.due(road(town))
    return await shown(town, channel)


async def shown(town: Town, channel: UUID) -> dict[str, Any]:
    found: dict[str, Any] = (await town.admin.get(f"/channels/{channel}")).json()
    return found


async def bell(town: Town) -> list[tuple[str, str, bool]]:
    """What the admin was told by now: its kind, the channel, whether it needs nobody's eye any more."""
    while town.world.workspace_id in await readers.behind(road(town).database, Notifications()):
        await readers.turn(road(town).database, Notifications(), town.world.workspace_id)
    found = (await town.admin.get("/notifications")).json()["items"]
    return [(one["kind"], one["channel_id"], one["read_at"] is not None) for one in found]


async def test_a_permission_that_was_taken_away_is_noticed_and_told(town: Town, owner: Connection) -> None:
    channel = await connected(town)
    assert (await shown(town, channel))["missing"] == []
    before = await owner.fetchval("SELECT max(seq) FROM event")
    town.network.scopes.remove("pages_messaging")
    found = await look(town, owner, channel)
    assert any("pages_messaging" in one for one in found["missing"])
    assert not next(step["done"] for step in found["steps"] if step["seen"] == "granted")
    told = await owner.fetch("SELECT name FROM event WHERE seq > $1", before)
    assert [row["name"] for row in told] == ["channel.changed"]
    await look(town, owner, channel)
    assert await owner.fetchval("SELECT max(seq) FROM event") == before + 1, "the same news is told once"


async def test_a_subscription_that_was_dropped_is_made_again(town: Town, owner: Connection) -> None:
    channel = await connected(town)
    assert (await shown(town, channel))["health"]["listening"] is True
    town.network.apps.fields.clear()
    found = await look(town, owner, channel)
    assert found["health"]["listening"] is True, found["missing"]
    assert town.network.apps.fields


async def test_a_token_that_was_revoked_signs_the_channel_out_before_anybody_waits(
    town: Town, owner: Connection
) -> None:
    channel = await connected(town)
    town.network.mischief.token_revoked = True
    found = await look(town, owner, channel)
    assert found["state"] == "signed_out"
    assert found["state_reason"]


async def test_who_cannot_be_reached_is_told_to_be_deaf_and_later_to_hear_again(town: Town, owner: Connection) -> None:
    channel = await connected(town)
    nowhere = town.network.url.rpartition(":")[0] + ":1"
    await owner.execute("UPDATE channel SET settings = jsonb_set(settings, '{api_url}', to_jsonb($1::text))", nowhere)
    await ear(town).poll(town.world.workspace_id, channel)
    found = await shown(town, channel)
    assert "cannot be reached" in found["health"]["trouble"]
    assert await care.listen_for_silence(road(town)) == [], "a moment's trouble is no news"
    await owner.execute("UPDATE channel SET trouble_since = now() - interval '11 minutes' WHERE id = $1", channel)
    assert await care.listen_for_silence(road(town)) == [town.world.workspace_id]
    listed = {one["id"]: one for one in (await town.admin.get("/channels")).json()["items"]}[str(channel)]
    assert listed["deaf_since"]
    assert "cannot be reached" in listed["trouble"]
    assert await care.listen_for_silence(road(town)) == [], "told once"
    assert await bell(town) == [("channel_down", str(channel), False)], "and whoever looks elsewhere is told too"
    mailed = await owner.fetchval("SELECT count(*) FROM notification WHERE mail_due_at IS NOT NULL")
    assert mailed == 1, "admins by e-mail"

    await owner.execute(
        "UPDATE channel SET poll_due_at = now(), settings = jsonb_set(settings, '{api_url}', to_jsonb($1::text))",
        town.network.url,
    )
    await ear(town).poll(town.world.workspace_id, channel)
    assert await care.listen_for_silence(road(town)) == [town.world.workspace_id]
    assert (await shown(town, channel))["deaf_since"] is None
    assert await bell(town) == [("channel_down", str(channel), True)], "it asks nobody any more"
    news = await owner.fetch("SELECT body FROM event WHERE name = 'channel.changed' ORDER BY seq DESC LIMIT 1")
    assert msgspec.json.decode(news[0]["body"])["channel"]["deaf_since"] is None


async def test_who_is_only_told_and_is_told_no_more_is_deaf_until_told_again(town: Town, owner: Connection) -> None:
    network = WhatsApp(secrets=[SECRET])
    try:
        town.harbour.network = network
        network.bind(url=town.network.url)
        fields = {**network.credentials, "app_id": network.app_id, "app_secret": SECRET}
        wanted = {"platform": "whatsapp", "fields": fields, "settings": {"api_url": network.url}}
        answer = await town.admin.post("/channels", json=wanted)
        assert answer.status_code == 201, answer.text
        channel = UUID(answer.json()["id"])
        assert answer.json()["health"]["listening"]

        network.apps.tell("https://elsewhere.example/hooks", "theirs", network.listens_to)
        assert "elsewhere.example" in (await look(town, owner, channel))["health"]["trouble"]
        await owner.execute("UPDATE channel SET trouble_since = now() - interval '11 minutes' WHERE id = $1", channel)
        await look(town, owner, channel)
        assert await ear(town).due() == [], "asking would say nothing"
        await ear(town).poll(town.world.workspace_id, channel)
        assert await care.listen_for_silence(road(town)) == [town.world.workspace_id]
        assert (await shown(town, channel))["deaf_since"]

        network.apps.tell("", "", [])
        assert (await look(town, owner, channel))["health"]["trouble"] == "", "what can be mended is"
        assert await care.listen_for_silence(road(town)) == [town.world.workspace_id]
        assert (await shown(town, channel))["deaf_since"] is None
    finally:
        await network.close()


async def test_what_was_sealed_with_another_key_is_said_and_not_asked_for_all_the_time(
    town: Town, owner: Connection
) -> None:
    channel = await connected(town)
    await owner.execute("UPDATE channel SET credentials = 'sealed by somebody else' WHERE id = $1", channel)
    await ear(town).poll(town.world.workspace_id, channel)
    assert "another SECRET_KEY" in await owner.fetchval("SELECT trouble FROM channel WHERE id = $1", channel)
    assert await ear(town).due() == []


async def test_a_catch_up_says_how_much_had_come_by_itself(town: Town, owner: Connection) -> None:
    channel = await connected(town)
    post = await town.network.publish("New lamps")
    town.network.mischief.mute = True
    await ear(town).poll(town.world.workspace_id, channel)
    assert (await shown(town, channel))["health"]["told"] is None, "a first reading has nothing to be compared with"
    town.network.mischief.mute = False
    await town.network.comment(ANA, post=post, text="How much?")
    await town.network.flush()
    await split(town.world.database, platforms(), town.world.safe)
    town.network.mischief.mute = True
    await town.network.comment(ANA, post=post, text="Hello?")
    await owner.execute("UPDATE channel SET poll_due_at = now() WHERE id = $1", channel)
    await ear(town).poll(town.world.workspace_id, channel)
    health = (await shown(town, channel))["health"]
    assert (health["told"], health["held"]) == (2, 1)
    assert health["compared_at"]


async def test_steps_are_ticked_as_the_platform_knocks(town: Town, owner: Connection) -> None:
    channel = await connected(town)
    post = await town.network.publish("New lamps")
    await town.network.comment(ANA, post=post, text="How much?")
    await town.network.flush()

    async def ticked() -> set[str]:
        return {step["seen"] for step in (await shown(town, channel))["steps"] if step["done"]}

    async with asyncio.timeout(20):
        while "handshake" not in await ticked():  # noqa: ASYNC110 - written down a little later, by the web process
            await asyncio.sleep(0.05)
    await until(lambda: owner.fetchval("SELECT signed_at FROM platform_app"))


@pytest.mark.parametrize(
    ("zone", "period", "now", "begins", "ends"),
    [
        ("America/Los_Angeles", "day", "2026-11-25T07:59", "2026-11-24T08:00", "2026-11-25T08:00"),
        ("America/Los_Angeles", "day", "2026-11-25T08:00", "2026-11-25T08:00", "2026-11-26T08:00"),
        ("America/Los_Angeles", "day", "2026-11-01T20:00", "2026-11-01T07:00", "2026-11-02T08:00"),  # 25 hours
        ("America/Los_Angeles", "day", "2026-03-08T20:00", "2026-03-08T08:00", "2026-03-09T07:00"),  # 23 hours
        ("UTC", "month", "2026-12-31T23:59", "2026-12-01T00:00", "2027-01-01T00:00"),
    ],
)
def test_an_allowance_begins_anew_at_midnight_where_the_platform_is(
    zone: str, period: str, now: str, begins: str, ends: str
) -> None:
    allowance = Allowance(unit="units", setting="x", zone=zone, period=period)
    found = allowances.period(allowance, datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert [one.strftime("%Y-%m-%dT%H:%M") for one in found] == [begins, ends]
    assert all(one.utcoffset() == timedelta() for one in found)
