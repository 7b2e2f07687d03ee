"""Those who knock: browsers with a session, programs with a token, strangers.

ada = await web.of(world, world.admin)      # a browser in which Ada is signed in
await ada.post("/members", json={...})      # below /api/v1, with its CSRF header
web.stranger()                              # nobody
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import httpx

from inbox.api.doorstep import Doorstep
from inbox.people import roles, sessions, tokens
from inbox.people.access import Agent, Role
from tests.world import World

HOME = "http://127.0.0.1:8000"


@asynccontextmanager
async def opened(app: Doorstep) -> AsyncIterator[Doorstep]:
    """The application while it is alive. Entered and left in a task of its own, as fixtures' two halves are not one."""
    ready, leave = asyncio.Event(), asyncio.Event()

    async def hold_open() -> None:
        async with app.rooms.lifespan():
            ready.set()
            await leave.wait()

    holding, waiting = asyncio.create_task(hold_open()), asyncio.create_task(ready.wait())
    await asyncio.wait([holding, waiting], return_when=asyncio.FIRST_COMPLETED)
    try:
        if holding.done():
            waiting.cancel()
            await holding
        yield app
    finally:
        leave.set()
        await holding


class Browsers:
    """Opens clients on one application."""

    def __init__(self, app: Doorstep) -> None:
        self.app = app
        self._open: list[httpx.AsyncClient] = []

    def stranger(self, *, address: str = "203.0.113.7", headers: dict[str, str] | None = None) -> httpx.AsyncClient:
        """A client without a session; paths stand below /api/v1."""
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False, client=(address, 50_000))
        client = httpx.AsyncClient(transport=transport, base_url=f"{HOME}/api/v1", headers=headers)
        self._open.append(client)
        return client

    async def of(self, world: World, who: Agent) -> httpx.AsyncClient:
        """A browser in which somebody is signed in."""
        cookie, csrf = await world.sign_in(who)
        client = self.stranger(headers={"X-CSRF-Token": csrf, "Origin": HOME})
        client.cookies.set(sessions.COOKIE, cookie, domain="127.0.0.1")
        return client

    async def program(
        self, world: World, maker: Agent, *, role: Role = Role.AGENT, role_id: UUID | None = None, as_me: bool = False
    ) -> httpx.AsyncClient:
        """A program with a token of its own."""
        async with world.database.tenant(world.workspace_id) as connection:
            standing = await roles.standing(connection, world.workspace_id, role, role_id)
            _, secret = await tokens.make(connection, maker, name="a program", role=standing, as_me=as_me)
        return self.stranger(headers={"Authorization": f"Bearer {secret}"})

    async def close(self) -> None:
        for client in self._open:
            await client.aclose()
