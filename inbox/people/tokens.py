"""Keys for programs. Shown once, stored as a hash, good for one workspace until revoked."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from inbox.ground.db import Connection, Database
from inbox.ground.errors import NotFound
from inbox.ground.ids import new_id
from inbox.people import roles, sessions
from inbox.people.access import Agent, Role, likeness, rights_in
from inbox.people.roles import Standing
from inbox.people.sessions import SignedIn, hash_of

PREFIX = "earshot_"  # so that scanners for leaked secrets know one when they see it
REFRESH = timedelta(minutes=5)  # how exact "last used" is


@dataclass(frozen=True, slots=True)
class Token:
    """A key as lists show it. `agent_id`: for whom it acts; nobody: what it sends counts as automatic.

    `role_id`: a role of the workspace's own; `role` is then the nearest of the house's.
    """

    id: UUID
    name: str
    role: Role
    role_id: UUID | None
    agent_id: UUID | None
    created_by: UUID | None
    created_at: datetime
    used_at: datetime | None


async def find(database: Database, token: str) -> SignedIn | None:
    """Who holds this token. One that acts for somebody never may more than they may now, and ends when they leave."""
    if not token.startswith(PREFIX):
        return None
    async with database.app.acquire() as connection:
        row = await connection.fetchrow(
            """SELECT hash, id, workspace_id, name, role, rights, agent_id,
                      used_at IS NULL OR now() - used_at > $2::interval AS stale
               FROM api_token WHERE hash = $1 AND revoked_at IS NULL""",
            hash_of(token),
            REFRESH,
        )
        if row is None:
            return None
        if row["stale"]:
            await connection.execute("UPDATE api_token SET used_at = now() WHERE hash = $1", row["hash"])
    rights = rights_in(row)
    if row["agent_id"] is None:
        role = Role(row["role"])
        return SignedIn(Agent(row["id"], row["workspace_id"], role, row["name"], token_id=row["id"], own_rights=rights))
    member = await sessions.member(database, row["workspace_id"], row["agent_id"])
    if member is None:
        return None
    rights &= member.rights
    return SignedIn(
        Agent(
            member.id,
            member.workspace_id,
            likeness(rights),
            member.name,
            member.channel_ids,
            row["id"],
            member.access_version,
            asks_first=not member.publishes_alone,
            own_rights=rights,
        )
    )


async def make(
    connection: Connection, agent: Agent, *, name: str, role: Role | Standing, as_me: bool
) -> tuple[Token, str]:
    """A new key, and its secret, which is shown this once.

    One that acts for nobody is held to what its maker may now; one that acts for them, each time it is used.
    Raises NotYours.
    """
    standing = Standing(role) if isinstance(role, Role) else role
    if not as_me:
        roles.must_hold(agent, standing.rights)
    secret = PREFIX + secrets.token_urlsafe(32)
    row = await connection.fetchrow(
        """INSERT INTO api_token (hash, id, workspace_id, name, role, agent_id, created_by, role_id, rights)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING *""",
        hash_of(secret),
        new_id(),
        agent.workspace_id,
        name,
        standing.role,
        agent.id if as_me else None,
        agent.id,
        standing.role_id,
        standing.keys,
    )
    assert row is not None
    return _token(row), secret


async def all_of(connection: Connection, workspace_id: UUID, *, after: UUID | None, limit: int) -> list[Token]:
    """Every key that still opens something, in the order they were made."""
    found = await connection.fetch(
        """SELECT * FROM api_token WHERE workspace_id = $1 AND revoked_at IS NULL AND ($2::uuid IS NULL OR id > $2)
           ORDER BY id LIMIT $3""",
        workspace_id,
        after,
        limit,
    )
    return [_token(row) for row in found]


async def revoke(connection: Connection, workspace_id: UUID, token_id: UUID) -> Token:
    """It opens nothing from now on. Raises NotFound."""
    row = await connection.fetchrow(
        """UPDATE api_token SET revoked_at = now() WHERE id = $1 AND workspace_id = $2 AND revoked_at IS NULL
           RETURNING *""",
        token_id,
        workspace_id,
    )
    if row is None:
        raise NotFound("There is no such token.")
    return _token(row)


async def revoke_all_of(connection: Connection, workspace_id: UUID, user_id: UUID) -> None:
    """Every key that acts for somebody who leaves."""
    await connection.execute(
        "UPDATE api_token SET revoked_at = now() WHERE workspace_id = $1 AND agent_id = $2 AND revoked_at IS NULL",
        workspace_id,
        user_id,
    )


def _token(row: asyncpg.Record) -> Token:
    return Token(
        id=row["id"],
        name=row["name"],
        role=Role(row["role"]),
        role_id=row["role_id"],
        agent_id=row["agent_id"],
        created_by=row["created_by"],
        created_at=row["created_at"],
        used_at=row["used_at"],
    )
