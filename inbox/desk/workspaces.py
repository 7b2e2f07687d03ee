"""What holds for the whole workspace, and changing it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import deliveries, lines
from inbox.ground.db import raw
from inbox.ground.errors import Invalid
from inbox.people.access import Agent, Right
from inbox.people.accounts import name_of
from inbox.people.workspaces import create as create
from inbox.realtime import events

LONGEST_UNDO = 30  # seconds


class WorkspaceOut(msgspec.Struct, kw_only=True):
    """One tenant as its own people see it. `undo_seconds`: how long a reply can be taken back, 0 to 30.
    `claims`: whoever answers what nobody has, has it from then on.
    """

    id: UUID
    name: str
    is_demo: bool
    time_zone: str
    undo_seconds: int
    claims: bool
    outbound_stopped: bool
    outbound_stopped_at: datetime | None
    outbound_stopped_by: UUID | None
    epoch: UUID


async def read(session: AsyncSession, workspace_id: UUID) -> WorkspaceOut:
    """The workspace one is in."""
    row = await (await raw(session)).fetchrow(
        """SELECT w.*, h.epoch FROM workspace w JOIN feed_head h ON h.workspace_id = w.id WHERE w.id = $1""",
        workspace_id,
    )
    assert row is not None
    return _out(row)


async def change(
    session: AsyncSession,
    agent: Agent,
    *,
    name: str | None = None,
    time_zone: str | None = None,
    undo_seconds: int | None = None,
    claims: bool | None = None,
    outbound_stopped: bool | None = None,
) -> WorkspaceOut:
    """Change what is given. Stopping what leaves is a supervisor's right too, because it cannot wait."""
    if outbound_stopped is not None:
        agent.needs(Right.STOP)
    if any(given is not None for given in (name, time_zone, undo_seconds, claims)):
        agent.needs(Right.SETTINGS)
    if name is not None:
        name = name_of(name)
    if time_zone is not None:
        known(time_zone)
    connection = await raw(session)
    await connection.execute(
        """UPDATE workspace SET
               name = coalesce($2, name), time_zone = coalesce($3, time_zone),
               undo_seconds = coalesce($4, undo_seconds), claims = coalesce($7, claims),
               outbound_stopped_at = CASE WHEN $5::bool IS NULL THEN outbound_stopped_at
                                          WHEN $5 THEN coalesce(outbound_stopped_at, now()) END,
               outbound_stopped_by = CASE WHEN $5::bool IS NULL THEN outbound_stopped_by
                                          WHEN $5 THEN coalesce(outbound_stopped_by, $6) END
           WHERE id = $1""",
        agent.workspace_id,
        name,
        time_zone,
        undo_seconds,
        outbound_stopped,
        agent.person,
        claims,
    )
    if outbound_stopped is False:
        await deliveries.let_go(connection, agent.workspace_id)
    given = {
        "name": name,
        "time_zone": time_zone,
        "undo_seconds": undo_seconds,
        "claims": claims,
        "outbound_stopped": outbound_stopped,
    }
    await lines.note(
        connection,
        agent.workspace_id,
        "workspace_changed",
        by=agent.person,
        token_id=agent.token_id,
        **{key: str(value) for key, value in given.items() if value is not None},
    )
    events.publish(session, "workspace.changed", by=agent.person)
    return await read(session, agent.workspace_id)


def known(time_zone: str) -> None:
    """Raises Invalid for a zone nobody knows."""
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid("That time zone is not known: use a name such as Europe/Berlin.", field="time_zone") from None


def _out(row: asyncpg.Record) -> WorkspaceOut:
    return WorkspaceOut(
        id=row["id"],
        name=row["name"],
        is_demo=row["is_demo"],
        time_zone=row["time_zone"],
        undo_seconds=row["undo_seconds"],
        claims=row["claims"],
        outbound_stopped=row["outbound_stopped_at"] is not None,
        outbound_stopped_at=row["outbound_stopped_at"],
        outbound_stopped_by=row["outbound_stopped_by"],
        epoch=row["epoch"],
    )
