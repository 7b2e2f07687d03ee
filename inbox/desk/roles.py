"""Roles that a workspace makes for itself: a name, and what whoever has it may do.

Whoever has one carries a copy of its rights, so that nothing they do waits for another table; a change writes them all
and is told to every page, in the same transaction. Nobody makes, changes or gives a role that may what they may not.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import keepers, lines
from inbox.ground.db import Connection, raw
from inbox.ground.errors import Conflict, Invalid, NotFound
from inbox.ground.ids import new_id
from inbox.people import roles
from inbox.people.access import KEYS, RIGHTS, Agent, Right, Role, granted, keys_of, likeness, needed
from inbox.people.roles import Standing
from inbox.platforms.base import clean
from inbox.realtime import events, rows

LONGEST_NAME = 60
MOST = 50
TAKEN = ("admin", "supervisor", "agent", "read only", "read-only")

# People who have left count too: they come back as what they were.
COUNTED = """
SELECT r.id, r.name, r.rights, r.version,
       (SELECT count(*) FROM membership m WHERE m.workspace_id = $1 AND m.role_id = r.id) AS members,
       (SELECT count(*) FROM invitation i WHERE i.workspace_id = $1 AND i.role_id = r.id AND i.accepted_at IS NULL
            AND i.expires_at > now()) AS invitations,
       (SELECT count(*) FROM api_token t WHERE t.workspace_id = $1 AND t.role_id = r.id
            AND t.revoked_at IS NULL) AS tokens
FROM workspace_role r WHERE r.workspace_id = $1
"""


class NameTaken(Conflict):
    code, title = "name_taken", "There is one already"


class SomebodyHasIt(Conflict):
    code, title = "somebody_has_it", "Somebody has this role"


class ChangedMeanwhile(Conflict):
    code, title = "changed_meanwhile", "Somebody was quicker"


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole of a role. `version`: the one that was changed, so that nobody undoes what they have not seen."""

    name: str
    rights: list[str]
    version: int = 0


class RightOut(msgspec.Struct, kw_only=True):
    """`sentence` ends "May ...". `needs`: what goes with it, by its key, and what goes with that."""

    key: str
    sentence: str
    needs: list[str]


class RoleOut(msgspec.Struct, kw_only=True):
    """A role of the workspace's own. `like`: the nearest of the house's, by which people with it are told things."""

    id: UUID
    name: str
    rights: list[str]
    like: str
    version: int
    members: int
    invitations: int
    tokens: int


class HouseRoleOut(msgspec.Struct, kw_only=True):
    """A role that every workspace has, and nobody changes."""

    role: str
    rights: list[str]


class RolesOut(msgspec.Struct, kw_only=True):
    rights: list[RightOut]
    house: list[HouseRoleOut]
    items: list[RoleOut]


async def all_of(session: AsyncSession, agent: Agent) -> RolesOut:
    """What there is to give, and every role that gives it."""
    found = await (await raw(session)).fetch(COUNTED + "ORDER BY lower(r.name), r.id", agent.workspace_id)
    return RolesOut(
        rights=[RightOut(key=right.key, sentence=right, needs=keys_of(needed(right))) for right in Right],
        house=[HouseRoleOut(role=role, rights=keys_of(RIGHTS[role])) for role in Role],
        items=[_out(row) for row in found],
    )


async def make(session: AsyncSession, wanted: Wanted, *, by: Agent) -> RoleOut:
    """A new one, which nobody has yet. Raises Forbidden, Invalid, NameTaken, NotYours."""
    by.needs(Right.PEOPLE)
    connection = await raw(session)
    by = await keepers.one_at_a_time(connection, by)
    by.needs(Right.PEOPLE)
    name, rights = _checked(wanted)
    roles.must_hold(by, rights)
    known = await connection.fetchval("SELECT count(*) FROM workspace_role WHERE workspace_id = $1", by.workspace_id)
    if known >= MOST:
        raise Invalid(f"There are {MOST} roles already.")
    role_id = new_id()
    await _written(
        connection,
        "INSERT INTO workspace_role (workspace_id, id, name, rights, created_by) VALUES ($1, $2, $3, $4, $5)",
        by.workspace_id,
        role_id,
        name,
        keys_of(rights),
        by.person,
    )
    await _note(connection, "role_made", by, name, **roles.difference((), rights))
    return await _one(connection, by.workspace_id, role_id)


async def change(session: AsyncSession, role_id: UUID, wanted: Wanted, *, by: Agent) -> RoleOut:
    """Another name, or other rights, for everybody who has it, from now on.

    Raises Forbidden, NotFound, Invalid, NameTaken, ChangedMeanwhile, NotYours, LastAdmin.
    """
    by.needs(Right.PEOPLE)
    connection = await raw(session)
    by = await keepers.one_at_a_time(connection, by)
    by.needs(Right.PEOPLE)
    before, version = await _held(connection, by, role_id)
    name, rights = _checked(wanted)
    roles.must_hold(by, before.rights | rights)
    if wanted.version and wanted.version != version:
        raise ChangedMeanwhile("Somebody changed this role meanwhile. Look at it again.")
    if (name, rights) == (before.name, before.rights):
        return await _one(connection, by.workspace_id, role_id)
    await _written(
        connection,
        "UPDATE workspace_role SET name = $3, rights = $4, version = version + 1 WHERE workspace_id = $1 AND id = $2",
        by.workspace_id,
        role_id,
        name,
        keys_of(rights),
    )
    renamed = {} if name == before.name else {"before": before.name}
    await _note(connection, "role_changed", by, name, **renamed, **roles.difference(before.rights, rights))
    await _give(session, connection, by, role_id, Standing(likeness(rights), role_id, name, rights))
    return await _one(connection, by.workspace_id, role_id)


async def remove(session: AsyncSession, role_id: UUID, instead: Role | UUID | None, *, by: Agent) -> None:
    """For good. Whoever has it, was invited to it or holds a token of it is what `instead` says.

    Raises Forbidden, NotFound, Invalid, NotYours, LastAdmin, and SomebodyHasIt where nothing is said instead.
    """
    by.needs(Right.PEOPLE)
    connection = await raw(session)
    by = await keepers.one_at_a_time(connection, by)
    by.needs(Right.PEOPLE)
    before, _ = await _held(connection, by, role_id)
    roles.must_hold(by, before.rights)
    said: dict[str, str] = {}
    now = await _one(connection, by.workspace_id, role_id)
    if instead is None:
        if now.members or now.invitations or now.tokens:
            raise SomebodyHasIt("Somebody has this role. Say what they are to be instead.")
    else:
        if instead == role_id:
            raise Invalid("Choose another role than the one you delete.", field="instead")
        standing = await roles.standing(
            connection,
            by.workspace_id,
            instead if isinstance(instead, Role) else Role.READ_ONLY,
            instead if isinstance(instead, UUID) else None,
        )
        roles.must_hold(by, standing.rights)
        said = {"instead": standing.name or standing.role, **roles.difference(before.rights, standing.rights)}
        await _give(session, connection, by, role_id, standing)
    await connection.execute(  # those that are over name it still
        "UPDATE invitation SET role_id = NULL WHERE workspace_id = $1 AND role_id = $2", by.workspace_id, role_id
    )
    await connection.execute(
        "UPDATE api_token SET role_id = NULL WHERE workspace_id = $1 AND role_id = $2", by.workspace_id, role_id
    )
    await connection.execute("DELETE FROM workspace_role WHERE workspace_id = $1 AND id = $2", by.workspace_id, role_id)
    await _note(connection, "role_deleted", by, before.name, **said)


async def _give(session: AsyncSession, connection: Connection, by: Agent, role_id: UUID, now: Standing) -> None:
    """Whoever has this role is from now on what `now` says, on every page and for every program."""
    given = (by.workspace_id, role_id, now.role, now.role_id, now.keys)
    changed = await connection.fetch(
        """UPDATE membership SET role = $3, role_id = $4, rights = $5, role_name = $6, version = version + 1,
               access_version = access_version + 1
           WHERE workspace_id = $1 AND role_id = $2 RETURNING *""",
        *given,
        now.name,
    )
    await keepers.somebody_can_do_everything(connection, by.workspace_id)
    await connection.execute(
        "UPDATE api_token SET role = $3, role_id = $4, rights = $5 WHERE workspace_id = $1 AND role_id = $2", *given
    )
    await connection.execute(
        "UPDATE invitation SET role = $3, role_id = $4 WHERE workspace_id = $1 AND role_id = $2", *given[:4]
    )
    for row in changed:
        events.publish(session, "member.changed", member=rows.member(row), by=by.person)


def _checked(wanted: Wanted) -> tuple[str, frozenset[Right]]:
    """Name and rights as they will be stored: to read goes without saying, what needs another says so."""
    name = " ".join(clean(wanted.name).split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Invalid(f"A name has 1 to {LONGEST_NAME} characters.", field="name")
    if name.casefold() in TAKEN:
        raise NameTaken("One of our own roles is called that. Choose another name.")
    unknown = [key for key in wanted.rights if key not in KEYS]
    if unknown:
        raise Invalid("There is no such right.", field="rights")
    rights = granted(wanted.rights) | {Right.READ}
    for right in Right:
        lacking = [one for one in Right if right in rights and one in needed(right) - rights]
        if lacking:
            raise Invalid(f"Nobody can {right} who may not {lacking[0]}. Give both or neither.", field="rights")
    return name, rights


async def _held(connection: Connection, by: Agent, role_id: UUID) -> tuple[Standing, int]:
    row = await connection.fetchrow(
        "SELECT id, name, rights, version FROM workspace_role WHERE workspace_id = $1 AND id = $2 FOR UPDATE",
        by.workspace_id,
        role_id,
    )
    if row is None:
        raise NotFound("There is no such role.")
    return roles.of_row(row), row["version"]


async def _written(connection: Connection, sql: str, *values: Any) -> None:
    try:
        async with connection.transaction():
            await connection.execute(sql, *values)
    except asyncpg.UniqueViolationError:
        raise NameTaken("There is a role of this name already.") from None


async def _note(connection: Connection, verb: str, by: Agent, name: str, **said: str) -> None:
    await lines.note(connection, by.workspace_id, verb, by=by.person, token_id=by.token_id, name=name, **said)


async def _one(connection: Connection, workspace_id: UUID, role_id: UUID) -> RoleOut:
    row = await connection.fetchrow(COUNTED + "AND r.id = $2", workspace_id, role_id)
    assert row is not None
    return _out(row)


def _out(row: asyncpg.Record) -> RoleOut:
    rights = granted(row["rights"])
    return RoleOut(
        id=row["id"],
        name=row["name"],
        rights=keys_of(rights),
        like=likeness(rights),
        version=row["version"],
        members=row["members"],
        invitations=row["invitations"],
        tokens=row["tokens"],
    )
