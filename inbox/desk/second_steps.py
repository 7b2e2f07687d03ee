"""The second step of signing in: taking it, setting it up, giving it up, and requiring it of everybody who works here.

Whatever changes it ends every other browser of that person, and writes a line.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import lines
from inbox.ground.crypto import Safe
from inbox.ground.db import Connection, Database, raw
from inbox.ground.errors import BadCredentials, Conflict, Forbidden, NotFound
from inbox.ground.settings import Settings
from inbox.people import accounts, roles, second_step, sessions, throttle
from inbox.people.access import Agent, Right, rights_in
from inbox.people.accounts import Visit
from inbox.people.second_step import BegunOut, NotOn, Used
from inbox.people.sessions import Opened, SignedIn
from inbox.realtime import events


class NotOursAlone(Conflict):
    code, title = "not_ours_alone", "Their account is not only yours"


class OwnStepOut(msgspec.Struct, kw_only=True):
    """One's own second step. `on_at` null: there is none. `required`: the workspace asks everybody for one."""

    on_at: datetime | None
    codes_left: int
    required: bool


class ColleagueStepOut(msgspec.Struct, kw_only=True):
    """Whether a colleague has a second step on, and since when."""

    member_id: UUID
    name: str
    on_at: datetime | None


class SecondStepsOut(msgspec.Struct, kw_only=True):
    """Everybody who works here. `lacking`: how many have none."""

    required: bool
    lacking: int
    items: list[ColleagueStepOut]
    next: UUID | None = None


async def sign_in(database: Database, safe: Safe, visit: Visit, *, half_way: str, code: str) -> Opened:
    """The second of two steps: a session under a new name. Raises SignInOver, BadCredentials, TooMany."""
    async with database.app.acquire() as outside:
        user_id, workspace_id = await sessions.begun(outside, half_way)
        email = await outside.fetchval('SELECT email FROM "user" WHERE id = $1', user_id)
    await second_step.counted(database, user_id, address=visit.address)
    try:
        async with database.tenant(workspace_id) as connection:
            used = await second_step.accept(connection, safe, user_id, code)
            await sessions.finish(connection, half_way)
            if used is Used.RECOVERY:
                left = (await second_step.standing(connection, user_id)).codes_left
                await lines.note(connection, workspace_id, "recovery_code_used", by=user_id, left=str(left))
            opened = await sessions.open_session(
                connection,
                user_id,
                workspace_id,
                address=visit.address,
                browser=visit.browser,
                instead_of=visit.cookie,
            )
            await sessions.sweep(connection)
    except BadCredentials:
        await _failed(database, workspace_id, user_id)
        raise
    await second_step.forgiven(database, user_id, address=visit.address)
    await throttle.forgive(database, address=visit.address, account=email)
    return opened


async def own(connection: Connection, agent: Agent) -> OwnStepOut:
    """How it stands with oneself."""
    mine = await second_step.standing(connection, agent.id)
    return OwnStepOut(on_at=mine.on_at, codes_left=mine.codes_left, required=await _required(connection, agent))


async def begin(database: Database, safe: Safe, visit: Visit, who: SignedIn, *, password: str) -> BegunOut:
    """What the authenticator must be told. Raises BadCredentials, TooMany, AlreadyOn."""
    await second_step.proven(database, who.agent.id, address=visit.address, password=password)
    async with database.tenant(who.agent.workspace_id) as connection:
        home = await connection.fetchval("SELECT name FROM workspace WHERE id = $1", who.agent.workspace_id)
        return await second_step.begin(connection, safe, who.agent.id, home=home)


async def switch_on(
    database: Database, safe: Safe, visit: Visit, who: SignedIn, *, code: str
) -> tuple[Opened, list[str]]:
    """From now on it is asked for; gives the session to go on with, and the recovery codes, which nobody sees again."""
    agent = who.agent
    await second_step.counted(database, agent.id, address=visit.address)
    async with database.tenant(agent.workspace_id) as connection:
        codes = await second_step.switch_on(connection, safe, agent.id, code)
        opened = await _anew(connection, visit, agent)
        await lines.note(connection, agent.workspace_id, "second_step_on", by=agent.person)
    await second_step.forgiven(database, agent.id, address=visit.address)
    return opened, codes


async def switch_off(
    database: Database, safe: Safe, visit: Visit, who: SignedIn, *, password: str, code: str
) -> Opened:
    """A password is enough again. Raises BadCredentials, TooMany, NotOn."""
    agent = who.agent
    await _both(database, visit, agent, password)
    try:
        async with database.tenant(agent.workspace_id) as connection:
            await second_step.accept(connection, safe, agent.id, code)
            await second_step.switch_off(connection, agent.id)
            opened = await _anew(connection, visit, agent)
            await lines.note(connection, agent.workspace_id, "second_step_off", by=agent.person)
    except BadCredentials:
        await _failed(database, agent.workspace_id, agent.id)
        raise
    await second_step.forgiven(database, agent.id, address=visit.address)
    return opened


async def renew_codes(
    database: Database, safe: Safe, visit: Visit, who: SignedIn, *, password: str, code: str
) -> tuple[Opened, list[str]]:
    """Ten new recovery codes, and the earlier ones open nothing. Raises BadCredentials, TooMany, NotOn."""
    agent = who.agent
    await _both(database, visit, agent, password)
    try:
        async with database.tenant(agent.workspace_id) as connection:
            await second_step.accept(connection, safe, agent.id, code)
            codes = await second_step.renew_codes(connection, safe, agent.id)
            opened = await _anew(connection, visit, agent)
            await lines.note(connection, agent.workspace_id, "recovery_codes_made", by=agent.person)
    except BadCredentials:
        await _failed(database, agent.workspace_id, agent.id)
        raise
    await second_step.forgiven(database, agent.id, address=visit.address)
    return opened, codes


async def of_all(connection: Connection, agent: Agent, *, after: UUID | None, limit: int) -> SecondStepsOut:
    """Who has one, in the order of their ids."""
    agent.needs(Right.PEOPLE)
    lacking = await connection.fetchval(
        """SELECT count(*) FROM membership m WHERE m.workspace_id = $1 AND m.active AND NOT EXISTS (
               SELECT FROM second_step s WHERE s.user_id = m.user_id AND s.on_at IS NOT NULL)""",
        agent.workspace_id,
    )
    found = await connection.fetch(
        """SELECT m.user_id, m.name, s.on_at FROM membership m LEFT JOIN second_step s ON s.user_id = m.user_id
           WHERE m.workspace_id = $1 AND m.active AND ($2::uuid IS NULL OR m.user_id > $2)
           ORDER BY m.user_id LIMIT $3""",
        agent.workspace_id,
        after,
        limit + 1,
    )
    items = [ColleagueStepOut(member_id=row["user_id"], name=row["name"], on_at=row["on_at"]) for row in found[:limit]]
    return SecondStepsOut(
        required=await _required(connection, agent),
        lacking=lacking,
        items=items,
        next=items[-1].member_id if len(found) > limit else None,
    )


async def require(session: AsyncSession, agent: Agent, *, required: bool) -> None:
    """Ask it of everybody, or no more. Who has none is signed out, and sets one up when they come back.

    Raises NotOn for an admin who has none: they would lock themselves out of what they ask of others.
    """
    agent.needs(Right.SETTINGS)
    connection = await raw(session)
    if required and not await second_step.is_on(connection, agent.id):
        raise NotOn("Switch your own second step on first, then require it of everybody.")
    changed = await connection.fetchval(
        "UPDATE workspace SET second_step_required = $2 WHERE id = $1 AND second_step_required <> $2 RETURNING true",
        agent.workspace_id,
        required,
    )
    if not changed:
        return
    if required:
        await connection.execute(
            """DELETE FROM session o USING membership m
               WHERE m.workspace_id = $1 AND o.workspace_id = $1 AND o.user_id = m.user_id AND NOT EXISTS (
                   SELECT FROM second_step s WHERE s.user_id = m.user_id AND s.on_at IS NOT NULL)""",
            agent.workspace_id,
        )
    verb = "second_step_required" if required else "second_step_not_required"
    await lines.note(connection, agent.workspace_id, verb, by=agent.person)
    events.publish(session, "workspace.changed", by=agent.person)


async def reset(session: AsyncSession, agent: Agent, user_id: UUID) -> None:
    """A colleague lost theirs: a password is enough again, and every browser of theirs is signed out.

    Raises NotFound, NotOn, NotOursAlone, NotYours for somebody who may more, and Forbidden for one's own, which asks
    for its code.
    """
    agent.needs(Right.PEOPLE)
    connection = await raw(session)
    known = await connection.fetchrow(
        "SELECT role, rights FROM membership WHERE workspace_id = $1 AND user_id = $2", agent.workspace_id, user_id
    )
    if known is None:
        raise NotFound("There is no such member.")
    roles.must_hold(agent, rights_in(known))
    if user_id == agent.id:
        raise Forbidden("Your own second step is switched off with your password and a code.")
    theirs = await connection.fetch("SELECT workspace_id FROM workspaces_of($1)", user_id)
    if any(row["workspace_id"] != agent.workspace_id for row in theirs):
        raise NotOursAlone("They also work elsewhere: whoever runs this installation can lift it for them.")
    if not await second_step.switch_off(connection, user_id):
        raise NotOn("They have no second step.")
    await sessions.close_all(connection, None, user_id)
    await lines.note(connection, agent.workspace_id, "second_step_reset", by=agent.person, member=str(user_id))


async def lift(settings: Settings, email: str) -> bool:
    """For whoever holds the machine: somebody locked out needs only their password; False if they had none on.

    Raises NotFound.
    """
    database = await Database.open(settings, app=2, intake=1, claim=1)
    try:
        async with database.app.acquire() as connection:
            user_id = await connection.fetchval('SELECT id FROM "user" WHERE email = $1', accounts.address_of(email))
            if user_id is None:
                raise NotFound("There is nobody with this e-mail address.")
            theirs = await connection.fetch("SELECT workspace_id FROM workspaces_of($1)", user_id)
            async with connection.transaction():
                had = await second_step.switch_off(connection, user_id)
                await sessions.close_all(connection, None, user_id)
        if had:
            for row in theirs:
                async with database.tenant(row["workspace_id"]) as connection:
                    await lines.note(connection, row["workspace_id"], "second_step_lifted", member=str(user_id))
        return had
    finally:
        await database.close()


async def _both(database: Database, visit: Visit, agent: Agent, password: str) -> None:
    """The password is right, and a code may be tried."""
    await second_step.proven(database, agent.id, address=visit.address, password=password)
    await second_step.counted(database, agent.id, address=visit.address)


async def _anew(connection: Connection, visit: Visit, agent: Agent) -> Opened:
    """Every browser of theirs ends; the one that asked goes on under a new name."""
    await sessions.close_all(connection, None, agent.id)
    return await sessions.open_session(
        connection, agent.id, agent.workspace_id, address=visit.address, browser=visit.browser
    )


async def _failed(database: Database, workspace_id: UUID, user_id: UUID) -> None:
    """Whoever tried knew the password: that is worth a line."""
    async with database.tenant(workspace_id) as connection:
        await lines.note(connection, workspace_id, "second_step_failed", by=user_id)


async def _required(connection: Connection, agent: Agent) -> bool:
    return bool(
        await connection.fetchval("SELECT second_step_required FROM workspace WHERE id = $1", agent.workspace_id)
    )
