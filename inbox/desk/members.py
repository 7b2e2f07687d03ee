"""Who works here: coming in, what they may do, and leaving."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import keepers, lines
from inbox.ground import clock
from inbox.ground.bell import Bell
from inbox.ground.db import Connection, Database, raw
from inbox.ground.errors import BadCredentials, Conflict, Invalid, NotFound
from inbox.people import accounts, invitations, passwords, roles, second_step, sessions, throttle, tokens, wall_links
from inbox.people.access import Agent, Right, Role, rights_in
from inbox.people.accounts import Visit
from inbox.people.sessions import Begun, Opened
from inbox.realtime import events, rows
from inbox.realtime.shapes import MemberOut

MOST_AT_ONCE = 10_000


class MemberDetailOut(MemberOut, kw_only=True):
    """A colleague with the channels given to them; null means every channel, as supervisors and admins always have."""

    channel_ids: list[UUID] | None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be different about a member; UNSET stays as it is. `role_id`: one of the workspace's own roles."""

    role: Role | msgspec.UnsetType = msgspec.UNSET
    role_id: UUID | msgspec.UnsetType = msgspec.UNSET
    active: bool | msgspec.UnsetType = msgspec.UNSET
    name: str | msgspec.UnsetType = msgspec.UNSET
    channel_ids: list[UUID] | msgspec.UnsetType | None = msgspec.UNSET
    capacity: int | msgspec.UnsetType | None = msgspec.UNSET
    asks_first: bool | msgspec.UnsetType = msgspec.UNSET
    away: bool | msgspec.UnsetType = msgspec.UNSET
    away_until: datetime | msgspec.UnsetType | None = msgspec.UNSET


OWN = frozenset({"name", "away", "away_until"})  # whoever it is about may change it
OF_WORK = frozenset({"capacity", "away", "away_until"})  # a supervisor may change it for others


async def all_of(session: AsyncSession, workspace_id: UUID, *, after: UUID | None, limit: int) -> list[MemberDetailOut]:
    """Everybody who works or worked here, in the order they came."""
    found = await (await raw(session)).fetch(
        """SELECT * FROM membership WHERE workspace_id = $1 AND ($2::uuid IS NULL OR user_id > $2)
           ORDER BY user_id LIMIT $3""",
        workspace_id,
        after,
        limit,
    )
    return [_detail(row) for row in found]


async def change(session: AsyncSession, agent: Agent, user_id: UUID, wanted: Change) -> MemberDetailOut:
    """Role, access, name, capacity, being away, or whether they still work here. One's own name is one's own affair.

    Whoever leaves hands back what they had: it is nobody's again. Raises NotFound, LastAdmin, Forbidden, NotYours.
    """
    given = {name: value for name in wanted.__struct_fields__ if (value := getattr(wanted, name)) is not msgspec.UNSET}
    connection = await raw(session)
    of_access = bool(given.keys() - OWN - OF_WORK)
    if of_access:
        agent.needs(Right.PEOPLE)
        agent = await keepers.one_at_a_time(connection, agent)
    if given.keys() - OWN or user_id != agent.id:
        of_work = not given.keys() - OF_WORK and not agent.may(Right.PEOPLE)
        agent.needs(Right.SHARE if of_work else Right.PEOPLE)
    before = await _locked(connection, agent.workspace_id, user_id)
    if of_access:
        roles.must_hold(agent, rights_in(before))  # nor is anything taken from whoever may more
    given |= await _role(connection, agent, given)
    if "name" in given:
        given["name"] = accounts.name_of(given["name"])
    if given.get("channel_ids") is not None:
        given["channel_ids"] = await _known_channels(connection, agent.workspace_id, given["channel_ids"])
    if "away" in given or "away_until" in given:
        given |= _away(before, given.pop("away", True), given.get("away_until"))
    if given.get("capacity") is not None and not 0 <= given["capacity"] <= MOST_AT_ONCE:
        raise Invalid(f"A capacity is a number from 0 to {MOST_AT_ONCE}.", field="capacity")
    after = {**before, **given}
    changed = {name for name in given if before[name] != after[name]}
    if not changed:
        return _detail(before)
    row = await connection.fetchrow(
        """UPDATE membership SET role = $3, active = $4, name = $5, channel_ids = $6, version = version + 1,
               access_version = access_version + $7, capacity = $8, away_since = $9, away_until = $10,
               hands_back = NOT $4, asks_first = $11, role_id = $12, role_name = $13, rights = $14
           WHERE workspace_id = $1 AND user_id = $2 RETURNING *""",
        agent.workspace_id,
        user_id,
        after["role"],
        after["active"],
        after["name"],
        after["channel_ids"],
        int(bool(changed - {"name", "capacity", "away_since", "away_until"})),
        after["capacity"],
        after["away_since"],
        after["away_until"],
        after["asks_first"],
        after["role_id"],
        after["role_name"],
        after["rights"],
    )
    assert row is not None
    if changed & {"role", "active"}:
        await keepers.somebody_can_do_everything(connection, agent.workspace_id)
    if "active" in changed and not row["active"]:
        await sessions.close_all(connection, agent.workspace_id, user_id)
        await tokens.revoke_all_of(connection, agent.workspace_id, user_id)
        await wall_links.withdraw_all_of(connection, agent.workspace_id, user_id)
    said = {name: _said(row[name]) for name in sorted(changed - {"rights", "role_id"})}
    if changed & {"role", "rights", "role_id"}:
        said |= roles.difference(rights_in(before), rights_in(row))
    await lines.note(
        connection,
        agent.workspace_id,
        "member_changed",
        by=agent.person,
        token_id=agent.token_id,
        member=str(user_id),
        **said,
    )
    events.publish(session, "member.changed", member=rows.member(row), by=agent.person)
    return _detail(row)


async def _role(connection: Connection, agent: Agent, given: dict[str, Any]) -> dict[str, Any]:
    """The columns of the role that is asked for. Raises Invalid, NotYours."""
    if not given.keys() & {"role", "role_id"}:
        return {}
    if "role" in given and "role_id" in given:
        raise Invalid("Give either one of our roles or one of yours.", field="role_id")
    role = Role(given.get("role", Role.READ_ONLY))
    wanted = await roles.standing(connection, agent.workspace_id, role, given.get("role_id"))
    roles.must_hold(agent, wanted.rights)
    return {"role": wanted.role, "role_id": wanted.role_id, "role_name": wanted.name, "rights": wanted.keys}


def _away(before: asyncpg.Record, away: bool, until: datetime | None) -> dict[str, datetime | None]:
    now = clock.now()
    if not away:
        return {"away_since": None, "away_until": None}
    if until is not None and until <= now:
        raise Invalid("Choose a time that is still to come.", field="away_until")
    is_back = before["away_until"] is not None and before["away_until"] <= now
    since = None if is_back else before["away_since"]
    return {"away_since": since or now, "away_until": until}


async def accept(
    database: Database, bell: Bell, visit: Visit, *, secret: str, name: str, password: str
) -> Opened | Begun:
    """Come in through an invitation, and be signed in. Whoever has an account already proves it with its password,
    and with its second step where it has one.

    Raises InvitationOver, BadCredentials, Invalid, TooMany.
    """
    await throttle.attempt(database, address=visit.address)
    invitation = await invitations.find(database, secret)
    name = accounts.name_of(name)
    async with database.app.acquire() as outside:
        known = await outside.fetchrow('SELECT id, password_hash FROM "user" WHERE email = $1', invitation.email)
    stored = None
    if known is None:
        stored = await passwords.hashed(password)
    else:
        await throttle.attempt(database, address=visit.address, account=invitation.email)
        if not await passwords.matches(known["password_hash"], password):
            raise BadCredentials("You already have an account under this address: use the password you have there.")
    async with database.session(invitation.workspace_id) as session:
        connection = await raw(session)
        await invitations.take(connection, invitation)
        standing = await roles.standing(connection, invitation.workspace_id, invitation.role, invitation.role_id)
        user_id = await accounts.join(
            connection,
            invitation.workspace_id,
            email=invitation.email,
            name=name,
            role=standing,
            password_hash=stored,
        )
        if known is None and not await _is_new(connection, user_id, stored):
            raise Conflict("Somebody made this account at the same moment. Please try again.")
        row = await connection.fetchrow(
            "SELECT * FROM membership WHERE workspace_id = $1 AND user_id = $2", invitation.workspace_id, user_id
        )
        assert row is not None
        await lines.note(
            connection,
            invitation.workspace_id,
            "member_joined",
            by=user_id,
            role=row["role_name"] or row["role"],
            email=row["email"],
        )
        events.publish(session, "member.changed", member=rows.member(row), by=user_id)
        opened: Opened | Begun
        if await second_step.is_on(connection, user_id):
            opened = await sessions.begin(connection, user_id, invitation.workspace_id)
        else:
            opened = await sessions.open_session(
                connection,
                user_id,
                invitation.workspace_id,
                address=visit.address,
                browser=visit.browser,
                instead_of=visit.cookie,
            )
    bell.ring(f"feed:{invitation.workspace_id}")
    return opened


async def _locked(connection: Connection, workspace_id: UUID, user_id: UUID) -> asyncpg.Record:
    row = await connection.fetchrow(
        "SELECT * FROM membership WHERE workspace_id = $1 AND user_id = $2 FOR UPDATE", workspace_id, user_id
    )
    if row is None:
        raise NotFound("There is no such member.")
    return row


async def _known_channels(connection: Connection, workspace_id: UUID, wanted: Sequence[UUID]) -> list[UUID]:
    known = await connection.fetch(
        "SELECT id FROM channel WHERE workspace_id = $1 AND id = ANY($2) ORDER BY id", workspace_id, list(wanted)
    )
    if len(known) != len(set(wanted)):
        raise Invalid("There is no such channel.", field="channel_ids")
    return [row["id"] for row in known]


async def _is_new(connection: Connection, user_id: UUID, password_hash: str | None) -> bool:
    return bool(
        await connection.fetchval('SELECT password_hash = $2 FROM "user" WHERE id = $1', user_id, password_hash)
    )


def _said(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "all" if value is None else value.isoformat() if isinstance(value, datetime) else str(value)


def _detail(row: asyncpg.Record) -> MemberDetailOut:
    return MemberDetailOut(**msgspec.structs.asdict(rows.member(row)), channel_ids=row["channel_ids"])
