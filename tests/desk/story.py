"""Telling stories at the desk: customers write through the real road in, agents act through the real verbs.

desk = await Desk.make(database)
thread = await desk.hears("7001", "Where is my order?", ago=60)          # a direct message, an hour ago
await desk.does(conversations.resolve, thread, by=desk.ana)
await desk.posts(thread, "On its way!", by=desk.ana, ago=10)              # a reply, taken by the platform
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import msgspec

from inbox.desk import arrivals, deliveries, replies
from inbox.desk.replies import Reply
from inbox.ground.db import Database
from inbox.ground.ids import new_id
from inbox.people.access import Agent
from inbox.platforms.base import Sent
from inbox.realtime import events, rows
from inbox.realtime.shapes import ConversationOut, EventOut, MessageOut
from tests.flow.road import Road
from tests.world import World

Result = TypeVar("Result")
began = [datetime.now(UTC)]  # when the present story did; each desk begins one


def minutes_ago(minutes: float) -> datetime:
    """An instant of the story, the same however long the story takes to tell."""
    return (began[-1] - timedelta(minutes=minutes)).replace(microsecond=0)


def in_one_week() -> float:
    """So many minutes ago, and in the two hours before, it was one and the same week, whatever day it is."""
    early = began[-1].weekday() == 0 and began[-1].hour < 4
    return 60 * 24 if early else 60


class Desk:
    """One workspace with a page on Facebook, and the people who answer there."""

    def __init__(self, world: World, road: Road) -> None:
        began[:] = [datetime.now(UTC)]
        self.world, self.road, self.database = world, road, world.database
        self.workspace_id, self._turn = world.workspace_id, asyncio.Lock()
        self.ana, self.sam, self.otto, self.rea = world.agent, world.supervisor, world.outsider, world.read_only

    @classmethod
    async def make(cls, database: Database, *, name: str = "Acme") -> Desk:
        world = await World.make(database, name=name)
        desk = cls(world, await Road.make(world))
        await desk.connected(ago=60 * 24 * 365)
        await desk.claims(False)
        return desk

    async def claims(self, on: bool) -> None:
        """Whether who answers what nobody has, has it: most stories say themselves who has what."""
        async with self.database.tenant(self.workspace_id) as connection:
            await connection.execute("UPDATE workspace SET claims = $2 WHERE id = $1", self.workspace_id, on)

    async def connected(self, *, ago: float) -> None:
        """The page was connected then; what is older was there before us."""
        async with self.database.tenant(self.workspace_id) as connection:
            await connection.execute("UPDATE channel SET connected_at = $1", minutes_ago(ago))

    # What customers do

    async def hears(self, who: str, text: str, *, ago: float, mid: str = "", language: str = "") -> UUID:
        """A direct message; gives its conversation. `language`: as if the platform told it."""
        mid = mid or f"m_{new_id().hex}"
        payload = self.road.dm(who, text, at="00:00", mid=mid)
        payload["entry"][0]["messaging"][0]["timestamp"] = int(minutes_ago(ago).timestamp() * 1000)
        await self._arrives(payload, language)
        return await self._thread_of(mid)

    async def sees_comment(
        self, who: str, text: str, *, ago: float, under: str = "", id: str = "", post: str = "900"
    ) -> UUID:
        """A comment below our post, or below another comment; gives its conversation."""
        id = id or f"{post}_{new_id().hex}"
        payload = self.road.comment(who, text, at="00:00", id=id, under=under, post=post)
        payload["entry"][0]["changes"][0]["value"]["created_time"] = int(minutes_ago(ago).timestamp())
        await self._arrives(payload)
        return await self._thread_of(id)

    async def answered_elsewhere(self, to: str, text: str, *, ago: float, app: int | None = None) -> UUID:
        """Our account answered a direct message, but not from here; gives the message."""
        mid = f"echo_{new_id().hex}"
        await self.echoes(to, text, ago=ago, app=app, mid=mid)
        (row,) = await self.rows("SELECT id FROM message WHERE workspace_id = $1 AND external_id = $2", mid)
        return UUID(str(row["id"]))

    async def echoes(self, to: str, text: str, *, ago: float, app: int | None, mid: str) -> None:
        """Told of a message of our account; while a send is in flight it may have to wait for what becomes of that."""
        payload = self.road.dm(to, text, at="00:00", mid=mid)
        event = payload["entry"][0]["messaging"][0]
        event["timestamp"] = int(minutes_ago(ago).timestamp() * 1000)
        event["sender"], event["recipient"] = {"id": self.road.account}, {"id": to}
        event["message"] |= {"is_echo": True, "app_id": app or 263902037430900}
        await self._arrives(payload)

    async def _arrives(self, payload: dict[str, Any], language: str = "") -> None:
        # One at a time, so that each is placed when this returns, whoever holds its lane.
        async with self._turn:
            await self.road.stored(payload)
            if language:
                await self.road.understood(language)
            await self.road.placed()

    async def is_called(self, who: str, name: str, *, handle: str = "") -> None:
        """What the platform tells of somebody. The feed says names with whatever is told next of them."""
        async with self.database.tenant(self.workspace_id) as connection:
            await connection.execute(
                "UPDATE contact_identity SET name = $2, handle = $3 WHERE external_id = $1", who, name, handle
            )
            told = await connection.fetch(
                """SELECT m.id, m.conversation_id FROM message m JOIN contact_identity i ON i.id = m.identity_id
                   WHERE i.external_id = $1""",
                who,
            )
            named = [events.Happening("message.named", row["conversation_id"], row["id"]) for row in told]
            await events.number(connection, self.workspace_id, named)

    # What agents do

    async def does(self, verb: Callable[..., Awaitable[Result]], *values: Any, **more: Any) -> Result:
        """One verb, as a door would call it: in a transaction of its own."""
        async with self.database.session(self.workspace_id) as session:
            return await verb(session, *values, **more)

    async def writes(self, thread: UUID, text: str, *, by: Agent, **more: Any) -> MessageOut:
        """A reply that has not left."""
        kind = (await self.conversation(thread)).kind
        reply = Reply(visibility="private" if kind == "dm" else "public", text=text, **more)
        return await self.does(replies.send, thread, reply, by=by, key=new_id().hex)

    async def arrives(self, message: MessageOut, *, ago: float = 0) -> None:
        """The platform took it."""
        async with self.database.tenant(self.workspace_id) as connection:
            held = await deliveries.hold(connection, self.workspace_id, message.id)
            assert held is not None
            told = await arrivals.sent(connection, held, Sent(f"r_{message.id.hex}", minutes_ago(ago)))
            await events.number(connection, self.workspace_id, told or [])

    async def posts(self, thread: UUID, text: str, *, by: Agent, ago: float = 0, **more: Any) -> MessageOut:
        """A reply that arrives."""
        message = await self.writes(thread, text, by=by, **more)
        await self.arrives(message, ago=ago)
        return message

    async def has_answered(self, who: str, *, ago: float) -> UUID:
        """A direct message with its answer: nobody waits there, and we wait for the customer."""
        thread = await self.hears(who, "Where is my order?", ago=ago)
        await self.posts(thread, "On its way!", by=self.sam, ago=ago - 1)
        assert (await self.conversation(thread)).status == "pending"
        return thread

    # Looking

    async def rows(self, sql: str, *values: Any) -> list[asyncpg.Record]:
        return await self.road.rows(sql, *values)

    async def conversation(self, thread: UUID) -> ConversationOut:
        async with self.database.tenant(self.workspace_id) as connection:
            return (await rows.conversations(connection, self.workspace_id, [thread]))[thread]

    async def messages(self, thread: UUID) -> list[MessageOut]:
        found = await self.rows(
            "SELECT id FROM message WHERE workspace_id = $1 AND conversation_id = $2 ORDER BY at, id", thread
        )
        async with self.database.tenant(self.workspace_id) as connection:
            shown = await rows.messages(connection, self.workspace_id, [row["id"] for row in found])
        return [shown[row["id"]] for row in found]

    async def message(self, thread: UUID, text: str) -> MessageOut:
        """The one that says so."""
        (only,) = [message for message in await self.messages(thread) if message.text == text]
        return only

    async def numbers(self, thread: UUID) -> list[tuple[Any, ...]]:
        """Everything that reports are made of: who waited how long, and what ended it."""
        found = await self.rows(
            """SELECT author, state, kind, opened_at, ended_at, cause, answer, customer_waited, team_took, agent
               FROM episode WHERE workspace_id = $1 AND conversation_id = $2 ORDER BY opened_at, key""",
            thread,
        )
        return [tuple(row) for row in found]

    async def heard(self, name: str = "") -> list[EventOut]:
        """What the feed told, in order."""
        found = await self.rows("SELECT seq, body FROM event WHERE workspace_id = $1 ORDER BY seq")
        told = [msgspec.json.decode(row["body"], type=EventOut) for row in found]
        return [event for event in told if event.name == name or not name]

    async def lines(self, thread: UUID) -> list[str]:
        """The quiet lines of the thread."""
        found = await self.rows(
            "SELECT verb FROM audit_entry WHERE workspace_id = $1 AND conversation_id = $2 ORDER BY at, id", thread
        )
        return [row["verb"] for row in found]

    async def _thread_of(self, external_id: str) -> UUID:
        (row,) = await self.rows(
            "SELECT conversation_id FROM message WHERE workspace_id = $1 AND external_id = $2", external_id
        )
        return UUID(str(row["conversation_id"]))

    # What must hold after every story

    async def stands(self) -> None:
        """The numbers are what a recompute gives, and whoever listened to the feed has every row as it is."""
        assert await self.road.differences() == 0
        conversations: dict[UUID, ConversationOut] = {}
        messages: dict[UUID, MessageOut] = {}
        for event in await self.heard():
            if event.conversation:
                conversations[event.conversation.id] = event.conversation
            if event.message:
                messages[event.message.id] = event.message
        async with self.database.tenant(self.workspace_id) as connection:
            ids = [row["id"] for row in await self.rows("SELECT id FROM conversation WHERE workspace_id = $1")]
            assert conversations == await rows.conversations(connection, self.workspace_id, ids)
            ids = [row["id"] for row in await self.rows("SELECT id FROM message WHERE workspace_id = $1")]
            assert messages == await rows.messages(connection, self.workspace_id, ids)
