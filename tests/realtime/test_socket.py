"""The door of the live page by itself."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from inbox.api import socket as sockets
from inbox.api.socket import Socket
from inbox.flow.courtesies import Courtesies
from inbox.ground.bell import Bell
from inbox.ground.db import Database
from inbox.ground.outbound import Outbound
from inbox.ground.settings import Settings
from inbox.people.sessions import COOKIE
from inbox.realtime import connection
from inbox.realtime.hub import Hub
from inbox.realtime.presence import Presence
from tests.world import World


async def test_cookies_of_other_programs_on_the_same_machine_sign_nobody_out(
    database: Database, settings: Settings
) -> None:
    world = await World.make(database)
    cookie, _ = await world.sign_in(world.agent)
    socket = door(database, settings, world)
    for beside in ('prefs={"a": 1}', "a[b]=c", "no value", "", 'x="y'):
        assert (await greeted(socket, f"{beside}; {COOKIE}={cookie}"))[1]["type"] == "websocket.send", beside
    assert (await greeted(socket, f"{COOKIE}=somebody-else"))[1]["code"] == 4401
    assert (await greeted(socket, f'"{COOKIE}'))[1]["code"] == 4401


async def test_a_page_whose_line_is_half_open_gives_its_place_to_others(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "STUCK", 0.01)
    monkeypatch.setattr(sockets, "GLANCE", 0.01)
    monkeypatch.setattr(sockets, "GOODBYE", 0.01)
    world = await World.make(database)
    cookie, _ = await world.sign_in(world.agent)
    socket = door(database, settings, world)
    sent: list[str] = []
    first = iter([{"type": "websocket.connect"}])

    async def receive() -> dict[str, Any]:
        if (heard := next(first, None)) is not None:
            return heard
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: dict[str, Any]) -> None:
        sent.append(message["type"])
        if message["type"] != "websocket.accept":
            await asyncio.Event().wait()  # what lies in the buffers is never fetched

    await asyncio.wait_for(socket(scope_of(f"{COOKIE}={cookie}"), receive, send), 30)
    assert sent == ["websocket.accept", "websocket.send", "websocket.close"]
    assert socket._open == {}


def door(database: Database, settings: Settings, world: World) -> Socket:
    presence, courtesies = Presence(settings.redis_url), Courtesies(database, world.safe, Outbound(settings))
    return Socket(database, Hub(database, Bell(settings), presence), presence, courtesies)


def scope_of(cookies: str) -> dict[str, Any]:
    headers = {"host": "127.0.0.1", "origin": "http://127.0.0.1", "cookie": cookies}
    return {"headers": [(name.encode(), value.encode()) for name, value in headers.items()]}


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

    await asyncio.wait_for(socket(scope_of(cookies), receive, send), 10)
    return said
