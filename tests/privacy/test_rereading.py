"""What we hold is looked at again as often as the platform asks, and never so often that polling starves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from inbox.desk import allowances
from inbox.flow import asking, lanes, purging, rereading
from inbox.flow.hearing import Ear
from inbox.flow.road import Road
from inbox.flow.split import split
from inbox.ground.bell import Bell
from inbox.ground.db import Connection, Database
from inbox.ground.outbound import Outbound
from inbox.ground.settings import Settings
from inbox.platforms.base import ErrorClass, NotHere
from inbox.platforms.instagram.simulator import Instagram
from inbox.platforms.registry import platforms
from inbox.platforms.simulation import Person
from tests.api.town import listening
from tests.privacy.pond import US, Pond, Shore
from tests.world import World
from workers import loops
from workers.house import House

ANA = Person("7001", "Ana Ruiz", "ana.r")


@pytest.fixture
async def shore(database: Database, owner: Connection, settings: Settings) -> AsyncIterator[Shore]:
    world, pond = await World.make(database), Pond()
    channel_id = await world.channel("pond", external_id=US)
    bell, outbound = Bell(settings), Outbound(settings)
    road = Road(database, bell, world.safe, outbound, {"pond": pond})
    yield Shore(world, pond, road, owner, channel_id, {"pond": pond})
    await outbound.close()
    await bell.stop()


async def look(shore: Shore) -> rereading.Turn:
    ((home, channel),) = await rereading.channels(shore.road)
    turn = await rereading.reread(shore.road, home, channel)
    await shore.placed()
    return turn


async def test_what_still_stands_is_no_edit_and_is_due_again_a_day_later(shore: Shore) -> None:
    await shore.hears("one", "Where is my order?")
    assert (await look(shore)).asked == 0, "not yet"
    await shore.a_day_passes()
    assert (await look(shore)).asked == 1
    assert (await look(shore)).asked == 0, "once is enough"
    message = (await shore.messages())["one"]
    assert (message["revisions"], message["edited_at"], message["text"]) == (0, None, "Where is my order?")
    assert timedelta(hours=23) < message["reread_due_at"] - datetime.now(UTC) <= timedelta(days=1)
    assert await shore.differences() == 0


async def test_a_picture_whose_address_is_signed_anew_each_time_is_the_same_picture(shore: Shore) -> None:
    await shore.hears("one", "Look", "https://cdn.pond.example/lamp.png?sig=1")
    shore.pond.lines["one"]["image"] = "https://cdn-7.pond.example/lamp.png?sig=2"
    await shore.a_day_passes()
    await look(shore)
    assert (await shore.messages())["one"]["revisions"] == 0
    shore.pond.lines["one"]["image"] = "https://cdn.pond.example/chair.png?sig=3"
    await shore.a_day_passes()
    await look(shore)
    assert (await shore.messages())["one"]["revisions"] == 1


async def test_what_was_changed_or_taken_away_there_is_so_here(shore: Shore, owner: Connection) -> None:
    await shore.hears("one", "Where is my order?")
    await shore.hears("two", "Never mind the first one?")
    shore.pond.lines["one"]["text"] = "Where is order 7?"
    del shore.pond.lines["two"]
    await shore.a_day_passes()
    assert (await look(shore)).asked == 2
    messages = await shore.messages()
    assert (messages["one"]["text"], messages["one"]["revisions"]) == ("Where is order 7?", 1)
    assert messages["two"]["deleted_at"] is not None
    assert messages["two"]["reread_due_at"] is None, "what is gone is not asked about again"
    for home in await purging.homes(shore.world.database, shore.platforms):
        await purging.purge(shore.world.database, shore.platforms, home)
    assert (await shore.messages())["two"]["text"] == "", "and its words are gone here too"
    assert await shore.differences() == 0


async def test_no_more_than_a_hundred_at_once(shore: Shore) -> None:
    for number in range(105):
        shore.pond.write(f"{number}", "Hello?")
    await shore.hears("first", "Hello?")
    await shore.owner.execute(
        """INSERT INTO message (workspace_id, id, conversation_id, channel_id, direction, visibility, kind, external_id,
               text, at, reread_due_at)
           SELECT workspace_id, gen_random_uuid(), conversation_id, channel_id, 'in', 'private', 'dm', n::text,
               'Hello?', at, now() - interval '1 hour' FROM message, generate_series(0, 104) n"""
    )
    assert (await look(shore)).asked == asking.MOST
    assert (await look(shore)).asked == 5
    assert [len(asked) for asked in shore.pond.asked] == [100, 5]


async def test_half_of_what_reading_may_take_is_left_for_what_is_new(shore: Shore, owner: Connection) -> None:
    await owner.execute("""UPDATE channel SET settings = '{"calls": 10}' WHERE platform = 'pond'""")
    for number in range(6):
        await shore.hears(f"m{number}", "Hello?")
    await shore.a_day_passes()
    assert (await look(shore)).asked == 6
    assert await owner.fetchval("SELECT spent FROM channel_spending") == 4  # half of ten less the fifth for replies
    await shore.hears("late", "Hello?")
    await shore.a_day_passes()
    turn = await look(shore)
    assert turn.asked == 0
    assert turn.rest_until > datetime.now(UTC) + timedelta(seconds=1), "not before the allowance begins anew"
    assert len(shore.pond.asked) == 1
    async with shore.world.database.tenant(shore.world.workspace_id) as connection:
        budget = await allowances.budget(
            connection, shore.world.workspace_id, shore.channel_id, shore.pond, {"calls": 10}
        )
    assert budget is not None
    assert budget.for_reading == 4, "polling goes on"


@pytest.mark.parametrize("error", [ErrorClass.RATE_LIMITED, ErrorClass.AUTH_EXPIRED, ErrorClass.PERMISSION_MISSING])
async def test_a_refusal_is_obeyed_and_takes_nothing_away(error: ErrorClass, shore: Shore) -> None:
    await shore.hears("one", "Where is my order?")
    await shore.a_day_passes()
    until = datetime.now(UTC) + timedelta(hours=2)
    shore.pond.refuses = NotHere(error, "Not now.", until)
    turn = await look(shore)
    assert turn.asked == 0
    message = (await shore.messages())["one"]
    assert (message["text"], message["deleted_at"]) == ("Where is my order?", None)
    assert message["reread_due_at"] == turn.rest_until > datetime.now(UTC)
    if error is ErrorClass.AUTH_EXPIRED:
        assert await shore.owner.fetchval("SELECT state FROM channel WHERE platform = 'pond'") == "signed_out"
    else:
        assert turn.rest_until == until
    shore.pond.refuses = None
    await shore.owner.execute("UPDATE message SET reread_due_at = now()")
    await shore.owner.execute("UPDATE channel SET state = 'connected'")
    assert (await look(shore)).asked == 1


async def test_what_a_worker_took_and_never_asked_is_asked_by_another(shore: Shore) -> None:
    await shore.hears("one", "Where is my order?")
    await shore.a_day_passes()
    shore.pond.stuck = True
    asked = asyncio.create_task(rereading.reread(shore.road, shore.world.workspace_id, shore.channel_id))
    async with asyncio.timeout(10):
        while not shore.pond.asked:  # noqa: ASYNC110 - the pond tells nobody
            await asyncio.sleep(0.01)
    assert (await look(shore)).asked == 0, "it is in somebody's hands"
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    shore.pond.stuck = False
    await shore.owner.execute("UPDATE message SET reread_due_at = reread_due_at - $1::interval", rereading.LEASE)
    assert (await look(shore)).asked == 1


async def test_the_worker_looks_by_itself(shore: Shore, settings: Settings) -> None:
    await shore.hears("one", "Where is my order?")
    del shore.pond.lines["one"]
    await shore.a_day_passes()
    house = House(
        settings, shore.world.database, shore.road.bell, shore.world.safe, shore.road.outbound, shore.platforms
    )
    stop = asyncio.Event()
    working = [asyncio.create_task(loop(house, stop)) for loop in (loops.read_again, loops.let_words_go)]
    try:
        async with asyncio.timeout(20):
            while not (await shore.messages())["one"]["deleted_at"]:
                await shore.placed()
                await asyncio.sleep(0.02)
    finally:
        stop.set()
        await asyncio.gather(*working)


async def test_a_real_network_that_tells_of_no_edit_is_asked(
    database: Database, owner: Connection, settings: Settings
) -> None:
    network = Instagram(account="1040", secrets=["app-secret"])
    async with listening(network.app) as port:
        network.bind(url=f"http://127.0.0.1:{port}")
        here = replace(settings, demo_ports={"instagram": port})
        world, told = await World.make(database, is_demo=True), network.connection
        channel_id = await world.channel(
            "instagram", external_id=told["external_id"], credentials=told["credentials"], settings=told["settings"]
        )
        bell, outbound = Bell(here), Outbound(here)
        road = Road(database, bell, world.safe, outbound, platforms())

        async def placed() -> None:
            await split(database, platforms(), world.safe)
            for workspace_id, some in await lanes.busy(database):
                await lanes.work(database, platforms(), workspace_id, some)

        post = await network.publish("New!")
        kept = await network.comment(ANA, post=post, text="How much?")
        gone = await network.comment(ANA, post=post, text="Where can I buy it?")
        await owner.execute("UPDATE channel SET poll_due_at = now() WHERE id = $1", channel_id)
        await Ear(database, bell, world.safe, outbound, platforms()).poll(world.workspace_id, channel_id)
        await placed()
        assert await owner.fetchval("SELECT count(*) FROM message WHERE reread_due_at IS NOT NULL") == 2
        await network.edit(kept, "How much is it?")
        await network.delete(gone)
        await owner.execute("UPDATE message SET reread_due_at = now()")
        assert (await rereading.reread(road, world.workspace_id, channel_id)).asked == 2
        await placed()
        rows = {row["external_id"]: row for row in await owner.fetch("SELECT * FROM message")}
        assert rows[kept]["text"] == "How much is it?"
        assert rows[gone]["deleted_at"] is not None
        await outbound.close()
        await network.close()
