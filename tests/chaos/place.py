"""An installation in trouble, as its customers, its agents and its checker see it: doors, a database, a network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from inbox.ground.db import Database
from inbox.people.sessions import COOKIE
from inbox.platforms.facebook.signature import sign
from inbox.platforms.facebook.simulator import Facebook
from tests import waiting
from tests.world import World

PATIENCE = 120.0  # longer than a lease: what a killed worker held is given back only when that is over
ACCOUNT, APP = "1040", "town"
MAY_REFUSE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, httpx.HTTPError, TimeoutError)


async def until(condition: Callable[[], Any], what: str) -> Any:
    """Wait until something is so; whatever is being restarted may refuse to be asked meanwhile."""
    return await waiting.until(condition, what, seconds=PATIENCE, despite=MAY_REFUSE)


class Place:
    """`doors`: the addresses of its web processes. `database`: a way in that no fault touches."""

    world: World
    database: Database
    network: Facebook
    doors: list[str]

    @property
    def workspace_id(self) -> UUID:
        return self.world.workspace_id

    async def settle_in(self, database: Database) -> None:
        """A workspace whose channel is on the network, connected long enough; agents get no time to reconsider."""
        self.database = database
        self.world = await World.make(database, is_demo=True)
        given = self.network.connection
        await self.world.app("facebook", APP, given["app"]["secrets"])
        self.world.channel_id = await self.world.channel(
            "facebook",
            external_id=given["external_id"],
            credentials=given["credentials"],
            settings=given["settings"],
            app_id=APP,
        )
        async with database.tenant(self.workspace_id) as connection:
            await connection.execute("UPDATE channel SET connected_at = now() - interval '1 day'")
            await connection.execute("UPDATE workspace SET undo_seconds = 0")

    async def deliver(self, http: httpx.AsyncClient, body: bytes, *, door: int = 0) -> int:
        """One signed webhook; the status it was answered with, 0 if there was none."""
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": sign(self.network.secrets[0], body)}
        try:
            url = f"{self.doors[door % len(self.doors)]}/webhooks/facebook/{APP}"
            return (await http.post(url, content=body, headers=headers)).status_code
        except httpx.HTTPError:
            return 0

    async def browser(self) -> httpx.AsyncClient:
        """Somebody signed in, at the first door."""
        cookie, csrf = await self.world.sign_in(self.world.agent)
        return httpx.AsyncClient(
            base_url=f"{self.doors[0]}/api/v1",
            headers={"X-CSRF-Token": csrf, "Origin": self.doors[0]},
            cookies={COOKIE: cookie},
            timeout=5,
        )

    async def rows(self, sql: str, *values: Any) -> list[asyncpg.Record]:
        """A question to the tenant's tables; $1 is the workspace."""
        async with self.database.tenant(self.workspace_id) as connection:
            found: list[asyncpg.Record] = await connection.fetch(sql, self.workspace_id, *values)
            return found

    async def count(self, sql: str, *values: Any) -> int:
        return int((await self.rows(sql, *values))[0][0])

    def posted(self) -> Counter[str]:
        """How often each text of ours can be read on the network."""
        said = (item for talk in self.network.memory.talks.values() for item in talk)
        return Counter(item.text for item in said if item.author == ACCOUNT)

    async def drained(self) -> None:
        """Until nothing is on its way in."""

        async def nothing_left() -> bool:
            waiting = await self.database.intake.fetchval("SELECT count(*) FROM inbound_delivery WHERE state = 'new'")
            events = await self.count("SELECT count(*) FROM inbound_event WHERE workspace_id = $1 AND state = 'new'")
            return not waiting and not events

        await until(nothing_left, "everything that arrived has its place")
