"""Readers of the feed: each has a place of its own, takes every event once, and is held up by nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

from inbox.flow import readers
from inbox.ground.bell import Bell
from inbox.ground.db import Connection, Database
from inbox.ground.ids import new_id
from inbox.ground.outbound import Outbound
from inbox.ground.settings import Settings
from inbox.realtime import events
from inbox.realtime.events import Happening
from inbox.realtime.feed import Entry
from tests.waiting import until
from tests.world import World
from workers import loops
from workers.house import House


class Scribe:
    """Writes every event down, as a tag with its name: a row of its own in the tenant's tables."""

    name = "scribe"

    def __init__(self, *, chokes_on: str = "") -> None:
        self.chokes_on, self.asked = chokes_on, 0

    async def take(self, connection: Connection, workspace_id: UUID, entries: Sequence[Entry]) -> list[Happening]:
        self.asked += 1
        for entry in entries:
            if entry.name == self.chokes_on:
                raise ValueError("This cannot be read.")
            await connection.execute(
                "INSERT INTO tag (workspace_id, name) VALUES ($1, $2)", workspace_id, f"{entry.seq} {entry.name}"
            )
        return []


async def happens(world: World, *names: str) -> None:
    async with world.database.tenant(world.workspace_id) as connection:
        await events.number(connection, world.workspace_id, [Happening(name) for name in names])


async def written(world: World) -> list[str]:
    async with world.database.tenant(world.workspace_id) as connection:
        rows = await connection.fetch("SELECT name FROM tag ORDER BY split_part(name, ' ', 1)::int")
    return [row["name"].split(" ")[1] for row in rows]


async def reads_on(world: World, reader: Scribe) -> int:
    """Until nothing is left to read; gives in how many turns."""
    turns = 0
    while world.workspace_id in await readers.behind(world.database, reader):
        await readers.turn(world.database, reader, world.workspace_id)
        turns += 1
    return turns


async def test_every_event_is_taken_once_and_in_order_however_many_read(database: Database) -> None:
    world = await World.make(database)
    names = [f"story.{n}" for n in range(readers.BATCH + 50)]
    await happens(world, *names)
    together = [readers.turn(database, Scribe(), world.workspace_id) for _ in range(4)]
    taken = [turn.read for turn in await asyncio.gather(*together)]
    assert sum(taken) >= readers.BATCH
    await reads_on(world, Scribe())
    assert await written(world) == names
    await happens(world, "story.later")
    assert await reads_on(world, Scribe()) == 1
    assert (await written(world))[-1] == "story.later"


async def test_an_event_nobody_can_read_is_stepped_over_and_its_number_kept(database: Database) -> None:
    world = await World.make(database)
    await happens(world, "good.1", "good.2", "poison", "good.3")
    reader = Scribe(chokes_on="poison")
    await reads_on(world, reader)
    assert await written(world) == ["good.1", "good.2", "good.3"]
    async with database.tenant(world.workspace_id) as connection:
        row = await connection.fetchrow("SELECT seq, skipped, skipped_seq FROM feed_reader WHERE name = 'scribe'")
    assert row is not None
    assert (row["seq"], row["skipped"], row["skipped_seq"]) == (4, 1, 3)


async def test_a_database_that_is_ill_is_no_events_fault(database: Database) -> None:
    class Ill(Scribe):
        async def take(self, connection: Connection, workspace_id: UUID, entries: Sequence[Entry]) -> list[Happening]:
            self.asked += 1
            if self.asked == 1:
                raise ConnectionResetError
            return await super().take(connection, workspace_id, entries)

    world, reader = await World.make(database), Ill()
    await happens(world, "one", "two")
    try:
        await readers.turn(database, reader, world.workspace_id)
    except ConnectionResetError:
        await reads_on(world, reader)
    assert await written(world) == ["one", "two"]


async def test_a_reader_that_begins_reads_all_of_a_workspace_that_was_made_since(
    database: Database, owner: Connection
) -> None:
    """And keeps its days from then on: nothing is put away that it has not seen."""
    world = await World.make(database)
    await happens(world, "early")
    assert await readers.behind(database, Scribe()) == [world.workspace_id]
    await owner.execute("INSERT INTO feed_reader (workspace_id, name, seq) VALUES ($1, 'other', 1)", world.workspace_id)
    await reads_on(world, Scribe())
    assert await written(world) == ["early"]
    assert await owner.fetchval("SELECT min(seq) FROM feed_reader WHERE workspace_id = $1", world.workspace_id) == 1


async def test_one_loop_serves_every_workspace_also_beside_a_busy_and_a_broken_one(
    database: Database, settings: Settings
) -> None:
    class Picky(Scribe):
        async def take(self, connection: Connection, workspace_id: UUID, entries: Sequence[Entry]) -> list[Happening]:
            if workspace_id == broken.workspace_id:
                raise ConnectionResetError
            return await super().take(connection, workspace_id, entries)

    busy, broken, quiet = [await World.make(database, name=name) for name in ("Busy", "Broken", "Quiet")]
    await happens(busy, *[f"busy.{n}" for n in range(3 * readers.BATCH)])
    await happens(broken, "broken")
    await happens(quiet, "quiet")
    bell, outbound, stop = Bell(settings), Outbound(settings), asyncio.Event()
    house = House(settings, database, bell, busy.safe, outbound, {})
    running = asyncio.create_task(loops.read_feed(Picky())(house, stop))
    try:
        await until(lambda: written(quiet), "the quiet one was read")
        await happens(quiet, f"again.{new_id().hex}")
        bell.ring(f"feed:{quiet.workspace_id}")

        async def all_read() -> bool:
            return len(await written(busy)) == 3 * readers.BATCH and len(await written(quiet)) == 2

        await until(all_read, "everything was read")
        assert await written(broken) == []
    finally:
        stop.set()
        await running
        await outbound.close()
