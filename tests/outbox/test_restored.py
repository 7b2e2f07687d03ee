"""A database that comes back from a backup knows less than the platforms: nothing leaves until an admin has said so."""

from __future__ import annotations

import dataclasses
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from inbox.flow import cluster
from inbox.ground.db import Database
from inbox.ground.errors import Forbidden
from inbox.ground.settings import Settings
from inbox.platforms.base import Action
from tests import servers
from tests.outbox.conftest import Desk, opened_desk
from tests.outbox.echo_platform import Network


class Restored:
    """Another database made from this one, as a restore makes it: the same rows under another identity."""

    def __init__(self, desk: Desk, settings: Settings, name: str) -> None:
        self._desk, self._settings, self._name = desk, settings, name
        self._source = urlsplit(settings.database_url).path.strip("/")
        self.url = servers.on_database(settings.database_url, name)

    async def __aenter__(self) -> Desk:
        await self._copy()
        settings = dataclasses.replace(self._settings, database_url=self.url)
        self.database = await Database.open(settings, app=3, intake=2, claim=1)
        world = dataclasses.replace(self._desk.world, database=self.database)
        road = dataclasses.replace(self._desk.road, database=self.database)
        settings = dataclasses.replace(self._desk.settings, database_url=self.url)
        for role in ("channel_id", "admin", "supervisor", "agent", "read_only", "outsider"):
            setattr(world, role, getattr(self._desk.world, role))
        return dataclasses.replace(self._desk, world=world, road=road, settings=settings)

    async def __aexit__(self, *_: object) -> None:
        await self.database.close()
        await self._as_owner(f'DROP DATABASE "{self._name}" WITH (FORCE)')

    async def _copy(self) -> None:
        # A template may not be in use while it is copied: what was open must open again.
        await self._as_owner(
            f"""SELECT pg_terminate_backend(pid, 20000) FROM pg_stat_activity
                WHERE datname = '{self._source}' AND pid <> pg_backend_pid()"""
        )
        await self._as_owner(f'DROP DATABASE IF EXISTS "{self._name}" WITH (FORCE)')
        await self._as_owner(f'CREATE DATABASE "{self._name}" TEMPLATE "{self._source}"')

    async def _as_owner(self, statement: str) -> None:
        connection = await asyncpg.connect(servers.on_database(self._settings.database_url, "postgres"))
        await connection.execute(statement)
        await connection.close()


@pytest.mark.parametrize("platform", ["echo_strong", "echo_weak"])
async def test_a_restored_backup_sends_nothing_twice(settings: Settings, template_url: str, platform: str) -> None:
    """On a database of its own, since a copy throws everybody out of the original."""
    name = urlsplit(settings.database_url).path.strip("/")
    own = dataclasses.replace(settings, database_url=await servers.clone(template_url, f"{name}_live"))
    database = await Database.open(own, app=3, intake=2, claim=1)
    async with Network() as network, opened_desk(database, own, network, platform) as desk:
        item = await desk.hears("Where is my order?")
        other = await desk.hears("Hello?")
        posted, unsent = await desk.replies(item, "Posted after the backup"), await desk.replies(other, "Never left")
        await desk.acts(other, Action.HIDE)
        async with desk.database.tenant(desk.workspace_id) as connection:
            await connection.execute(
                "UPDATE outbound_message SET due_at = now() + interval '1 hour' WHERE id = $1", unsent.id
            )
            epoch = await connection.fetchval("SELECT epoch FROM feed_head")
        await database.close()  # the backup is taken here

        async with Restored(desk, own, f"{name}_restored") as restored:
            # Meanwhile the lost database went on: this reply was posted, and the restored one does not know.
            network._do(
                {
                    "action": "reply",
                    "text": "Posted after the backup",
                    "target": (await restored.message(item))["external_id"],
                    "correlation": str(posted.id),
                    "key": (await restored.outbound(posted.id))["minted"],
                }
            )
            await _after_the_restore(restored, posted.id, unsent.id, epoch, strong=platform == "echo_strong")
    connection = await asyncpg.connect(servers.on_database(settings.database_url, "postgres"))
    await connection.execute(f'DROP DATABASE "{name}_live" WITH (FORCE)')
    await connection.close()


async def _after_the_restore(desk: Desk, posted: Any, unsent: Any, epoch: Any, *, strong: bool) -> None:
    # Before anybody has compared, a claim asks the very server it claims from.
    assert [await desk.state(one) for one in (posted, unsent)] == ["queued", "queued"]
    async with desk.database.app.acquire() as connection:
        assert await cluster.stopped(connection)

    assert await cluster.check(desk.database)
    assert [await desk.state(one) for one in (posted, unsent)] == ["unknown", "unknown"]
    assert await desk.value("SELECT epoch FROM feed_head") != epoch
    assert (await desk.rows("SELECT state FROM outbound_message WHERE action = 'hide'"))[0]["state"] == "failed"

    with desk.worker() as worker:
        assert await desk.works_until(posted, "sent", "failed", "needs_decision") == "sent"
        if strong:
            assert await desk.works_until(unsent, "queued") == "queued"
        else:
            assert await desk.works_until(unsent, "needs_decision") == "needs_decision"
        assert worker.poll() is None
    assert desk.network.counted() == {"Posted after the backup": 1}
    fresh = await desk.replies(await desk.hears("New here?"), "Written after the restore")
    await desk.works()
    assert await desk.state(fresh.id) == "queued"  # what is written now is kept, and waits

    with pytest.raises(Forbidden):
        await cluster.confirm(desk.database, desk.world.supervisor)
    await cluster.confirm(desk.database, desk.world.admin)
    assert not await cluster.check(desk.database)
    assert await desk.works_until(fresh.id, "sent") == "sent"
    if strong:
        assert await desk.works_until(unsent, "sent") == "sent"
    assert set(desk.network.counted().values()) == {1}
    assert desk.network.acts == []
    assert len(await desk.lines("restored_database_confirmed")) == 1


async def test_the_database_we_knew_stops_nothing(desk: Desk) -> None:
    assert not await cluster.check(desk.database)
    assert not await cluster.check(desk.database)
    async with desk.database.app.acquire() as connection:
        assert not await cluster.stopped(connection)
