"""Who is here, who looks at which conversation, who is typing: true for a moment, shared over Valkey, may be lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

import msgspec
import redis.asyncio as redis
from redis.exceptions import RedisError

from inbox.ground.tasks import end
from inbox.people.access import Agent

TTL = 45.0  # seconds; a process that dies takes its people with it
REFRESH = 15.0
QUIET = 10.0  # seconds of silence after which the line is tried
PATIENCE = 5.0  # seconds for an answer; a line that gives none is given up, whatever TCP still hopes
TOPIC = "earshot:presence"
NOWHERE = UUID(int=0)  # the page is open, at no conversation
PRESENCES = ("typing", "viewing", "here", "idle")  # of somebody with several pages, the first of these

Listener = Callable[[UUID, UUID, UUID | None, bytes], None]


class Said(msgspec.Struct, omit_defaults=True):
    """One person's state on one conversation, as it travels. `state` "" means gone."""

    process: str
    workspace_id: UUID
    conversation_id: UUID
    user_id: UUID
    state: str
    channel_id: UUID | None = None


class Presence:
    """What this process knows of everybody. Without Valkey it knows its own pages, which is most of it."""

    def __init__(self, redis_url: str) -> None:
        self._url = redis_url
        self._name = uuid4().hex
        self._listeners: list[Listener] = []
        self._known: dict[tuple[UUID, UUID], dict[UUID, tuple[str, float]]] = {}
        self._mine: dict[object, Said] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._outbox: asyncio.Queue[bytes] = asyncio.Queue(1000)

    def listen(self, listener: Listener) -> None:
        self._listeners.append(listener)

    async def start(self) -> None:
        self._tasks = [asyncio.create_task(job(), name="presence") for job in (self._share, self._hear, self._refresh)]

    async def stop(self) -> None:
        await end(self._tasks)

    def shows(self, agent: Agent, page: object, conversation_id: UUID, channel_id: UUID | None, state: str) -> None:
        """This page looks at a conversation: viewing, idle or typing."""
        before = self._mine.get(page)
        if before and before.conversation_id != conversation_id:
            self.gone(agent, page)
        said = Said(self._name, agent.workspace_id, conversation_id, agent.id, state, channel_id)
        self._mine[page] = said
        self._say(said)

    def here(self, agent: Agent, page: object) -> None:
        """This page is open, and looks at no conversation."""
        self.shows(agent, page, NOWHERE, None, "here")

    def gone(self, agent: Agent, page: object) -> None:
        """This page looks elsewhere; its person may still look with another."""
        said = self._mine.pop(page, None)
        if said is None:
            return
        still = [
            other
            for other in self._mine.values()
            if other.user_id == said.user_id and other.conversation_id == said.conversation_id
        ]
        self._say(still[0] if still else msgspec.structs.replace(said, state=""))

    def people(self, workspace_id: UUID, conversation_id: UUID) -> list[dict[str, str]]:
        """Everybody on a conversation now."""
        known = self._known.get((workspace_id, conversation_id), {})
        return [
            {"user_id": str(user_id), "state": state}
            for user_id, (state, until) in sorted(known.items())
            if until > monotonic()
        ]

    def present(self, workspace_id: UUID) -> dict[UUID, str]:
        """Everybody who has a page open now: typing, viewing a conversation, here, or idle."""
        found: dict[UUID, str] = {}
        for (workspace, _), known in self._known.items():
            if workspace != workspace_id:
                continue
            for user_id, (state, until) in known.items():
                if until > monotonic():
                    found[user_id] = min(found.get(user_id, state), state, key=PRESENCES.index)
        return found

    def _say(self, said: Said) -> None:
        self._note(said)
        with suppress(asyncio.QueueFull):
            self._outbox.put_nowait(msgspec.json.encode(said))

    def _note(self, said: Said) -> None:
        key = (said.workspace_id, said.conversation_id)
        known = self._known.setdefault(key, {})
        before = known.get(said.user_id, ("", 0.0))[0]
        if said.state:
            known[said.user_id] = (said.state, monotonic() + TTL)
        else:
            known.pop(said.user_id, None)
        if not known:
            self._known.pop(key, None)
        if before != said.state:
            self._tell(key, said.channel_id)

    def _tell(self, key: tuple[UUID, UUID], channel_id: UUID | None) -> None:
        if key[1] == NOWHERE:
            return
        frame = msgspec.json.encode({"type": "presence", "conversation_id": key[1], "people": self.people(*key)})
        for listener in self._listeners:
            listener(key[0], key[1], channel_id, frame)

    async def _share(self) -> None:
        while True:
            with suppress(RedisError, OSError):
                async with _client(self._url) as client:
                    while True:
                        await client.publish(TOPIC, await self._outbox.get())
            await asyncio.sleep(1)

    async def _hear(self) -> None:
        decoder = msgspec.json.Decoder(Said)
        while True:
            with suppress(RedisError, OSError):
                async with _client(self._url) as client, client.pubsub() as heard:
                    await heard.subscribe(TOPIC)
                    while message := await _next(heard):
                        with suppress(msgspec.MsgspecError):
                            said = decoder.decode(message["data"])
                            if said.process != self._name:
                                self._note(said)
            await asyncio.sleep(1)

    async def _refresh(self) -> None:
        """Say again what is still so, and forget what nobody says any more."""
        while True:
            await asyncio.sleep(REFRESH)
            for said in list(self._mine.values()):
                self._say(said)
            for key, known in list(self._known.items()):
                late = [user_id for user_id, (_, until) in known.items() if until <= monotonic()]
                for user_id in late:
                    known.pop(user_id)
                if late:
                    self._tell(key, None)
                if not known:
                    self._known.pop(key, None)


async def _next(heard: redis.client.PubSub) -> dict[str, Any] | None:
    """What is heard next; None when the line answers no more: one that is half open is silent for ever."""
    told = await _heard(heard, QUIET)
    while told is None or told["type"] != "message":
        if told is None:
            await heard.ping()
            if (told := await _heard(heard, PATIENCE)) is None:
                return None
        else:
            told = await _heard(heard, QUIET)
    return told


async def _heard(heard: redis.client.PubSub, seconds: float) -> dict[str, Any] | None:
    return await heard.get_message(timeout=seconds)  # type: ignore[no-any-return]


def _client(url: str) -> redis.Redis:
    patience = {"socket_connect_timeout": PATIENCE, "socket_timeout": PATIENCE}
    client: redis.Redis = redis.from_url(url, **patience)  # type: ignore[no-untyped-call]
    return client
