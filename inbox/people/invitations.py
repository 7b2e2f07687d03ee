"""Links into a workspace: random, single use, expiring, shown once to whoever invited."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from inbox.ground.db import Connection, Database
from inbox.ground.errors import Conflict, NotFound
from inbox.ground.ids import new_id
from inbox.people import roles
from inbox.people.access import Agent, Role
from inbox.people.accounts import address_of
from inbox.people.roles import Standing
from inbox.people.sessions import hash_of

LASTS = timedelta(days=7)


class InvitationOver(NotFound):
    code, title = "invitation_over", "This invitation is over"


class AlreadyMember(Conflict):
    code, title = "already_member", "Already a member"


@dataclass(frozen=True, slots=True)
class Invitation:
    """An open invitation, without its secret. `role_id`: a role of the workspace's own."""

    id: UUID
    workspace_id: UUID
    email: str
    role: Role
    role_id: UUID | None
    invited_by: UUID | None
    created_at: datetime
    expires_at: datetime


async def invite(connection: Connection, agent: Agent, *, email: str, role: Role | Standing) -> tuple[Invitation, str]:
    """A new link for this address, in place of any before; with the secret that goes into it.

    Raises AlreadyMember, and NotYours for a role that may more than whoever invites.
    """
    email = address_of(email)
    standing = Standing(role) if isinstance(role, Role) else role
    roles.must_hold(agent, standing.rights)
    if await connection.fetchval(
        "SELECT true FROM membership WHERE workspace_id = $1 AND email = $2 AND active", agent.workspace_id, email
    ):
        raise AlreadyMember(f"{email} already works here.")
    await connection.execute(
        "DELETE FROM invitation WHERE workspace_id = $1 AND email = $2 AND accepted_at IS NULL",
        agent.workspace_id,
        email,
    )
    secret = secrets.token_urlsafe(32)
    row = await connection.fetchrow(
        """INSERT INTO invitation (hash, id, workspace_id, email, role, invited_by, expires_at, role_id)
           VALUES ($1, $2, $3, $4, $5, $6, now() + $7::interval, $8) RETURNING *""",
        hash_of(secret),
        new_id(),
        agent.workspace_id,
        email,
        standing.role,
        agent.person,
        LASTS,
        standing.role_id,
    )
    assert row is not None
    return _invitation(row), secret


async def find(database: Database, secret: str) -> Invitation:
    """The open invitation behind a link. Raises InvitationOver."""
    async with database.app.acquire() as connection:
        row = await connection.fetchrow(
            "SELECT * FROM invitation WHERE hash = $1 AND accepted_at IS NULL AND expires_at > now()", hash_of(secret)
        )
    if row is None:
        raise InvitationOver("This invitation was used, withdrawn or is too old. Ask for a new one.")
    return _invitation(row)


async def take(connection: Connection, invitation: Invitation) -> None:
    """Use it up. Raises InvitationOver for the second of two who try."""
    taken = await connection.fetchval(
        """UPDATE invitation SET accepted_at = now()
           WHERE id = $1 AND workspace_id = $2 AND accepted_at IS NULL AND expires_at > now() RETURNING id""",
        invitation.id,
        invitation.workspace_id,
    )
    if taken is None:
        raise InvitationOver("This invitation was used, withdrawn or is too old. Ask for a new one.")


async def all_of(connection: Connection, workspace_id: UUID, *, after: UUID | None, limit: int) -> list[Invitation]:
    """Those nobody has used yet, in the order they were made."""
    found = await connection.fetch(
        """SELECT * FROM invitation WHERE workspace_id = $1 AND accepted_at IS NULL AND expires_at > now()
           AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3""",
        workspace_id,
        after,
        limit,
    )
    return [_invitation(row) for row in found]


async def withdraw(connection: Connection, workspace_id: UUID, invitation_id: UUID) -> Invitation:
    """The link opens nothing any more. Raises NotFound."""
    row = await connection.fetchrow(
        "DELETE FROM invitation WHERE id = $1 AND workspace_id = $2 AND accepted_at IS NULL RETURNING *",
        invitation_id,
        workspace_id,
    )
    if row is None:
        raise NotFound("There is no such invitation.")
    return _invitation(row)


def _invitation(row: asyncpg.Record) -> Invitation:
    return Invitation(
        id=row["id"],
        workspace_id=row["workspace_id"],
        email=row["email"],
        role=Role(row["role"]),
        role_id=row["role_id"],
        invited_by=row["invited_by"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
    )
