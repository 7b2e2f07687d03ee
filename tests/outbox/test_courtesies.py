"""People see that we read and that we write: when it can be shown, once, and never at an agent's expense."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis

from inbox.flow.courtesies import Courtesies
from inbox.ground.db import Database
from inbox.ground.settings import Settings
from inbox.people.access import Agent
from inbox.platforms.base import Act, Incoming, Kind
from tests.outbox.conftest import Desk
from tests.outbox.echo_platform import PLATFORMS

LONG_AGO = timedelta(hours=25)


class Manners:
    """What agents read and type at the desk, and what the people outside are shown of it."""

    def __init__(self, desk: Desk, courtesies: Courtesies) -> None:
        self.desk, self.courtesies = desk, courtesies

    @property
    def shown(self) -> list[tuple[str, str, str]]:
        return self.desk.network.signals

    async def reads(self, item: Any, *, by: Agent | None = None) -> None:
        message = await self.desk.message(item)
        self.courtesies.seen(by or self.desk.ana, message["conversation_id"], message["at"])
        await self.courtesies.settle()

    async def types(self, item: Any, visibility: str = "private", *, by: Agent | None = None) -> None:
        self.courtesies.writes(by or self.desk.ana, await self.desk.conversation_of(item), visibility)
        await self.courtesies.settle()

    def waits_for_the_pause_to_end(self) -> None:
        """As if some seconds had gone by."""
        with redis.Redis.from_url(self.desk.settings.redis_url) as valkey:
            valkey.flushall()


@pytest.fixture
async def manners(desk: Desk) -> AsyncIterator[Manners]:
    courtesies = Courtesies(desk.database, desk.world.safe, desk.road.outbound, PLATFORMS)
    yield Manners(desk, courtesies)
    await courtesies.stop()


async def test_whoever_wrote_sees_that_it_was_read(desk: Desk, manners: Manners) -> None:
    item = await desk.hears("Hello?", kind=Kind.DM)
    await manners.reads(item)
    assert manners.shown == [("seen", "mia", "item-1")]


async def test_each_message_is_seen_once_whoever_reads_it_and_however_often(desk: Desk, manners: Manners) -> None:
    first = await desk.hears("Hello?", kind=Kind.DM, at=datetime.now(UTC) - timedelta(minutes=3))
    second = await desk.hears("Are you there?", kind=Kind.DM, at=datetime.now(UTC) - timedelta(minutes=2))
    await manners.reads(second)
    await manners.reads(second)
    await manners.reads(first, by=desk.world.supervisor)  # who looked at an older picture
    await manners.reads(second, by=desk.world.admin)
    assert manners.shown == [("seen", "mia", "item-2")]
    third = await desk.hears("Well?", kind=Kind.DM)
    await manners.reads(third)
    assert manners.shown[1:] == [("seen", "mia", "item-3")]


async def test_while_somebody_types_it_is_shown_now_and_then(desk: Desk, manners: Manners) -> None:
    item = await desk.hears("Hello?", kind=Kind.DM)
    await manners.types(item)
    await manners.types(item)
    await manners.types(item, by=desk.world.supervisor)
    assert manners.shown == [("typing", "mia", "item-1")]
    other = await desk.hears("And me?", kind=Kind.DM, who="rui")
    await manners.types(other)
    assert manners.shown[1:] == [("typing", "rui", "item-2")]
    manners.waits_for_the_pause_to_end()
    await manners.types(item)
    assert manners.shown[2:] == [("typing", "mia", "item-1")]


async def test_two_processes_show_it_once_between_them(desk: Desk, manners: Manners) -> None:
    other = Courtesies(desk.database, desk.world.safe, desk.road.outbound, PLATFORMS)
    item = await desk.hears("Hello?", kind=Kind.DM)
    message = await desk.message(item)
    for courtesies in (manners.courtesies, other):
        courtesies.seen(desk.ana, message["conversation_id"], message["at"])
        courtesies.writes(desk.ana, message["conversation_id"], "private")
    await manners.courtesies.settle()
    await other.settle()
    await other.stop()
    assert sorted(signal for signal, _, _ in manners.shown) == ["seen", "typing"]


async def test_a_note_shows_nothing_to_anybody(desk: Desk, manners: Manners) -> None:
    item = await desk.hears("Hello?", kind=Kind.DM)
    for visibility in ("note", "", "anything"):
        await manners.types(item, visibility)
    assert manners.shown == []


async def test_in_public_and_where_the_network_shows_nothing_nothing_is_sent(desk: Desk, manners: Manners) -> None:
    item = await desk.hears("Where is my order?", kind=Kind.COMMENT)
    await manners.reads(item)
    await manners.types(item, "public")
    await manners.types(item, "private")
    assert manners.shown == []


async def test_whoever_may_only_read_or_not_even_that_shows_nothing(desk: Desk, manners: Manners) -> None:
    item = await desk.hears("Hello?", kind=Kind.DM)
    for who in (desk.world.read_only, desk.world.outsider):
        await manners.reads(item, by=who)
        await manners.types(item, by=who)
        manners.waits_for_the_pause_to_end()
    assert manners.shown == []


@pytest.mark.parametrize(
    "stopped",
    [
        pytest.param({"outbound_stopped": True}, id="sending is stopped"),
        pytest.param({"state": "signed_out"}, id="signed out"),
        pytest.param({"state": "disabled"}, id="switched off"),
        pytest.param({"paused_until": datetime.now(UTC) + timedelta(days=9)}, id="the platform asked us to wait"),
        pytest.param({"settings": '{"courtesies": false}'}, id="not wanted on this channel"),
    ],
)
async def test_while_nothing_may_leave_neither_do_courtesies(
    desk: Desk, manners: Manners, stopped: dict[str, Any]
) -> None:
    item = await desk.hears("Hello?", kind=Kind.DM)
    await desk.change_channel(**stopped)
    await manners.reads(item)
    await manners.types(item)
    assert manners.shown == []


async def test_a_stopped_workspace_shows_nothing(desk: Desk, manners: Manners) -> None:
    item = await desk.hears("Hello?", kind=Kind.DM)
    async with desk.database.tenant(desk.workspace_id) as connection:
        await connection.execute("UPDATE workspace SET outbound_stopped_at = now()")
    await manners.reads(item)
    await manners.types(item)
    assert manners.shown == []


async def test_a_database_that_came_back_from_a_backup_shows_nothing(desk: Desk, manners: Manners, owner: Any) -> None:
    item = await desk.hears("Hello?", kind=Kind.DM)
    await owner.execute("""UPDATE setting SET value = value || '{"stopped": true}'::jsonb WHERE key = 'cluster'""")
    await manners.reads(item)
    assert manners.shown == []


async def test_when_the_time_to_answer_is_over_nobody_is_said_to_be_typing(desk: Desk, manners: Manners) -> None:
    item = await desk.hears("Hello?", kind=Kind.DM, at=datetime.now(UTC) - LONG_AGO)
    await manners.types(item)
    assert manners.shown == []
    await manners.reads(item)
    assert manners.shown == [("seen", "mia", "item-1")]


async def test_while_another_app_holds_the_conversation_we_show_nothing(desk: Desk, manners: Manners) -> None:
    item = await desk.hears("Hello?", kind=Kind.DM)
    async with desk.database.tenant(desk.workspace_id) as connection:
        await connection.execute("UPDATE conversation SET replyable = false")
    await manners.types(item)
    assert manners.shown == []


async def test_what_was_taken_back_is_not_said_to_have_been_read(desk: Desk, manners: Manners) -> None:
    await desk.hears("Hello?", kind=Kind.DM, at=datetime.now(UTC) - timedelta(minutes=3))
    slip = await desk.hears("Wrong window, sorry", kind=Kind.DM)
    await desk.arrives(
        Incoming(
            account=f"account-{desk.platform}",
            act=Act.DELETED,
            kind=Kind.DM,
            external_id="item-2",
            at=datetime.now(UTC),
            lane="mia",
            thread="mia",
        )
    )
    await manners.reads(slip)
    assert manners.shown == [("seen", "mia", "item-1")]


async def test_a_network_that_refuses_is_asked_no_second_time(desk: Desk, manners: Manners) -> None:
    item = await desk.hears("Hello?", kind=Kind.DM)
    desk.network.blind = True
    await manners.reads(item)
    desk.network.blind = False
    await manners.reads(item)
    assert len(manners.shown) == 1


async def test_without_valkey_the_courtesy_is_lost_and_nothing_else(
    desk: Desk, manners: Manners, settings: Settings
) -> None:
    item = await desk.hears("Hello?", kind=Kind.DM)
    nowhere = dataclasses.replace(settings, redis_url="redis://127.0.0.1:1/0")
    doors = (getattr(desk.database, door) for door in ("app", "intake", "claim", "engine"))
    alone = Courtesies(Database(nowhere, *doors), desk.world.safe, desk.road.outbound, PLATFORMS)
    message = await desk.message(item)
    alone.seen(desk.ana, message["conversation_id"], message["at"])
    alone.writes(desk.ana, message["conversation_id"], "private")
    await alone.settle()
    await alone.stop()
    assert manners.shown == []


async def test_a_channel_without_credentials_is_left_alone(desk: Desk, manners: Manners) -> None:
    item = await desk.hears("Hello?", kind=Kind.DM)
    sealed = desk.world.safe.seal({}, f"channel:{desk.world.channel_id}")
    await desk.change_channel(credentials=sealed)
    await manners.reads(item)
    assert manners.shown == []
