"""A workspace on a network whose rules let words stay 48 hours and names 24, and all that a worker does for it.

await village.hears(await village.network.comment(LI, post=village.post, text="Where is my order?"))
await village.passes(hours=49)
await village.purges()
assert not await village.knows("Where is my order?")
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import msgspec

from inbox.flow import introductions, lanes, media, purging
from inbox.flow.committer import Committer, Delivery
from inbox.flow.road import Road
from inbox.flow.split import split
from inbox.ground.db import Connection, Database
from inbox.ground.files import Files
from inbox.ground.settings import Settings
from inbox.platforms.linkedin.simulator import LinkedIn
from inbox.platforms.registry import platforms
from inbox.platforms.simulation import Person
from inbox.realtime import feed
from inbox.sla import storage
from tests.api.browser import Browsers
from tests.privacy.looking import dump, numbers
from tests.world import World

ANA = Person("7001", "Ana Ruiz")
# What is older in every place where age is kept.
AGES = {
    "message": ("purge_due_at", "reread_due_at"),
    "contact_identity": ("named_at",),
    "inbound_event": ("received_at", "recorded_at", "due_at"),
    "inbound_delivery": ("received_at",),
    "attachment": ("due_at",),
    "event": ("at",),
}


@dataclass
class Village:
    """The workspace, its network, and the way between them."""

    world: World
    network: LinkedIn
    road: Road
    web: Browsers
    owner: Connection
    settings: Settings
    pictures: dict[str, bytes]
    post: str = ""

    @property
    def database(self) -> Database:
        return self.world.database

    # What happens

    async def hears(self, name: str = "") -> asyncpg.Record:
        """Everything told by webhook is stored, split and placed; gives the message of this name."""
        await self.network.flush()
        await self.placed()
        return await self.message(name) if name else await self.last()

    async def placed(self) -> None:
        while await split(self.database, platforms(), self.world.safe):
            pass
        while sum([await lanes.work(self.database, platforms(), *lane) for lane in await lanes.busy(self.database)]):
            pass

    async def arrives(self, payload: bytes | dict[str, Any]) -> None:
        """A delivery, stored as it came and not looked at yet."""
        body = payload if isinstance(payload, bytes) else msgspec.json.encode(payload)
        await Committer(self.database).store(Delivery("linkedin", "demo", b"x-from: Somebody", body))

    async def fetches(self) -> None:
        """The files that came."""
        files = Files(self.settings.attachments_url)
        for workspace_id, attachment in await media.due(self.database):
            await media.fetch(self.road, files, workspace_id, attachment)

    async def introduces(self) -> None:
        """Who they are."""
        for workspace_id in await introductions.waiting(self.database):
            await introductions.introduce(self.database, self.world.safe, self.road.outbound, platforms(), workspace_id)

    async def passes(self, *, hours: float) -> None:
        """Time goes by: everything is that much older."""
        for table, columns in AGES.items():
            older = ", ".join(f"{column} = {column} - $1::interval" for column in columns)
            await self.owner.execute(f"UPDATE {table} SET {older}", timedelta(hours=hours))

    async def purges(self) -> None:
        """The worker's turn."""
        for home in await purging.homes(self.database, platforms()):
            await purging.purge(self.database, platforms(), home)
        await purging.purge_raw(self.database, platforms())
        await purging.leave(self.database, Files(self.settings.attachments_url))

    # Looking

    async def message(self, name: str) -> asyncpg.Record:
        """As its row is now; `name` as the network has it."""
        return await self.row("SELECT * FROM message WHERE external_id = $1", name)

    async def last(self) -> asyncpg.Record:
        return await self.row("SELECT * FROM message ORDER BY at DESC, recorded_at DESC LIMIT 1")

    async def row(self, sql: str, *values: Any) -> asyncpg.Record:
        found = await self.owner.fetchrow(sql, *values)
        assert found is not None, sql
        return found

    async def dump(self) -> bytes:
        return await dump(self.owner, self.settings)

    async def knows(self, words: str) -> bool:
        """Whether these words lie anywhere."""
        return words.encode() in await self.dump()

    async def feed(self, after: int = 0) -> list[feed.Entry]:
        """What a page that was at `after` is told."""
        return await feed.after(self.database, self.world.workspace_id, after)

    async def numbers(self) -> list[tuple[Any, ...]]:
        return await numbers(self.owner)

    async def differences(self) -> int:
        return await storage.recompute(self.database, self.world.workspace_id)

    async def admin(self) -> httpx.AsyncClient:
        return await self.web.of(self.world, self.world.admin)

    async def looks(self, conversation: UUID) -> dict[str, Any]:
        """Somebody opens a thread whose words were let go, and the page asks for them."""
        answer = await (await self.admin()).post(f"/conversations/{conversation}/refetch")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        await self.placed()
        return found

    async def conversation(self) -> UUID:
        return UUID(str((await self.row("SELECT id FROM conversation ORDER BY created_at LIMIT 1"))["id"]))
