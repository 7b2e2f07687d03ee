"""What goes wrong on the road in: an event nobody can place, a database that stumbles, a message that never comes."""

from __future__ import annotations

import random
import string

import asyncpg
import pytest

from inbox.flow import split as splitting
from inbox.flow.split import split
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
