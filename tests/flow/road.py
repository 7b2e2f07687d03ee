"""Walking the road in, in a test: what a platform would send, through the same intake, splitter and lanes.

road = Road(world)
await road.says("7001", "Where is my order?", at="09:00")
await road.comments("8001", "Does it ship?", at="09:05")
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import msgspec

from inbox.flow import lanes
from inbox.flow.committer import Committer, Delivery
from inbox.flow.split import split
from inbox.platforms.registry import platforms
from inbox.sla import storage
from inbox.sla.facts import AnyFact, decode
from tests.world import World

Fact = TypeVar("Fact", bound=AnyFact)
DAY = datetime(2026, 11, 24, tzinfo=UTC)


def clock(text: str) -> datetime:
    """`09:30` on the day the stories happen, or `09:30:05`."""
    hours, minutes, *rest = (int(part) for part in text.split(":"))
    return DAY.replace(hour=hours, minute=minutes, second=rest[0] if rest else 0)


class Road:
    """One page of a world, and the customers who write to it."""

    def __init__(self, world: World, account: str) -> None:
        self.world, self.account = world, account
        self.database = world.database
        self.committer = Committer(world.database)
        self._number = 0

    @classmethod
    async def make(cls, world: World) -> Road:
        async with world.database.tenant(world.workspace_id) as connection:
            account = await connection.fetchval(
                """UPDATE channel SET connected_at = $3 WHERE workspace_id = $1 AND id = $2 RETURNING external_id""",
                world.workspace_id,
                world.channel_id,
                clock("00:00"),
            )
        return cls(world, account)

    # What customers do

    async def says(self, who: str, text: str, *, at: str, mid: str = "", **more: Any) -> str:
        """A direct message."""
        mid = mid or self._next("m")
        await self.arrives(self.dm(who, text, at=at, mid=mid, **more))
        return mid

    async def comments(self, who: str, text: str, *, at: str, under: str = "", post: str = "900", id: str = "") -> str:
        """A comment below our post, or below another comment."""
        comment = id or f"{post}_{self._next('')}"
        await self.arrives(self.comment(who, text, at=at, id=comment, under=under, post=post))
        return comment

    async def answers_elsewhere(self, text: str, *, at: str, to: str, mid: str = "", app: int = 263902037430900) -> str:
        """A colleague answers a DM in the platform's own inbox."""
        mid = mid or self._next("echo")
        payload = self.dm(to, text, at=at, mid=mid)
        event = payload["entry"][0]["messaging"][0]
        event["sender"], event["recipient"] = {"id": self.account}, {"id": to}
        event["message"] |= {"is_echo": True, "app_id": app}
        await self.arrives(payload)
        return mid

    async def changes(self, verb: str, id: str, *, at: str, post: str = "900", **more: Any) -> None:
        """What else can happen to a comment: edited, remove, hide, unhide."""
        await self.arrives(self.happens(verb, id, at=at, post=post, **more))

    # Payloads

    def dm(self, who: str, text: str, *, at: str, mid: str, **more: Any) -> dict[str, Any]:
        stamp = int(clock(at).timestamp() * 1000)
        message = {"mid": mid, "text": text} | more
        return self._entry(
            "messaging",
            {"sender": {"id": who}, "recipient": {"id": self.account}, "timestamp": stamp, "message": message},
        )

    def edit(self, who: str, text: str, *, at: str, mid: str, number: int) -> dict[str, Any]:
        stamp = int(clock(at).timestamp() * 1000)
        edit = {"mid": mid, "text": text, "num_edit": str(number)}
        return self._entry(
            "messaging",
            {"sender": {"id": who}, "recipient": {"id": self.account}, "timestamp": stamp, "message_edit": edit},
        )

    def comment(
        self, who: str, text: str, *, at: str, id: str, under: str = "", post: str = "900", days: int = 0
    ) -> dict[str, Any]:
        value = {
            "item": "comment",
            "verb": "add",
            "comment_id": id,
            "post_id": f"{self.account}_{post}",
            "parent_id": under or f"{self.account}_{post}",
            "from": {"id": who, "name": f"Person {who}"},
            "message": text,
            "created_time": int((clock(at) + timedelta(days=days)).timestamp()),
        }
        return self._entry("changes", {"field": "feed", "value": value})

    def happens(self, verb: str, id: str, *, at: str, post: str = "900", **more: Any) -> dict[str, Any]:
        value = {"item": "comment", "verb": verb, "comment_id": id, "post_id": f"{self.account}_{post}"}
        value |= {"created_time": int(clock(at).timestamp())} | more
        payload = self._entry("changes", {"field": "feed", "value": value})
        payload["entry"][0]["time"] = int(clock(at).timestamp())
        return payload

    def _entry(self, kind: str, event: dict[str, Any]) -> dict[str, Any]:
        return {"object": "page", "entry": [{"id": self.account, "time": int(DAY.timestamp()), kind: [event]}]}

    def _next(self, prefix: str) -> str:
        self._number += 1
        return f"{prefix}{1000 + self._number}"

    # The road itself

    async def arrives(self, *payloads: Any) -> None:
        """Store, split and place."""
        await self.stored(*payloads)
        await self.placed()

    async def stored(self, *payloads: Any) -> None:
        for payload in payloads:
            body = payload if isinstance(payload, bytes) else msgspec.json.encode(payload)
            await self.committer.store(Delivery("facebook", "main", b"", body))

    async def understood(self, language: str) -> None:
        """What has just come is told to be in this language, as some platforms do and the page's does not."""
        await self._split()
        async with self.database.tenant(self.world.workspace_id) as connection:
            for row in await connection.fetch("SELECT id, payload FROM inbound_event WHERE state = 'new'"):
                told = msgspec.json.decode(row["payload"]) | {"language": language}
                await connection.execute(
                    "UPDATE inbound_event SET payload = $2 WHERE id = $1", row["id"], msgspec.json.encode(told)
                )

    async def _split(self) -> None:
        while await split(self.database, platforms(), self.world.safe):
            pass

    async def placed(self) -> None:
        """Until nothing moves any more."""
        await self._split()
        while sum([await lanes.work(self.database, platforms(), *lane) for lane in await lanes.busy(self.database)]):
            pass

    # Looking

    async def rows(self, sql: str, *values: Any) -> list[asyncpg.Record]:
        """A question to the tenant's own tables; $1 is the workspace."""
        async with self.database.tenant(self.world.workspace_id) as connection:
            found: list[asyncpg.Record] = await connection.fetch(sql, self.world.workspace_id, *values)
            return found

    async def conversations(self) -> list[asyncpg.Record]:
        return await self.rows("SELECT * FROM conversation WHERE workspace_id = $1 ORDER BY created_at, id")

    async def conversation(self) -> asyncpg.Record:
        (only,) = await self.conversations()
        return only

    async def messages(self) -> list[asyncpg.Record]:
        return await self.rows("SELECT * FROM message WHERE workspace_id = $1 ORDER BY at, external_id")

    async def episodes(self) -> list[asyncpg.Record]:
        return await self.rows("SELECT * FROM episode WHERE workspace_id = $1 ORDER BY opened_at, key")

    async def told(self, kind: type[Fact]) -> list[Fact]:
        """The facts of one kind, in order of time."""
        stored = await self.rows("SELECT data FROM fact WHERE workspace_id = $1 ORDER BY at, rank, tie")
        return [fact for row in stored if isinstance(fact := decode(row["data"]), kind)]

    async def differences(self) -> int:
        """How far the stored episodes are from a full recompute."""
        return await storage.recompute(self.database, self.world.workspace_id)

    async def picture(self) -> list[tuple[Any, ...]]:
        """What people would see, without the names of rows: equal pictures are equal inboxes."""
        threads = await self.rows(
            """SELECT c.kind, c.thread_key, c.status, c.provisional, c.message_count, c.participants, c.waiting_count,
                      c.waiting_since, c.last_message_at, c.last_inbound_at, c.preview
               FROM conversation c WHERE workspace_id = $1 ORDER BY c.thread_key"""
        )
        messages = await self.rows(
            """SELECT m.external_id, c.thread_key, p.external_id AS parent, m.direction, m.elsewhere, m.text, m.at,
                      m.edited_at, m.deleted_at, m.hidden, m.needs_reply, m.answered, m.revisions
               FROM message m JOIN conversation c ON c.workspace_id = m.workspace_id AND c.id = m.conversation_id
               LEFT JOIN message p ON p.workspace_id = m.workspace_id AND p.id = m.parent_id
               WHERE m.workspace_id = $1 ORDER BY m.external_id"""
        )
        episodes = await self.rows(
            """SELECT i.external_id, e.state, e.kind, e.opened_at, e.ended_at, e.cause, e.customer_waited,
                      o.external_id AS opening
               FROM episode e JOIN message o ON o.workspace_id = e.workspace_id AND o.id = e.opening_item::uuid
               LEFT JOIN contact_identity i ON i.workspace_id = e.workspace_id AND i.id::text = e.author
               WHERE e.workspace_id = $1 ORDER BY o.external_id, e.opened_at"""
        )
        return [tuple(row) for row in [*threads, *messages, *episodes]]


def names(rows: Iterable[asyncpg.Record], column: str) -> list[Any]:
    return [row[column] for row in rows]


def named(row: asyncpg.Record) -> UUID:
    return UUID(str(row["id"]))
