"""The door of the live page by itself."""

from __future__ import annotations

import asyncio
from typing import Any

from inbox.api.socket import Socket
from inbox.flow.courtesies import Courtesies
from inbox.ground.bell import Bell
from inbox.ground.db import Database
from inbox.ground.outbound import Outbound
from inbox.ground.settings import Settings
from inbox.people.sessions import COOKIE
from inbox.realtime.hub import Hub
from inbox.realtime.presence import Presence
from tests.world import World


async def test_cookies_of_other_programs_on_the_same_machine_sign_nobody_out(
    database: Database, settings: Settings
) -> None:
    world = await World.make(database)
    cookie, _ = await world.sign_in(world.agent)
    presence, courtesies = Presence(settings.redis_url), Courtesies(database, world.safe, Outbound(settings))
    socket = Socket(database, Hub(database, Bell(settings), presence), presence, courtesies)
    for beside in ('prefs={"a": 1}', "a[b]=c", "no value", "", 'x="y'):
        assert (await greeted(socket, f"{beside}; {COOKIE}={cookie}"))[1]["type"] == "websocket.send", beside
    assert (await greeted(socket, f"{COOKIE}=somebody-else"))[1]["code"] == 4401
    assert (await greeted(socket, f'"{COOKIE}'))[1]["code"] == 4401


async def greeted(socket: Socket, cookies: str) -> list[dict[str, Any]]:
    """What a browser hears that opens a socket and closes it after the first word."""
    said: list[dict[str, Any]] = []
    greeted = asyncio.Event()
    heard = iter([{"type": "websocket.connect"}])

    async def receive() -> dict[str, Any]:
        if (first := next(heard, None)) is not None:
            return first
        await greeted.wait()
        return {"type": "websocket.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)
        if message["type"] == "websocket.send":
            greeted.set()

    headers = {"host": "127.0.0.1", "origin": "http://127.0.0.1", "cookie": cookies}
    scope = {"headers": [(name.encode(), value.encode()) for name, value in headers.items()]}
    await asyncio.wait_for(socket(scope, receive, send), 10)
    return said
