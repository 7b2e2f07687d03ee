"""A workspace whose customers write in private and below posts, and its admin's browser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from inbox.desk import drafts, replies
from inbox.desk.replies import Reply
from inbox.flow import purging
from inbox.ground.db import Connection
from inbox.ground.files import Files
from inbox.ground.ids import new_id
from inbox.ground.settings import Settings
from tests.api.browser import Browsers
from tests.flow.road import Road
from tests.privacy.looking import dump, numbers
from tests.world import World


@dataclass
class Home:
    world: World
    road: Road
    web: Browsers
    admin: httpx.AsyncClient
    owner: Connection
    settings: Settings

    async def notes(self, thread: UUID, text: str) -> None:
        """Between us."""
        async with self.world.database.session(self.world.workspace_id) as session:
            reply = Reply(visibility="note", text=text)
            await replies.send(session, thread, reply, by=self.world.agent, key=new_id().hex)

    async def drafts(self, thread: UUID, text: str) -> None:
        async with self.world.database.session(self.world.workspace_id) as session:
            await drafts.keep(session, thread, visibility="private", text=text, reply_to=None, by=self.world.agent)

    async def contact(self, external_id: str) -> UUID:
        """Who this is to us."""
        found = await self.owner.fetchval("SELECT contact_id FROM contact_identity WHERE external_id = $1", external_id)
        return UUID(str(found))

    async def erases(self, external_id: str) -> httpx.Response:
        """The admin does, in the page."""
        answer = await self.admin.post(f"/contacts/{await self.contact(external_id)}/erasure", json={})
        await purging.leave(self.world.database, Files(self.settings.attachments_url))
        return answer

    async def knows(self, words: str) -> bool:
        return words.encode() in await dump(self.owner, self.settings)

    async def numbers(self) -> list[tuple[Any, ...]]:
        return await numbers(self.owner)

    async def audit(self, verb: str) -> asyncpg.Record:
        found = await self.owner.fetchrow("SELECT * FROM audit_entry WHERE verb = $1", verb)
        assert found is not None
        return found
