"""Folding everything anew while the house goes on: in pages, each exact, none in anybody's way for long."""

from __future__ import annotations

import asyncio

import pytest

from inbox.sla import storage
from tests.flow.road import Road


async def test_everything_is_folded_anew_a_page_at_a_time_and_a_page_that_is_done_is_free(road: Road) -> None:
    for who in range(5):
        await road.says(f"700{who}", "Where is my order?", at=f"09:0{who}")
    first, *_, last = sorted(row["id"] for row in await road.conversations())
    await spoil(road)
    async with road.database.tenant(road.world.workspace_id) as holder:
        await holder.execute("SELECT 1 FROM conversation WHERE id = $1 FOR NO KEY UPDATE", last)
        recomputing = asyncio.create_task(storage.recompute(road.database, road.world.workspace_id, page=2))
        async with asyncio.timeout(20):
            while len(await road.episodes()) < 4:  # noqa: ASYNC110 - what is committed can be seen by others
                await asyncio.sleep(0.01)
        async with road.database.tenant(road.world.workspace_id) as other:
            await other.execute("SELECT 1 FROM conversation WHERE id = $1 FOR NO KEY UPDATE NOWAIT", first)
        assert not recomputing.done()
    assert await recomputing == 5
    assert await road.differences() == 0


async def test_no_page_holds_more_than_its_share_of_facts(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "PAGE_FACTS", 3)
    for who in range(4):
        for minute in range(who + 1):
            await road.says(f"700{who}", "Where is my order?", at=f"09:0{minute}")
    await spoil(road)
    assert await storage.recompute(road.database, road.world.workspace_id) == 4
    assert await road.differences() == 0


async def test_what_is_written_while_everything_is_folded_anew_is_counted_like_the_rest(road: Road) -> None:
    people = [f"70{who:02}" for who in range(12)]
    for who in people:
        await road.says(who, "Where is my order?", at="09:00")
    await spoil(road)
    recomputing = asyncio.create_task(storage.recompute(road.database, road.world.workspace_id, page=1))
    for who in reversed(people):
        await road.arrives(
            road.dm(who, "Hello?", at="09:05", mid=f"again {who}"),
            road.dm(f"9{who}", "Is anybody there?", at="09:06", mid=f"new {who}"),
        )
    await recomputing
    assert await road.differences() == 0
    assert len(await road.episodes()) == 24


async def spoil(road: Road) -> None:
    """As after a mistake of ours: what is stored is not what the facts say."""
    async with road.database.tenant(road.world.workspace_id) as connection:
        await connection.execute("DELETE FROM episode")
        await connection.execute("UPDATE conversation SET waiting_count = 7, waiting_since = NULL")
