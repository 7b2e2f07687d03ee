"""People who can sign in: proving who they are, joining a workspace, the first admin."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from uuid import UUID

from inbox.ground.db import Connection, Database
from inbox.ground.errors import BadCredentials, Invalid
from inbox.ground.ids import new_id
from inbox.ground.settings import Settings
from inbox.people import passwords, second_step, sessions, throttle, workspaces
from inbox.people.access import Role
from inbox.people.roles import Standing
from inbox.people.sessions import Begun, Opened

WRONG = "That e-mail address and password do not belong together."
LONGEST_EMAIL, LONGEST_NAME = 254, 200


@dataclass(frozen=True, slots=True)
class Visit:
    """The browser at the door: where it comes from, what it calls itself, the cookie it already has."""

    address: str = ""
    browser: str = ""
    cookie: str | None = None


async def sign_in(
    database: Database, visit: Visit, *, email: str, password: str, workspace: str = ""
) -> Opened | Begun:
    """A new session, in the named workspace or the oldest; for whoever has a second step on, only the way to it.

    Raises BadCredentials, whatever was wrong, or TooMany.
    """
    email = address_of(email)
    await throttle.attempt(database, address=visit.address, account=email)
    async with database.app.acquire() as connection:
        user = await connection.fetchrow('SELECT id, password_hash FROM "user" WHERE email = $1', email)
    right = await passwords.matches(user["password_hash"] if user else None, password)
    if user is None or not right:
        raise BadCredentials(WRONG)
    better = await passwords.hashed(password) if passwords.outdated(user["password_hash"]) else None
    async with database.app.acquire() as connection:
        open_to = await connection.fetch("SELECT workspace_id, slug FROM workspaces_of($1)", user["id"])
        chosen = [row for row in open_to if workspace in ("", row["slug"], str(row["workspace_id"]))]
        if not chosen:
            raise BadCredentials(WRONG)
        if better:
            await _set_password(connection, user["id"], better)
        if await second_step.is_on(connection, user["id"]):  # nothing is forgiven before the code
            return await sessions.begin(connection, user["id"], chosen[0]["workspace_id"])
        opened = await sessions.open_session(
            connection,
            user["id"],
            chosen[0]["workspace_id"],
            address=visit.address,
            browser=visit.browser,
            instead_of=visit.cookie,
        )
        await sessions.sweep(connection)
        await throttle.sweep(connection)
    await throttle.forgive(database, address=visit.address, account=email)
    return opened


async def change_password(
    database: Database, visit: Visit, workspace_id: UUID, user_id: UUID, *, current: str, fresh: str
) -> Opened:
    """Every browser of theirs ends; the one that asked goes on under a new name. Raises BadCredentials, Invalid."""
    async with database.app.acquire() as connection:
        user = await connection.fetchrow('SELECT email, password_hash FROM "user" WHERE id = $1', user_id)
    assert user is not None
    await throttle.attempt(database, address=visit.address, account=user["email"])
    if not await passwords.matches(user["password_hash"], current):
        raise BadCredentials("That is not your present password.")
    stored = await passwords.hashed(fresh)
    async with database.app.acquire() as connection, connection.transaction():
        await _set_password(connection, user_id, stored)
        await sessions.close_all(connection, None, user_id)
        opened = await sessions.open_session(
            connection, user_id, workspace_id, address=visit.address, browser=visit.browser
        )
    await throttle.forgive(database, address=visit.address, account=user["email"])
    return opened


async def join(
    connection: Connection,
    workspace_id: UUID,
    *,
    email: str,
    name: str,
    role: Role | Standing,
    password_hash: str | None,
) -> UUID:
    """Make somebody a member, as a new person or one known from elsewhere; who had left is back. Gives their id.

    `password_hash` is taken for a new person only.
    """
    email = address_of(email)
    standing = Standing(role) if isinstance(role, Role) else role
    user_id = await connection.fetchval(
        """INSERT INTO "user" (id, email, name, password_hash) VALUES ($1, $2, $3, $4)
           ON CONFLICT (email) DO NOTHING RETURNING id""",
        new_id(),
        email,
        name,
        password_hash,
    )
    if user_id is None:
        user_id = await connection.fetchval('SELECT id FROM "user" WHERE email = $1', email)
    await connection.execute(
        """INSERT INTO membership AS m (workspace_id, id, user_id, name, email, role, role_id, role_name, rights)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
           ON CONFLICT (workspace_id, user_id) DO UPDATE SET
               role = excluded.role, role_id = excluded.role_id, role_name = excluded.role_name,
               rights = excluded.rights, name = excluded.name, active = true, channel_ids = NULL,
               access_version = m.access_version + 1, version = m.version + 1""",
        workspace_id,
        new_id(),
        user_id,
        name,
        email,
        standing.role,
        standing.role_id,
        standing.name,
        standing.keys,
    )
    assert isinstance(user_id, UUID)
    return user_id


@dataclass(frozen=True, slots=True)
class Made:
    """An admin who can sign in now. `password` is None where theirs was kept."""

    email: str
    password: str | None
    workspace_id: UUID
    new_workspace: bool


async def create_admin(
    settings: Settings, email: str, name: str, password: str | None, workspace_name: str, *, is_demo: bool = False
) -> Made:
    """An admin of a workspace of this name, made if it is not one of theirs yet; for whoever holds the machine.

    Without a `password` a new person gets a random one, and a known person keeps theirs. Raises Invalid.
    """
    email, name, workspace_name = address_of(email), name_of(name), name_of(workspace_name)
    stored = await passwords.hashed(password) if password else None
    database = await Database.open(settings, app=2, intake=1, claim=1)
    try:
        async with database.app.acquire() as connection:
            user_id = await connection.fetchval('SELECT id FROM "user" WHERE email = $1', email)
            theirs = await connection.fetch("SELECT workspace_id, name FROM workspaces_of($1)", user_id)
        if user_id is None and stored is None:
            password = secrets.token_urlsafe(12)
            stored = await passwords.hashed(password)
        known = next((row["workspace_id"] for row in theirs if row["name"] == workspace_name), None)
        workspace_id: UUID = known or new_id()
        async with database.tenant(workspace_id) as connection:
            if known is None:
                await workspaces.create(connection, workspace_id, name=workspace_name, is_demo=is_demo)
            made = await join(connection, workspace_id, email=email, name=name, role=Role.ADMIN, password_hash=stored)
            if user_id is not None and stored is not None:
                await _set_password(connection, made, stored)
                await sessions.close_all(connection, None, made)
        return Made(email, password if stored else None, workspace_id, known is None)
    finally:
        await database.close()


def address_of(email: str) -> str:
    """An e-mail address as it is stored. Raises Invalid for what cannot be one."""
    plain = email.strip().lower()
    name, at, host = plain.rpartition("@")
    odd = not plain.isprintable() or any(letter.isspace() for letter in plain)
    if not at or not name or not host or odd or len(plain) > LONGEST_EMAIL:
        raise Invalid("That is not an e-mail address.", field="email")
    return plain


def name_of(name: str) -> str:
    """A name without what no name has. Raises Invalid where nothing is left."""
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in name).split())
    if not plain or len(plain) > LONGEST_NAME:
        raise Invalid(f"A name needs between 1 and {LONGEST_NAME} characters.", field="name")
    return plain


async def _set_password(connection: Connection, user_id: UUID, password_hash: str) -> None:
    await connection.execute('UPDATE "user" SET password_hash = $2 WHERE id = $1', user_id, password_hash)
