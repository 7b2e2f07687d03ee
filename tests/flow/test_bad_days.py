"""What goes wrong on the road in: an event nobody can place, a database that stumbles, a message that never comes."""

from __future__ import annotations

import random
import string

import asyncpg
import pytest

from inbox.flow import lanes, parked
from inbox.flow import split as splitting
from inbox.flow.split import split
from inbox.ground import db
from inbox.ground.db import Database
from inbox.ground.settings import Settings
from inbox.platforms.registry import platforms
from tests.flow.road import Road, names


def endless(length: int) -> str:
    """An id that no compression shortens."""
    return "".join(random.Random(7).choices(string.ascii_letters + string.digits, k=length))


async def deliveries(road: Road, state: str) -> list[asyncpg.Record]:
    async with road.database.intake.acquire() as connection:
        found: list[asyncpg.Record] = await connection.fetch(
            "SELECT reason FROM inbound_delivery WHERE state = $1", state
        )
        return found


async def test_an_id_too_long_for_any_index_is_set_aside_and_holds_up_nobody(road: Road) -> None:
    batch = road.dm("7001", "Where is my order?", at="09:00", mid="m_1")
    batch["entry"] += road.dm("7002", "And mine?", at="09:01", mid=endless(9_000))["entry"]
    batch["entry"] += road.dm("7003", "Mine too?", at="09:02", mid="m_3")["entry"]
    await road.arrives(batch, road.dm("7004", "Hello?", at="09:03", mid="m_4"))
    assert names(await road.messages(), "external_id") == ["m_1", "m_3", "m_4"]
    (aside,) = await deliveries(road, "quarantined")
    assert aside["reason"] == "The database cannot hold it (ProgramLimitExceededError)."
    assert await deliveries(road, "new") == []


async def test_deliveries_of_many_megabytes_are_taken_a_few_at_a_time(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(splitting, "MOST_BYTES", 1_000)
    await road.stored(*[road.dm(f"71{n}", "x" * 600, at="09:00", mid=f"m_{n}") for n in range(5)])
    taken = []
    while count := await split(road.database, platforms(), road.world.safe):
        taken.append(count)
    assert taken == [2, 2, 1]
    await road.placed()
    assert len(await road.messages()) == 5


async def test_of_a_message_and_a_broken_edit_that_waited_for_it_only_the_edit_is_set_aside(road: Road) -> None:
    await road.arrives(road.edit("7001", "Where is order 5522?", at="09:05", mid="m_1", number=1))
    async with road.database.tenant(road.world.workspace_id) as connection:
        await connection.execute("UPDATE inbound_event SET payload = 'not an event'::bytea")
    await road.says("7001", "Where is order 5521?", at="09:00", mid="m_1")
    assert names(await road.messages(), "text") == ["Where is order 5521?"]
    (aside,) = await road.rows("SELECT act, state FROM inbound_event WHERE workspace_id = $1")
    assert (aside["act"], aside["state"]) == ("edited", "quarantined")


async def test_a_lane_that_is_held_up_blames_nobody(
    road: Road, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await road.says("7001", "Where is my order?", at="09:00")
    await road.stored(road.dm("7001", "Hello?", at="09:01", mid="m_2"))
    while await split(road.database, platforms(), road.world.safe):
        pass
    monkeypatch.setitem(db.LIMITS, "lock_timeout", "100ms")
    hurried = await Database.open(settings, app=2, intake=1, claim=1)
    try:
        async with road.database.tenant(road.world.workspace_id) as somebody:
            await somebody.execute("SELECT 1 FROM conversation FOR UPDATE")
            for lane in await lanes.busy(hurried):
                assert await lanes.work(hurried, platforms(), *lane) == 0
    finally:
        await hurried.close()
    assert names(await road.rows("SELECT state FROM inbound_event WHERE workspace_id = $1"), "state") == ["new"]
    await road.placed()
    assert names(await road.messages(), "text") == ["Where is my order?", "Hello?"]


async def test_what_waits_for_its_message_keeps_no_lane_busy(road: Road) -> None:
    await road.changes("hide", "900_77", at="09:10")
    await road.arrives(road.edit("7001", "Never mind", at="09:05", mid="m_unknown", number=1))
    assert await lanes.busy(road.database) == []
    assert await road.rows("SELECT 1 FROM inbound_event WHERE workspace_id = $1 AND state = 'quarantined'") == []


async def test_a_message_that_became_known_in_another_way_is_found_by_what_waited_for_it(road: Road) -> None:
    await road.says("7001", "Where is my order?", at="09:00", mid="m_1")
    gone = road.dm("7001", "", at="09:09", mid="m_9")
    gone["entry"][0]["messaging"][0]["message"] = {"mid": "m_9", "is_deleted": True}
    await road.arrives(gone)
    async with road.database.tenant(road.world.workspace_id) as connection:
        await connection.execute("UPDATE message SET external_id = 'm_9'")
    await due(road)
    assert await parked.stir(road.database) == 1
    await road.placed()
    assert (await road.messages())[0]["deleted_by"] == "customer"
    assert await road.rows("SELECT 1 FROM inbound_event WHERE workspace_id = $1") == []


async def test_what_never_finds_its_message_is_tried_less_and_less_and_given_up_after_a_month(road: Road) -> None:
    await road.changes("hide", "900_77", at="09:10")
    await due(road, recorded="20 days")
    assert await parked.stir(road.database) == 1
    await road.placed()
    (again,) = await road.rows(
        "SELECT state, due_at > now() + interval '19 days' AS late FROM inbound_event WHERE workspace_id = $1"
    )
    assert (again["state"], again["late"]) == ("parked", True)
    await due(road, recorded="31 days")
    assert await parked.stir(road.database) == 0
    assert await road.rows("SELECT 1 FROM inbound_event WHERE workspace_id = $1") == []


async def due(road: Road, *, recorded: str = "10 seconds") -> None:
    """Let time pass for what is parked."""
    async with road.database.tenant(road.world.workspace_id) as connection:
        await connection.execute(
            f"UPDATE inbound_event SET due_at = now(), recorded_at = now() - interval '{recorded}'"
        )
