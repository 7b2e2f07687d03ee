"""A page in a few lines, for stories with hundreds of them: it keeps its place in the feed and comes back by itself.

    page = Page(base, cookie)
    page.opens()
    await until(page.is_at(head), "it has heard everything")
    page.heard, page.conversations, page.holes

It believes nothing: what begins behind its place is counted as a hole, what it is given twice is counted too.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, WebSocketException

from inbox.people.sessions import COOKIE

TOGETHER = 0.4  # seconds; pages of a server that went away come back at random within it


class Page:
    """`heard`: the numbers of all events since `first`, as they came. `conversations`, `messages`: the newest rows."""

    def __init__(self, base: str, cookie: str, *, seed: int = 0) -> None:
        self._base, self._cookie, self._chance = base, cookie, random.Random(seed)
        self.first = self.last = -1
        self._epoch, self._access = "", -1
        self.heard: list[int] = []
        self.conversations: dict[str, dict[str, Any]] = {}
        self.messages: dict[str, dict[str, Any]] = {}
        self.people: dict[str, set[str]] = {}
        self.holes = self.twice = self.afresh = self.calls = 0
        self.live = False
        self._wire: ClientConnection | None = None
        self._watched: str | None = None
        self._task: asyncio.Task[None] | None = None

    def opens(self) -> None:
        self._task = asyncio.create_task(self._run(), name="page")

    async def closes(self) -> None:
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def watches(self, conversation: str) -> None:
        """Show a thread."""
        self._watched = conversation
        if self._wire:
            with suppress(WebSocketException):
                await self._say(type="watch", conversation_id=conversation)

    def is_at(self, head: int) -> Callable[[], Awaitable[bool]]:
        """Whether it is open and has heard everything up to there."""

        async def reached() -> bool:
            return self.live and self.last >= head

        return reached

    async def _run(self) -> None:
        while True:
            with suppress(OSError, WebSocketException, InvalidHandshake, TimeoutError):
                await self._listen()
            self.live, self._wire = False, None
            await asyncio.sleep(self._chance.random() * TOGETHER)

    async def _listen(self) -> None:
        headers = {"Cookie": f"{COOKIE}={self._cookie}", "Origin": self._base}
        address = self._base.replace("http", "ws", 1) + "/ws"
        async with connect(
            address, additional_headers=headers, compression=None, max_size=None, open_timeout=30, ping_interval=None
        ) as self._wire:
            self.calls += 1
            async for text in self._wire:
                await self._hear(msgspec.json.decode(text))

    async def _hear(self, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "hello":
                known = (frame["epoch"], frame["access"]) == (self._epoch, self._access) and self.last >= 0
                self._epoch, self._access = frame["epoch"], frame["access"]
                if self._watched:
                    await self._say(type="watch", conversation_id=self._watched)
                if known:
                    await self._say(type="resume", epoch=self._epoch, last=self.last)
                    await self._say(type="ping")
                else:
                    await self._say(type="start")
            case "started":
                self.first = self.last = max(self.last, frame["seq"])
                self.live = True
            case "pong":
                self.live = True
            case "resync":
                self.afresh += 1
                await self._say(type="start")
            case "events":
                self._take(frame["prev"], frame["events"])
            case "presence":
                self.people[frame["conversation_id"]] = {one["user_id"] for one in frame["people"]}

    def _take(self, prev: int, events: list[dict[str, Any]]) -> None:
        self.holes += prev > self.last
        for event in events:
            self.twice += event["seq"] <= self.last
            self.last = max(self.last, event["seq"])
            self.heard.append(event["seq"])
            for kept, name in ((self.conversations, "conversation"), (self.messages, "message")):
                if (row := event.get(name)) and row["version"] >= kept.get(row["id"], row)["version"]:
                    kept[row["id"]] = row

    async def _say(self, **frame: Any) -> None:
        if self._wire:
            await self._wire.send(msgspec.json.encode(frame).decode())
