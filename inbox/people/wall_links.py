"""Links for screens on walls. Shown once, stored as a hash, good for what their maker may watch until withdrawn.

The secret names its workspace, so that it is looked for inside that workspace's walls and nowhere else.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from inbox.ground.db import Connection, Database
from inbox.ground.errors import Invalid, NotFound
from inbox.ground.ids import new_id
from inbox.people import sessions
from inbox.people.access import RIGHTS, Agent, Right, Role
from inbox.people.sessions import hash_of

PREFIX = "earshot_wall_"  # so that scanners for leaked secrets know one when they see it
REFRESH = timedelta(minutes=1)  # how exact "last used" is
MOST = 50

FIND = """
SELECT id, name, channel_ids, created_by, used_at IS NULL OR now() - used_at > $3::interval AS stale
FROM wall_link WHERE workspace_id = $1 AND hash = $2 AND withdrawn_at IS NULL
"""
LINKS = """
SELECT w.*, m.active IS TRUE AND coalesce('watch' = ANY(m.rights), m.role = ANY($2)) AS opens FROM wall_link w
LEFT JOIN membership m ON m.workspace_id = $1 AND m.user_id = w.created_by
WHERE w.workspace_id = $1 AND w.withdrawn_at IS NULL ORDER BY w.created_at, w.id
"""
WATCHING = [role for role in Role if Right.WATCH in RIGHTS[role]]


class LinkWithdrawn(NotFound):
    code, title = "wall_withdrawn", "This link was withdrawn"


@dataclass(frozen=True, slots=True)
class WallLink:
    """A link as lists show it. `opens`: false where its maker may not watch any more."""

    id: UUID
    name: str
    channel_ids: list[UUID] | None
    created_by: UUID
    created_at: datetime
    used_at: datetime | None
    opens: bool = True


@dataclass(frozen=True, slots=True)
class Watcher:
    """What a link opens now: its maker's view, narrowed to its channels."""

    name: str
    agent: Agent


async def find(database: Database, secret: str) -> Watcher | None:
    """What this secret opens. Nothing once it was withdrawn, or its maker left or may not watch any more."""
    workspace_id = _home(secret)
    if workspace_id is None:
        return None
    async with database.tenant(workspace_id) as connection:
        row = await connection.fetchrow(FIND, workspace_id, hash_of(secret), REFRESH)
        if row is None:
            return None
        maker = (await sessions.members(connection, workspace_id, [row["created_by"]])).get(row["created_by"])
        if maker is None or not maker.may(Right.WATCH):
            return None
        if row["stale"]:
            await connection.execute(
                "UPDATE wall_link SET used_at = now() WHERE workspace_id = $1 AND id = $2", workspace_id, row["id"]
            )
    return Watcher(row["name"], replace(maker, channel_ids=_narrowed(maker, row["channel_ids"])))


async def make(
    connection: Connection, agent: Agent, *, name: str, channel_ids: Sequence[UUID] | None
) -> tuple[WallLink, str]:
    """A new link, and its secret, which is shown this once. Raises Invalid for a channel that they do not see."""
    if channel_ids is not None:
        known = await connection.fetch(
            "SELECT id FROM channel WHERE workspace_id = $1 AND id = ANY($2)", agent.workspace_id, list(channel_ids)
        )
        if not channel_ids or {row["id"] for row in known if agent.sees(row["id"])} != set(channel_ids):
            raise Invalid("There is no such channel.", field="channel_ids")
    if len(await all_of(connection, agent.workspace_id)) >= MOST:
        raise Invalid(f"There are {MOST} links already. Withdraw one that no screen shows.")
    secret = PREFIX + base64.urlsafe_b64encode(agent.workspace_id.bytes + secrets.token_bytes(32)).decode()
    row = await connection.fetchrow(
        """INSERT INTO wall_link (workspace_id, id, hash, name, channel_ids, created_by)
           VALUES ($1, $2, $3, $4, $5, $6) RETURNING *, true AS opens""",
        agent.workspace_id,
        new_id(),
        hash_of(secret),
        name,
        None if channel_ids is None else sorted(set(channel_ids)),
        agent.id,
    )
    assert row is not None
    return _link(row), secret


async def all_of(connection: Connection, workspace_id: UUID) -> list[WallLink]:
    """Every link that was not withdrawn, in the order they were made."""
    return [_link(row) for row in await connection.fetch(LINKS, workspace_id, WATCHING)]


async def withdraw(connection: Connection, workspace_id: UUID, link_id: UUID) -> WallLink:
    """It opens nothing from now on. Raises NotFound."""
    row = await connection.fetchrow(
        """UPDATE wall_link SET withdrawn_at = now() WHERE workspace_id = $1 AND id = $2 AND withdrawn_at IS NULL
           RETURNING *, false AS opens""",
        workspace_id,
        link_id,
    )
    if row is None:
        raise NotFound("There is no such link.")
    return _link(row)


async def withdraw_all_of(connection: Connection, workspace_id: UUID, user_id: UUID) -> None:
    """Every link of somebody who leaves."""
    await connection.execute(
        """UPDATE wall_link SET withdrawn_at = now()
           WHERE workspace_id = $1 AND created_by = $2 AND withdrawn_at IS NULL""",
        workspace_id,
        user_id,
    )


def _home(secret: str) -> UUID | None:
    """The workspace that a secret names."""
    try:
        named = base64.urlsafe_b64decode(secret.removeprefix(PREFIX).encode("ascii"))
    except ValueError:
        return None
    return UUID(bytes=named[:16]) if secret.startswith(PREFIX) and len(named) == 48 else None


def _narrowed(maker: Agent, chosen: Sequence[UUID] | None) -> frozenset[UUID] | None:
    if chosen is None:
        return maker.channel_ids
    return frozenset(channel for channel in chosen if maker.sees(channel))


def _link(row: asyncpg.Record) -> WallLink:
    return WallLink(
        id=row["id"],
        name=row["name"],
        channel_ids=row["channel_ids"],
        created_by=row["created_by"],
        created_at=row["created_at"],
        used_at=row["used_at"],
        opens=row["opens"],
    )
