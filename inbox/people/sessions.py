"""Browsers that are signed in. The cookie is random; the table holds its SHA-256, so a stolen table opens nothing."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.ground.db import Connection, Database, raw
from inbox.ground.errors import NotFound, SignInOver
from inbox.ground.ids import new_id
from inbox.people.access import Agent, Role, channels_of, granted, rights_in

COOKIE = "earshot_session"
HALF_WAY = "earshot_second_step"  # the cookie between password and code
TO_FINISH = timedelta(minutes=5)
IDLE = timedelta(days=14)
LONGEST = timedelta(days=90)
REFRESH = timedelta(minutes=5)  # how exact "last seen" is

MEMBERS = """
SELECT m.user_id, m.name, m.role, m.rights, m.channel_ids, m.access_version, m.asks_first,
       w.second_step_required AND NOT EXISTS (
           SELECT FROM second_step s WHERE s.user_id = m.user_id AND s.on_at IS NOT NULL) AS confined
FROM membership m JOIN workspace w ON w.id = m.workspace_id
WHERE m.workspace_id = $1 AND m.user_id = ANY($2) AND m.active
"""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A request's proof: who, and for browsers the session it came with (`session_id` is the cookie's hash).

    `confined`: their workspace requires a second step and they have none; they may set one up, and nothing else.
    """

    agent: Agent
    session_id: bytes | None = None
    csrf: str = ""
    confined: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """A session just made. `cookie` exists nowhere else."""

    cookie: str
    csrf: str


@dataclass(frozen=True, slots=True)
class Begun:
    """The password was right, and a code is awaited. `cookie` exists nowhere else."""

    cookie: str


def hash_of(secret: str) -> bytes:
    """How a random secret is known again."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


async def open_session(
    connection: Connection,
    user_id: UUID,
    workspace_id: UUID,
    *,
    address: str = "",
    browser: str = "",
    instead_of: str | None = None,
) -> Opened:
    """A new session under a new name; the one the browser came with, if any, ends."""
    if instead_of:
        await connection.execute("DELETE FROM session WHERE id = $1", hash_of(instead_of))
    made = Opened(cookie=secrets.token_urlsafe(32), csrf=secrets.token_urlsafe(32))
    await connection.execute(
        """INSERT INTO session (id, name, user_id, workspace_id, csrf, expires_at, address, browser)
           VALUES ($1, $2, $3, $4, $5, now() + $6::interval, $7, $8)""",
        hash_of(made.cookie),
        new_id(),
        user_id,
        workspace_id,
        made.csrf,
        IDLE,
        address,
        browser[:300],
    )
    return made


async def find(database: Database, cookie: str) -> SignedIn | None:
    """Who holds this cookie, if it is still good and they still belong to the workspace."""
    async with database.app.acquire() as connection:
        row = await connection.fetchrow(
            """SELECT id, user_id, workspace_id, csrf, now() - seen_at > $3::interval AS stale FROM session
               WHERE id = $1 AND expires_at > now() AND created_at > now() - $2::interval""",
            hash_of(cookie),
            LONGEST,
            REFRESH,
        )
        if row is None:
            return None
        if row["stale"]:
            await connection.execute(
                "UPDATE session SET seen_at = now(), expires_at = now() + $2::interval WHERE id = $1", row["id"], IDLE
            )
    async with database.tenant(row["workspace_id"]) as inside:
        found = await inside.fetchrow(MEMBERS, row["workspace_id"], [row["user_id"]])
    if found is None:
        return None
    return SignedIn(_agent(row["workspace_id"], found), row["id"], row["csrf"], found["confined"])


async def member(database: Database, workspace_id: UUID, user_id: UUID) -> Agent | None:
    """An active member as they stand now."""
    async with database.tenant(workspace_id) as connection:
        return (await members(connection, workspace_id, [user_id])).get(user_id)


async def members(connection: Connection, workspace_id: UUID, people: Sequence[UUID]) -> dict[UUID, Agent]:
    """Those of these people who are active members, as they stand now."""
    found = await connection.fetch(MEMBERS, workspace_id, list(people))
    return {row["user_id"]: _agent(workspace_id, row) for row in found}


def _agent(workspace_id: UUID, row: asyncpg.Record) -> Agent:
    return Agent(
        id=row["user_id"],
        workspace_id=workspace_id,
        role=Role(row["role"]),
        name=row["name"],
        channel_ids=channels_of(rights_in(row), row["channel_ids"]),
        access_version=row["access_version"],
        asks_first=row["asks_first"],
        own_rights=None if row["rights"] is None else granted(row["rights"]),
    )


async def begin(connection: Connection, user_id: UUID, workspace_id: UUID) -> Begun:
    """The first of two steps is done. What it gives opens nothing but the second, for five minutes."""
    made = Begun(secrets.token_urlsafe(32))
    await connection.execute(
        "INSERT INTO begun_sign_in (id, user_id, workspace_id, expires_at) VALUES ($1, $2, $3, now() + $4::interval)",
        hash_of(made.cookie),
        user_id,
        workspace_id,
        TO_FINISH,
    )
    return made


async def begun(connection: Connection, cookie: str) -> tuple[UUID, UUID]:
    """Who began, and for which workspace. Raises SignInOver."""
    row = await connection.fetchrow(
        "SELECT user_id, workspace_id FROM begun_sign_in WHERE id = $1 AND expires_at > now()", hash_of(cookie)
    )
    if row is None:
        raise SignInOver("That took too long. Please enter your password again.")
    return row["user_id"], row["workspace_id"]


async def finish(connection: Connection, cookie: str) -> None:
    """It is used up. Raises SignInOver for the second of two at once."""
    gone = await connection.fetchval("DELETE FROM begun_sign_in WHERE id = $1 RETURNING true", hash_of(cookie))
    if not gone:
        raise SignInOver("That took too long. Please enter your password again.")


async def close(connection: Connection, session_id: bytes) -> None:
    """Signed out."""
    await connection.execute("DELETE FROM session WHERE id = $1", session_id)


async def close_all(
    connection: Connection, workspace_id: UUID | None, user_id: UUID, *, but: bytes | None = None
) -> None:
    """Every browser of a person ends, in one workspace or (None) in all; `but` this one. So do sign-ins half done."""
    await connection.execute(
        "DELETE FROM begun_sign_in WHERE user_id = $1 AND ($2::uuid IS NULL OR workspace_id = $2)",
        user_id,
        workspace_id,
    )
    await connection.execute(
        """DELETE FROM session WHERE user_id = $1 AND ($2::uuid IS NULL OR workspace_id = $2)
           AND id IS DISTINCT FROM $3""",
        user_id,
        workspace_id,
        but,
    )


@dataclass(frozen=True, slots=True)
class Browser:
    """One line of "where you are signed in"."""

    id: UUID
    created_at: datetime
    seen_at: datetime
    address: str
    browser: str
    current: bool


async def of_person(session: AsyncSession, who: SignedIn) -> list[Browser]:
    """One's own browsers in this workspace, the last used first."""
    found = await (await raw(session)).fetch(
        """SELECT id, name, created_at, seen_at, address, browser FROM session
           WHERE user_id = $1 AND workspace_id = $2 AND expires_at > now() ORDER BY seen_at DESC, id LIMIT 200""",
        who.agent.id,
        who.agent.workspace_id,
    )
    return [
        Browser(
            row["name"], row["created_at"], row["seen_at"], row["address"], row["browser"], row["id"] == who.session_id
        )
        for row in found
    ]


async def revoke_others(session: AsyncSession, who: SignedIn) -> int:
    """End all of one's own browsers in this workspace but this one; gives how many there were."""
    gone = await (await raw(session)).fetch(
        "DELETE FROM session WHERE user_id = $1 AND workspace_id = $2 AND id <> $3 RETURNING id",
        who.agent.id,
        who.agent.workspace_id,
        who.session_id,
    )
    return len(gone)


async def revoke(session: AsyncSession, who: SignedIn, name: UUID) -> None:
    """End one of one's own browsers. Raises NotFound."""
    gone = await (await raw(session)).fetchval(
        "DELETE FROM session WHERE name = $1 AND user_id = $2 AND workspace_id = $3 RETURNING name",
        name,
        who.agent.id,
        who.agent.workspace_id,
    )
    if gone is None:
        raise NotFound("There is no such session.")


async def sweep(connection: Connection) -> None:
    """Drop what has expired."""
    await connection.execute(
        "DELETE FROM session WHERE expires_at < now() OR created_at < now() - $1::interval", LONGEST
    )
    await connection.execute("DELETE FROM begun_sign_in WHERE expires_at < now()")
