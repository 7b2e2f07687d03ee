"""Teams: who answers together, which channels they serve, and how what waits for them is handed out.

A team that is removed stays until the last conversation has left it; the handing out sees to that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import lines
from inbox.ground.db import Connection, raw
from inbox.ground.errors import Conflict, Invalid, NotFound
from inbox.ground.ids import new_id
from inbox.people.access import Agent, Right
from inbox.platforms.base import clean
from inbox.realtime import events, rows
from inbox.realtime.shapes import TeamOut

LONGEST_NAME = 100
LONGEST_MINUTES = 7 * 24 * 60
SHORTEST_ABSENCE = 10  # minutes: when somebody was last seen is known to five
MOST = 100
MOST_MEMBERS = 1000


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole of a team. A channel that another team serves is this one's from now on."""

    name: str
    member_ids: list[UUID] = []
    channel_ids: list[UUID] = []
    hand_out: Literal["off", "round_robin", "least_loaded"] = "off"
    absent_minutes: int = 0
    return_minutes: int = 0


async def all_of(session: AsyncSession, agent: Agent, *, after: UUID | None, limit: int) -> list[TeamOut]:
    """Every team, in the order they were made."""
    found = await (await raw(session)).fetch(
        rows.TEAM
        + """WHERE t.workspace_id = $1 AND t.removed_at IS NULL AND ($2::uuid IS NULL OR t.id > $2)
             ORDER BY t.id LIMIT $3""",
        agent.workspace_id,
        after,
        limit,
    )
    return [rows.team(row) for row in found]


async def make(session: AsyncSession, wanted: Wanted, *, by: Agent) -> TeamOut:
    """Put one together. Raises Forbidden, Invalid, Conflict."""
    by.needs(Right.SHARE)
    connection = await raw(session)
    known = await connection.fetchval(
        "SELECT count(*) FROM team WHERE workspace_id = $1 AND removed_at IS NULL", by.workspace_id
    )
    if known >= MOST:
        raise Invalid(f"There are {MOST} teams already.")
    team_id = new_id()
    try:
        async with connection.transaction():
            await connection.execute(
                """INSERT INTO team (workspace_id, id, name, hand_out, absent_minutes, return_minutes, created_by)
                   VALUES ($1, $2, $3, $4, $5, $6, $7)""",
                by.workspace_id,
                team_id,
                *_checked(wanted),
                by.person,
            )
    except asyncpg.UniqueViolationError:
        raise Conflict("There is a team of this name already.") from None
    others = await _fill(connection, team_id, wanted, by)
    return await _tell(session, connection, team_id, "made", by, others)


async def change(session: AsyncSession, team_id: UUID, wanted: Wanted, *, by: Agent) -> TeamOut:
    """Put another in its place. Whoever goes keeps what they have: it was given to them."""
    by.needs(Right.SHARE)
    connection = await raw(session)
    await _hold(connection, team_id, by)
    try:
        async with connection.transaction():
            await connection.execute(
                """UPDATE team SET name = $3, hand_out = $4, absent_minutes = $5, return_minutes = $6, stuck = '',
                       version = version + 1
                   WHERE workspace_id = $1 AND id = $2""",
                by.workspace_id,
                team_id,
                *_checked(wanted),
            )
    except asyncpg.UniqueViolationError:
        raise Conflict("There is a team of this name already.") from None
    others = await _fill(connection, team_id, wanted, by)
    return await _tell(session, connection, team_id, "changed", by, others)


async def remove(session: AsyncSession, team_id: UUID, *, by: Agent) -> None:
    """Nobody is of it any more; what it had is nobody's again, and each thread says so."""
    by.needs(Right.SHARE)
    connection = await raw(session)
    await _hold(connection, team_id, by)
    await connection.execute(
        "UPDATE channel SET team_id = NULL WHERE workspace_id = $1 AND team_id = $2", by.workspace_id, team_id
    )
    await connection.execute(
        "DELETE FROM team_member WHERE workspace_id = $1 AND team_id = $2", by.workspace_id, team_id
    )
    await connection.execute(
        "UPDATE team SET removed_at = now(), version = version + 1 WHERE workspace_id = $1 AND id = $2",
        by.workspace_id,
        team_id,
    )
    await _tell(session, connection, team_id, "removed", by, [])


def _checked(wanted: Wanted) -> tuple[str, str, int, int]:
    """What is asked for, as it will be stored."""
    name = " ".join(clean(wanted.name).split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Invalid(f"A name has 1 to {LONGEST_NAME} characters.", field="name")
    if wanted.absent_minutes and not SHORTEST_ABSENCE <= wanted.absent_minutes <= LONGEST_MINUTES:
        raise Invalid(f"Somebody is absent after {SHORTEST_ABSENCE} minutes at the earliest.", field="absent_minutes")
    if not 0 <= wanted.return_minutes <= LONGEST_MINUTES:
        raise Invalid("What waits for somebody away comes back within a week.", field="return_minutes")
    return name, wanted.hand_out, wanted.absent_minutes, wanted.return_minutes


async def _hold(connection: Connection, team_id: UUID, by: Agent) -> None:
    found = await connection.fetchval(
        "SELECT true FROM team WHERE workspace_id = $1 AND id = $2 AND removed_at IS NULL FOR NO KEY UPDATE",
        by.workspace_id,
        team_id,
    )
    if not found:
        raise NotFound("There is no such team.")


async def _fill(connection: Connection, team_id: UUID, wanted: Wanted, by: Agent) -> Sequence[UUID]:
    """Who is of it, and what it serves; gives the teams that lost a channel to it."""
    members, channels = sorted(set(wanted.member_ids)), sorted(set(wanted.channel_ids))
    if len(members) > MOST_MEMBERS:
        raise Invalid(f"A team has at most {MOST_MEMBERS} members.", field="member_ids")
    known = await connection.fetchval(
        """SELECT count(*) FROM membership WHERE workspace_id = $1 AND user_id = ANY($2) AND active
               AND role <> 'read_only'""",
        by.workspace_id,
        members,
    )
    if known != len(members):
        raise Invalid("Somebody chosen does not work here, or may not answer.", field="member_ids")
    taken = await connection.fetch(
        "SELECT id, team_id FROM channel WHERE workspace_id = $1 AND id = ANY($2) ORDER BY id FOR NO KEY UPDATE",
        by.workspace_id,
        channels,
    )
    if len(taken) != len(channels):
        raise Invalid("There is no such channel.", field="channel_ids")
    await connection.execute(
        "DELETE FROM team_member WHERE workspace_id = $1 AND team_id = $2 AND user_id <> ALL($3)",
        by.workspace_id,
        team_id,
        members,
    )
    await connection.execute(
        """INSERT INTO team_member (workspace_id, team_id, user_id) SELECT $1, $2, unnest($3::uuid[])
           ON CONFLICT DO NOTHING""",
        by.workspace_id,
        team_id,
        members,
    )
    await connection.execute(
        """UPDATE channel SET team_id = CASE WHEN id = ANY($3) THEN $2::uuid END
           WHERE workspace_id = $1 AND (id = ANY($3) OR team_id = $2)""",
        by.workspace_id,
        team_id,
        channels,
    )
    return sorted({row["team_id"] for row in taken} - {None, team_id})


async def _tell(
    session: AsyncSession, connection: Connection, team_id: UUID, what: str, by: Agent, others: Sequence[UUID]
) -> TeamOut:
    await connection.execute(
        "UPDATE team SET version = version + 1 WHERE workspace_id = $1 AND id = ANY($2)", by.workspace_id, list(others)
    )
    found = await connection.fetch(
        rows.TEAM + "WHERE t.workspace_id = $1 AND t.id = ANY($2)", by.workspace_id, [team_id, *others]
    )
    told = {row["id"]: rows.team(row) for row in found}
    team = told[team_id]
    await lines.note(
        connection,
        by.workspace_id,
        f"team_{what}",
        by=by.person,
        token_id=by.token_id,
        team=str(team_id),
        name=team.name,
        members=", ".join(map(str, team.member_ids)),
        channels=", ".join(map(str, team.channel_ids)),
        hand_out=team.hand_out,
    )
    events.publish(session, f"team.{what}", team=team, by=by.person)
    for other in others:
        events.publish(session, "team.changed", team=told[other], by=by.person)
    return team
