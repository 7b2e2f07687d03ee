"""The door of the live page: `/ws`, a bare ASGI websocket. Cookie session and Origin are checked before it opens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
import structlog

from inbox.api.guards import origin_of
from inbox.flow.courtesies import Courtesies
from inbox.ground.db import AWAY, Database
from inbox.people import sessions
from inbox.people.sessions import SignedIn
from inbox.realtime.connection import Connection, TooSlow
from inbox.realtime.hub import Hub
from inbox.realtime.presence import Presence

log = structlog.get_logger("socket")

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

SIGNED_OUT, SLOW, ODD, TOO_MANY, NOT_OURS = 4401, 4408, 4400, 4429, 4403
MOST_PER_PERSON = 20
LARGEST = 4096  # bytes a page may say at once
GLANCE, GOODBYE = 10.0, 5.0  # seconds


class Asked(msgspec.Struct):
    """What a page may say. `visibility`: who will read what is being typed."""

    type: str
    epoch: str = ""
    last: int = 0
    conversation_id: UUID | None = None
    on: bool = False
    visibility: str = ""


class Socket:
    """One per web process."""

    def __init__(self, database: Database, hub: Hub, presence: Presence, courtesies: Courtesies) -> None:
        self._database, self._hub, self._presence, self._courtesies = database, hub, presence, courtesies
        self._open: dict[UUID, int] = {}
        self._decoder = msgspec.json.Decoder(Asked)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
        if not self._same_origin(headers):
            return await send({"type": "websocket.close", "code": NOT_OURS, "reason": "not our page"})
        who = await self._who(headers)
        if who is None:
            # Accepted first: a browser tells its page nothing about a refused handshake, and a page must know why.
            await send({"type": "websocket.accept"})
            return await send({"type": "websocket.close", "code": SIGNED_OUT, "reason": "signed out"})
        if self._open.get(who.agent.id, 0) >= MOST_PER_PERSON:
            await send({"type": "websocket.accept"})
            return await send({"type": "websocket.close", "code": TOO_MANY, "reason": "too many pages"})
        self._open[who.agent.id] = self._open.get(who.agent.id, 0) + 1
        try:
            await send({"type": "websocket.accept"})
            await self._serve(who, receive, send)
        finally:
            self._open[who.agent.id] -= 1
            if not self._open[who.agent.id]:
                del self._open[who.agent.id]

    async def _serve(self, who: SignedIn, receive: Receive, send: Send) -> None:
        async def write(frame: bytes) -> None:
            await send({"type": "websocket.send", "text": frame.decode()})

        page = Connection(who.agent, who.session_id, write)
        code, reason = 1000, ""
        tasks = {
            asyncio.create_task(page.write(), name="socket write"),
            asyncio.create_task(self._listen(page, receive), name="socket read"),
            asyncio.create_task(page.closed.wait(), name="socket close"),
        }
        try:
            await self._hub.greet(page)
            self._presence.here(page.agent, page)
            done: set[asyncio.Task[Any]] = set()
            while not done:
                done, _ = await asyncio.wait(tasks, timeout=GLANCE, return_when=asyncio.FIRST_COMPLETED)
                if page.is_stuck():  # a line that is half open tells nobody: neither us nor our server
                    page.close("slow")
            for task in done:
                if task.exception() is not None:
                    code, reason = _goodbye(task.exception())
            if page.closed.is_set():
                code, reason = (SIGNED_OUT if page.why == "signed out" else SLOW), page.why
        finally:
            self._hub.leave(page)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with suppress(Exception):  # also where the line is half open, and takes not even that
                async with asyncio.timeout(GOODBYE):
                    await send({"type": "websocket.close", "code": code, "reason": reason})

    async def _listen(self, page: Connection, receive: Receive) -> None:
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text") or ""
            if len(text) > LARGEST:
                raise ValueError("That is too long.")
            asked = self._decoder.decode(text)
            match asked.type:
                case "start":
                    await self._hub.join_new(page)
                case "resume":
                    await self._hub.join_again(page, asked.epoch, asked.last)
                case "watch":
                    await self._watch(page, asked.conversation_id)
                case "typing" if page.watching and page.channel_id:
                    state = "typing" if asked.on else "viewing"
                    self._presence.shows(page.agent, page, page.watching, page.channel_id, state)
                    if asked.on:
                        self._courtesies.writes(page.agent, page.watching, asked.visibility)
                case "idle" if page.watching and page.channel_id:
                    state = "idle" if asked.on else "viewing"
                    self._presence.shows(page.agent, page, page.watching, page.channel_id, state)
                case "ping":
                    page.put(b'{"type":"pong"}')
                case _:
                    pass

    async def _watch(self, page: Connection, conversation_id: UUID | None) -> None:
        """The thread this page shows; one that its agent may not see is not watched."""
        page.watching = page.channel_id = None
        if conversation_id is None:
            self._presence.here(page.agent, page)
            return
        async with self._database.tenant(page.agent.workspace_id) as connection:
            channel_id = await connection.fetchval(
                "SELECT channel_id FROM conversation WHERE workspace_id = $1 AND id = $2",
                page.agent.workspace_id,
                conversation_id,
            )
        if channel_id is None or not page.agent.sees(channel_id):
            self._presence.here(page.agent, page)
            return
        page.watching, page.channel_id = conversation_id, channel_id
        self._presence.shows(page.agent, page, conversation_id, channel_id, "viewing")
        people = self._presence.people(page.agent.workspace_id, conversation_id)
        page.put(msgspec.json.encode({"type": "presence", "conversation_id": conversation_id, "people": people}))

    async def _who(self, headers: dict[str, str]) -> SignedIn | None:
        cookie = _cookie(headers.get("cookie", ""), sessions.COOKIE)
        who = await sessions.find(self._database, cookie) if cookie else None
        return None if who is None or who.confined else who

    def _same_origin(self, headers: dict[str, str]) -> bool:
        """Browsers always say where a page came from; whoever does not is no browser of ours."""
        origin = headers.get("origin", "")
        if origin == origin_of(self._database.settings.base_url):
            return True
        return bool(origin) and urlsplit(origin).netloc == headers.get("host")


def _cookie(header: str, name: str) -> str:
    """By hand: http.cookies stops reading at the first cookie it does not like, whoever set it."""
    for part in header.split(";"):
        key, _, value = part.strip().partition("=")
        if key == name:
            return value.strip('"')
    return ""


def _goodbye(error: BaseException | None) -> tuple[int, str]:
    if isinstance(error, TooSlow):
        return SLOW, "slow"
    if isinstance(error, (ValueError, msgspec.MsgspecError)):
        return ODD, "not understood"
    if not isinstance(error, AWAY):
        log.warning("socket fell over", error=type(error).__name__)
    return 1011, "try again"
