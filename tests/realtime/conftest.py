"""A web process that really listens, and pages that really hold a socket."""

from __future__ import annotations

import asyncio
import dataclasses
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest

from inbox.ground.bell import Bell
from inbox.ground.db import Database
from inbox.ground.processes import free_port
from inbox.ground.settings import Settings
from inbox.people.access import Agent
from inbox.people.sessions import COOKIE
from inbox.serving import server
from tests.flow.road import Road
from tests.world import World


@dataclass
class Live:
    """A served workspace, and people at its door."""

    base: str
    road: Road
    bell: Bell

    @property
    def world(self) -> World:
        return self.road.world

    async def arrives(self, *payloads: Any) -> None:
        """Customers write, and the pages are told as by a worker."""
        await self.road.arrives(*payloads)
        self.bell.ring(f"feed:{self.world.workspace_id}")

    async def browser(self, who: Agent) -> httpx.AsyncClient:
        cookie, csrf = await self.world.sign_in(who)
        return httpx.AsyncClient(
            base_url=f"{self.base}/api/v1",
            headers={"X-CSRF-Token": csrf, "Origin": self.base},
            cookies={COOKIE: cookie},
            timeout=30,
        )

    async def newest_for(self, who: Agent) -> int:
        """The last number of the feed that this person may see."""
        channels = None if who.channel_ids is None else list(who.channel_ids)
        async with self.world.database.tenant(self.world.workspace_id) as connection:
            return int(
                await connection.fetchval(
                    """SELECT coalesce(max(seq), 0) FROM event WHERE workspace_id = $1
                       AND (user_id IS NULL OR user_id = $2)
                       AND (channel_id IS NULL OR $3::uuid[] IS NULL OR channel_id = ANY($3))""",
                    self.world.workspace_id,
                    who.id,
                    channels,
                )
            )

    async def conversations(self) -> list[UUID]:
        return [row["id"] for row in await self.road.conversations()]


@pytest.fixture
async def live(database: Database, settings: Settings) -> AsyncIterator[Live]:
    """A workspace behind a web process of its own."""
    port = free_port()
    here = dataclasses.replace(settings, port=port, base_url=f"http://127.0.0.1:{port}")
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    web = server(here)
    serving = asyncio.create_task(web.serve(sockets=[listener]))
    async with asyncio.timeout(20):
        while not web.started:  # noqa: ASYNC110 - uvicorn offers no event
            await asyncio.sleep(0.01)
    bell = Bell(here)
    yield Live(here.base_url, await Road.make(await World.make(database)), bell)
    await bell.stop()
    web.should_exit = True
    await serving
