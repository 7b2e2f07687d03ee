"""A small workspace to tell stories in: people of every role, and one connected channel.

world = await World.make(database)
other = await World.make(database)          # another tenant
world.agent, world.outsider                 # people.access.Agent: the outsider sees no channel
cookie, csrf = await world.sign_in(world.agent)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

import msgspec
from argon2 import PasswordHasher

from inbox.desk import members
from inbox.ground.crypto import Safe
from inbox.ground.db import Database
from inbox.ground.ids import new_id
from inbox.people import sessions, workspaces
from inbox.people.access import RIGHTS, Agent, Right, Role, channels_of, granted, keys_of, needed

PASSWORD = "correct horse battery"
# Cheap on purpose: what a hash costs is of no interest to a story.
PASSWORD_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@dataclass
class World:
    """One tenant. Made through the product's own roles, so inside its walls."""

    database: Database
    workspace_id: UUID
    is_demo: bool
    channel_id: UUID = field(init=False)
    admin: Agent = field(init=False)
    supervisor: Agent = field(init=False)
    agent: Agent = field(init=False)
    read_only: Agent = field(init=False)
    outsider: Agent = field(init=False)

    @classmethod
    async def make(
        cls, database: Database, *, name: str = "Acme", platform: str = "facebook", is_demo: bool = False
    ) -> World:
        world = cls(database, new_id(), is_demo)
        async with database.tenant(world.workspace_id) as connection:
            await workspaces.create(connection, world.workspace_id, name=name, is_demo=is_demo)
        world.channel_id = await world.channel(platform)
        world.admin = await world.member(Role.ADMIN, "Ada")
        world.supervisor = await world.member(Role.SUPERVISOR, "Sam")
        world.agent = await world.member(Role.AGENT, "Ana")
        world.read_only = await world.member(Role.READ_ONLY, "Rea")
        world.outsider = await world.member(Role.AGENT, "Otto", channel_ids=[])
        return world

    @cached_property
    def safe(self) -> Safe:
        return Safe(self.database.settings.secret_key)

    async def member(self, role: Role, name: str, *, channel_ids: list[UUID] | None = None, email: str = "") -> Agent:
        """Somebody new, whose password is PASSWORD; None: every channel."""
        user_id = new_id()
        email = email or f"{name.lower()}.{user_id.hex[-12:]}@example.com"
        async with self.database.tenant(self.workspace_id) as connection:
            await connection.execute(
                'INSERT INTO "user" (id, email, name, password_hash) VALUES ($1, $2, $3, $4)',
                user_id,
                email,
                name,
                PASSWORD_HASH,
            )
            await connection.execute(
                """INSERT INTO membership (workspace_id, id, user_id, name, email, role, channel_ids)
                   VALUES ($1, $2, $3, $4, $5, $6, $7)""",
                self.workspace_id,
                new_id(),
                user_id,
                name,
                email,
                role,
                channel_ids,
            )
        return Agent(user_id, self.workspace_id, role, name, channels_of(RIGHTS[role], channel_ids))

    async def role(self, rights: frozenset[Right], name: str = "Night shift") -> UUID:
        """A role of the workspace's own, with all that its rights need."""
        role_id = new_id()
        rights = rights.union(*(needed(one) for one in rights)) | {Right.READ}
        async with self.database.tenant(self.workspace_id) as connection:
            await connection.execute(
                "INSERT INTO workspace_role (workspace_id, id, name, rights) VALUES ($1, $2, $3, $4)",
                self.workspace_id,
                role_id,
                name,
                keys_of(rights),
            )
        return role_id

    async def rights_of_role(self, name: str) -> frozenset[Right]:
        """What a role of the workspace's own allows."""
        async with self.database.tenant(self.workspace_id) as connection:
            found = await connection.fetchval(
                "SELECT rights FROM workspace_role WHERE workspace_id = $1 AND name = $2", self.workspace_id, name
            )
        return granted(found)

    async def gives(self, who: Agent, rights: frozenset[Right], name: str = "Night shift") -> Agent:
        """Somebody has a role of the workspace's own from now on; gives them as they stand then."""
        role_id = await self.role(rights, name)
        async with self.database.session(self.workspace_id) as session:
            await members.change(session, self.admin, who.id, members.Change(role_id=role_id))
        now = await sessions.member(self.database, self.workspace_id, who.id)
        assert now is not None
        return now

    async def channel(
        self,
        platform: str = "facebook",
        *,
        external_id: str = "",
        name: str = "Acme Shop",
        credentials: dict[str, Any] | None = None,
        settings: dict[str, Any] | None = None,
        app_id: str = "",
    ) -> UUID:
        """A connected account, with the route by which its events find it."""
        channel_id = new_id()
        external_id = external_id or f"account-{channel_id.hex[-12:]}"
        async with self.database.tenant(self.workspace_id) as connection:
            await connection.execute(
                """INSERT INTO channel (workspace_id, id, platform, external_id, name, handle, app_id, credentials,
                                        settings, connected_at)
                   VALUES ($1, $2, $3, $4, $5, '', $6, $7, $8, now())""",
                self.workspace_id,
                channel_id,
                platform,
                external_id,
                name,
                app_id,
                self.safe.seal(credentials or {}, f"channel:{channel_id}"),
                msgspec.json.encode(settings or {}).decode(),
            )
            await connection.execute(
                "INSERT INTO channel_route (platform, external_id, workspace_id, channel_id) VALUES ($1, $2, $3, $4)",
                platform,
                external_id,
                self.workspace_id,
                channel_id,
            )
        return channel_id

    async def app(self, platform: str, app_id: str, secrets: list[str], *, verify_token: str = "") -> None:
        """A vendor's app that signs webhooks under /webhooks/{platform}/{app_id}."""
        sealed = self.safe.seal({"secrets": secrets, "verify_token": verify_token}, f"app:{platform}/{app_id}")
        async with self.database.app.acquire() as connection:
            await connection.execute(
                "INSERT INTO platform_app (platform, id, workspace_id, vendor_id, secrets) VALUES ($1, $2, $3, $2, $4)",
                platform,
                app_id,
                self.workspace_id,
                sealed,
            )

    async def email(self, who: Agent) -> str:
        async with self.database.app.acquire() as connection:
            return str(await connection.fetchval('SELECT email FROM "user" WHERE id = $1', who.id))

    async def sign_in(self, who: Agent) -> tuple[str, str]:
        """A browser session of theirs: cookie and CSRF token, without the price of a password."""
        async with self.database.app.acquire() as connection:
            opened = await sessions.open_session(connection, who.id, self.workspace_id, browser="a test")
        return opened.cookie, opened.csrf
