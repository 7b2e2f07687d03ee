"""What could not be read waits with its reason, and takes the road again after a fix."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest

from inbox import rotate
from inbox.flow import quarantine
from inbox.flow.split import split
from inbox.ground.crypto import Safe
from inbox.ground.db import Database
from inbox.ground.settings import Settings
from inbox.platforms.registry import platforms
from tests import servers
from tests.flow.road import Road, names
from tests.world import World

NEW_KEY = "another secret key of more than thirty-two characters"


async def test_a_delivery_that_could_not_be_read_is_read_once_its_platform_is_known(road: Road) -> None:
    await road.stored(road.dm("7001", "Where is it?", at="09:00", mid="m_1"))
    known = platforms()
    assert await split(road.database, {}, road.world.safe) == 1
    (aside,) = await quarantine.deliveries(road.database)
    assert aside.reason == "No connector is called facebook."
    assert await quarantine.replay_deliveries(road.database) == 1
    assert await split(road.database, known, road.world.safe) == 1
    await road.placed()
    assert names(await road.messages(), "external_id") == ["m_1"]
    assert await quarantine.deliveries(road.database) == []


async def test_an_event_that_could_not_be_placed_goes_back_into_its_lane(road: Road) -> None:
    await road.stored(road.dm("7001", "Where is it?", at="09:00", mid="m_1"))
    while await split(road.database, platforms(), road.world.safe):
        pass
    async with road.database.tenant(road.world.workspace_id) as connection:
        await connection.execute("UPDATE inbound_event SET state = 'quarantined', reason = 'A fault of ours.'")
        (aside,) = await quarantine.events(connection, road.world.workspace_id, None)
        assert aside.reason == "A fault of ours."
        assert await quarantine.replay_events(connection, road.world.workspace_id) == 1
    await road.placed()
    assert names(await road.messages(), "external_id") == ["m_1"]


@pytest.fixture
def apart(settings: Settings) -> Iterator[Settings]:
    """A cluster of one's own: the passwords of its roles are everybody's, and in the other one others work."""
    cluster = servers.Cluster()
    yield dataclasses.replace(settings, database_url=cluster.url)
    cluster.stop()


async def test_a_rotated_key_opens_every_secret_and_still_knows_what_came_before(apart: Settings) -> None:
    before = await Database.open(apart, app=2, intake=2, claim=1)
    road = await Road.make(await World.make(before))
    payload = road.dm("7001", "Where is it?", at="09:00", mid="m_1")
    await road.arrives(payload)
    rotated = dataclasses.replace(apart, secret_key=NEW_KEY)
    assert await rotate.run(rotated, apart.secret_key) > 0
    database = await Database.open(rotated, app=2, intake=2, claim=1)
    try:
        safe = Safe(NEW_KEY)
        async with database.tenant(road.world.workspace_id) as connection:
            sealed = await connection.fetchval("SELECT credentials FROM channel WHERE id = $1", road.world.channel_id)
            assert safe.open(sealed, f"channel:{road.world.channel_id}") == {}
        await road.stored(payload)
        assert await split(database, platforms(), safe) == 1
        async with database.tenant(road.world.workspace_id) as connection:
            assert await connection.fetchval("SELECT count(*) FROM inbound_event") == 0
    finally:
        await database.close()
        await before.close()
